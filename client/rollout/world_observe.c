/*
 * Metrics and alarms, as CloudWatch tells them.
 */
#include <stdlib.h>

#include "aws/cloudwatch_api.h"
#include "options.h"
#include "rollout/world.h"
#include "xalloc.h"

enum { MS_PER_SECOND = 1000, PERIOD_MS = 60000 };

struct reading {
    const struct world *world;
    struct evidence *evidence;
    const char *name;
    bool is_baseline;
};

static void on_value(const char *id, int64_t time_ms, double value, void *owner)
{
    const struct reading *reading = owner;
    (void)id;
    evidence_set_metric(reading->evidence, reading->name, reading->is_baseline,
                        world_own_ms(reading->world, time_ms), value);
}

/* {function}, {alias} and {version} filled in; the caller owns it. */
static char *fill_in(const struct world *world, const char *text, const char *version)
{
    const struct {
        const char *mark;
        const char *value;
    } marks[] = { { "{function}", world->plan->function },
                  { "{alias}", world->plan->alias },
                  { "{version}", version } };
    struct buffer filled = { 0 };
    while (*text) {
        size_t i = 0;
        while (i < COUNT_OF(marks) && strncmp(text, marks[i].mark, strlen(marks[i].mark)) != 0)
            i++;
        if (i < COUNT_OF(marks))
            buffer_add_string(&filled, marks[i].value);
        else
            buffer_add_char(&filled, *text);
        text += i < COUNT_OF(marks) ? strlen(marks[i].mark) : 1;
    }
    return buffer_take(&filled, NULL);
}

static cJSON *make_dimensions(const struct world *world, const cJSON *metric, const char *version)
{
    const cJSON *given = json_get(metric, "dimensions");
    const cJSON *dimension;
    struct aliased_version of = world_version(world, version);
    bool is_lambda = strcmp(json_text(metric, "namespace", "AWS/Lambda"), "AWS/Lambda") == 0;
    if (!given && is_lambda)
        return cloudwatch_version_dimensions(&of);
    cJSON *dimensions = cJSON_CreateObject();
    cJSON_ArrayForEach(dimension, given)
    {
        CLEANUP(freep)
        char *value =
            fill_in(world, cJSON_GetStringValue(dimension) ? dimension->valuestring : "", version);
        json_set_text(dimensions, dimension->string, value);
    }
    return dimensions;
}

static cJSON *make_query(const struct world *world, const char *id, const cJSON *metric,
                         const char *name, const char *version, int64_t period_ms,
                         bool returns_data)
{
    CLEANUP(json_deletep) cJSON *dimensions = make_dimensions(world, metric, version);
    const char *namespace = json_text(metric, "namespace", "AWS/Lambda");
    return cloudwatch_metric_query(id, namespace, name, plan_metric_stat(metric, name),
                                   period_ms / MS_PER_SECOND, dimensions, returns_data);
}

int64_t world_metric_period_ms(const struct plan_metric *metric)
{
    int64_t period_ms = PERIOD_MS;
    const char *text = json_text(metric->json, "period", NULL);
    if (text && !option_parse_duration(text, &period_ms))
        return PERIOD_MS; /* the plan's reader has refused it before */
    return period_ms;
}

static cJSON *make_queries(const struct world *world, const struct plan_metric *metric,
                           const char *version)
{
    cJSON *queries = cJSON_CreateArray();
    int64_t period_ms = world_metric_period_ms(metric);
    const char *expression = json_text(metric->json, "expression", NULL);
    const cJSON *part;
    if (!expression) {
        const char *name = json_text(metric->json, "metric", metric->name);
        cJSON_AddItemToArray(queries,
                             make_query(world, "m0", metric->json, name, version, period_ms, true));
        return queries;
    }
    cJSON_ArrayForEach(part, json_get(metric->json, "metrics")) cJSON_AddItemToArray(
        queries, make_query(world, part->string, part, json_text(part, "metric", ""), version,
                            period_ms, false));
    cJSON *item = cJSON_CreateObject();
    json_set_text(item, "Id", "canary_result");
    json_set_text(item, "Expression", expression);
    json_set_double(item, "Period", (double)(period_ms / MS_PER_SECOND));
    cJSON_AddItemToArray(queries, item);
    return queries;
}

static bool read_metric(struct world *world, struct evidence *evidence,
                        const struct plan_metric *metric, bool is_baseline, struct error *error)
{
    if (world_is_interrupted(world)) /* between two calls: the rest can wait */
        return error_set(error, NULL, "interrupted");
    if (world->api->was_throttled) /* so would this be, and take from others what they need */
        return error_set(error, NULL, "metric %s is not asked for, as AWS throttles", metric->name);
    struct reading reading = { world, evidence, metric->name, is_baseline };
    int64_t begun_ms = world_aws_ms(world, evidence->started_ms);
    int64_t period_ms = world_metric_period_ms(metric);
    bool is_of_canary = !is_baseline && plan_metric_tells_versions(metric->json);
    int64_t start_ms = is_of_canary ? world_own_period_ms(world, begun_ms, period_ms)
                                    : begun_ms / period_ms * period_ms;
    int64_t end_ms = (world_aws_ms(world, world_now_ms(world)) / period_ms + 1) * period_ms;
    if (start_ms >= end_ms)
        return true;
    return cloudwatch_query(world->api,
                            make_queries(world, metric, is_baseline ? world->base : world->canary),
                            start_ms, end_ms, on_value, &reading, error) ||
           error_set(error, NULL, "metric %s: %s", metric->name, error->message);
}

static bool read_metrics(struct world *world, struct evidence *evidence,
                         const struct plan_metric *metrics, size_t count, struct error *error)
{
    bool is_good = true;
    for (size_t i = 0; i < count; i++) {
        is_good &= read_metric(world, evidence, &metrics[i], false, error);
        if (plan_metric_tells_versions(metrics[i].json))
            is_good &= read_metric(world, evidence, &metrics[i], true, error);
    }
    return is_good;
}

bool world_reads_metrics(struct world *world, struct error *error)
{
    CLEANUP(evidence_clear) struct evidence unused = { .started_ms = world_now_ms(world) };
    world->api->was_throttled = false;
    return read_metrics(world, &unused, world->plan->metrics, world->plan->metric_count, error) &&
           read_metrics(world, &unused, world->named, world->named_count, error);
}

static void on_alarm(const char *name, const char *state, const char *reason, void *owner)
{
    evidence_set_alarm(owner, name, state, reason);
}

bool world_observe(void *owner, bool is_last, struct evidence *evidence, struct error *error)
{
    struct world *world = owner;
    world_compare_clocks(world);
    evidence->shifted_ms = world->shifted_ms;
    world->shifted_ms = 0;
    world_be_patient(world, is_last ? WORLD_LAST_PATIENCE_MS : 0);
    bool is_good =
        world->alarm_count == 0 || cloudwatch_alarms(world->api, (const char *const *)world->alarms,
                                                     world->alarm_count, on_alarm, evidence, error);
    is_good &=
        read_metrics(world, evidence, world->plan->metrics, world->plan->metric_count, error);
    is_good &= read_metrics(world, evidence, world->named, world->named_count, error);
    world_be_as_usual(world);
    return is_good;
}
