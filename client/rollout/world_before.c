/*
 * What CloudWatch had counted for the new version before it was deployed: it counts by periods, and
 * the version may have been behind the alias in the one that the deployment begins in.
 */
#include "aws/cloudwatch_api.h"

#include "rollout/world.h"

enum { MINUTE_MS = 60000, PERIOD_S = 60 };

static int64_t period_start_ms(int64_t time_ms, int64_t period_ms)
{
    return time_ms / period_ms * period_ms;
}

static void on_count(const char *id, int64_t time_ms, double value, void *owner)
{
    struct world *world = owner;
    struct counted_before *before = &world->before;
    bool is_errors = strcmp(id, "errors") == 0;
    if (!is_errors && value > 0 && time_ms > before->last_ms)
        before->last_ms = time_ms;
    if (time_ms >= period_start_ms(world->started_ms, MINUTE_MS))
        *(is_errors ? &before->errors : &before->invocations) += value;
}

static int64_t longest_period_ms(const struct plan *plan)
{
    int64_t longest_ms = MINUTE_MS;
    for (size_t i = 0; i < plan->metric_count; i++) {
        int64_t period_ms = world_metric_period_ms(&plan->metrics[i]);
        longest_ms = period_ms > longest_ms ? period_ms : longest_ms;
    }
    return longest_ms;
}

void world_count_before(struct world *world)
{
    struct error error = { 0 };
    const struct plan *plan = world->plan;
    world->before = (struct counted_before){ 0 };
    if (plan->traffic.is_live && plan->metric_count + world->named_count == 0)
        return; /* live traffic is counted from where it stood */
    int64_t from_ms = period_start_ms(world->started_ms, longest_period_ms(plan));
    struct aliased_version of = world_version(world, world->canary);
    CLEANUP(json_deletep) cJSON *dimensions = cloudwatch_version_dimensions(&of);
    cJSON *queries = cJSON_CreateArray();
    cJSON_AddItemToArray(queries,
                         cloudwatch_metric_query("invocations", "AWS/Lambda", "Invocations", "Sum",
                                                 PERIOD_S, dimensions, true));
    cJSON_AddItemToArray(queries, cloudwatch_metric_query("errors", "AWS/Lambda", "Errors", "Sum",
                                                          PERIOD_S, dimensions, true));
    if (!cloudwatch_query(world->api, queries, period_start_ms(from_ms, MINUTE_MS),
                          period_start_ms(world_now_ms(world), MINUTE_MS) + MINUTE_MS, on_count,
                          world, &error))
        error_clear(&error); /* who may not ask CloudWatch is told nothing by it later either */
}

cJSON *world_before_json(const struct world *world)
{
    if (world->before.last_ms == 0)
        return NULL;
    cJSON *json = cJSON_CreateObject();
    json_set_double(json, "invocations", world->before.invocations);
    json_set_double(json, "errors", world->before.errors);
    json_set_double(json, "last", (double)world->before.last_ms);
    return json;
}

void world_read_before(struct world *world, const cJSON *json)
{
    world->before = (struct counted_before){ .invocations = json_double(json, "invocations", 0),
                                             .errors = json_double(json, "errors", 0),
                                             .last_ms = json_int(json, "last", 0) };
}

int64_t world_own_period_ms(const struct world *world, int64_t time_ms, int64_t period_ms)
{
    int64_t start_ms = period_start_ms(time_ms, period_ms);
    bool is_shared =
        start_ms < world_aws_ms(world, world->started_ms) && world->before.last_ms >= start_ms;
    return is_shared ? start_ms + period_ms : start_ms;
}
