/*
 * A plan orders the queries; each becomes a value once: metrics are read, expressions evaluated.
 * What comes of it is laid out as series with their labels.
 */
#include "cloudwatch/metric_data.h"

#include <stdlib.h>

#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"
#include "cloudwatch/math_eval.h"
#include "cloudwatch/metric_insights.h"
#include "cloudwatch/metric_plan.h"
#include "cloudwatch/metric_read.h"
#include "cloudwatch/metric_search.h"
#include "xalloc.h"

enum { PERIOD_DEFAULT_S = 300 };

struct evaluation {
    struct metric_reader reader;
    const struct metric_data_request *request;
    struct metric_plan plan;
    struct math_value *values;                  /* of the plan's items */
    const struct metric_label_source **sources; /* likewise; NULL: an expression */
    struct metric_label_parts parts;
    int64_t metric_period_s; /* that all MetricStats' periods are multiples of; 0: there are none */
    struct math_library library;
    struct math_context context;
};

static struct math_series *read_metric(struct evaluation *evaluation,
                                       const struct metric_plan_item *item,
                                       const struct metric_label_source *source)
{
    const struct metric_identity identity = {
        .account = source->account,
        .region = source->region,
        .name_space = source->name_space,
        .name = source->name,
        .dimensions = source->dimensions,
        .dimension_count = source->dimension_count,
        .unit = json_text(item->stat, "Unit", NULL),
    };
    if (strcmp(json_text(item->query, "AccountId", source->account), source->account) != 0) {
        struct math_series *answer = math_series_make(&evaluation->context, source->period_s, 0);
        answer->source = source;
        answer->status = "Forbidden";
        answer->message_code = "Forbidden";
        answer->message = "The account in AccountId is not linked with this one";
        return answer;
    }
    const struct metric_series **series;
    size_t count = cloudwatch_find_series(evaluation->reader.cloudwatch, &identity, &series);
    struct math_series *answer = metric_read_series(&evaluation->reader, source, series, count);
    free(series);
    return answer;
}

static struct math_value find_value(void *owner, struct text id)
{
    struct evaluation *evaluation = owner;
    const struct metric_plan_item *item = metric_plan_find(&evaluation->plan, id);
    return evaluation->values[item - evaluation->plan.items];
}

static bool holds(const char *id, struct text part)
{
    return part.size == 0 || memmem(id, strlen(id), part.data, part.size) != NULL;
}

/* All MetricStats in the order of the queries; no expression needs to be named for this. */
static struct math_value find_metrics(void *owner, struct text part)
{
    struct evaluation *evaluation = owner;
    const struct metric_plan *plan = &evaluation->plan;
    struct math_series **list =
        arena_alloc(evaluation->context.arena, (plan->count + 1) * sizeof(struct math_series *));
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->items[i].stat && holds(plan->items[i].id, part))
            list[count++] = evaluation->values[i].list[0];
    }
    evaluation->context.points += count;
    return math_array_value(list, count);
}

static struct math_value search(void *owner, struct text text, struct text stat, int64_t period_s)
{
    const struct evaluation *evaluation = owner;
    return metric_search(&evaluation->reader, text, stat, period_s);
}

static const struct metric_label_source *read_source(struct evaluation *evaluation,
                                                     const cJSON *stat)
{
    struct arena *arena = evaluation->context.arena;
    const cJSON *metric = json_get(stat, "Metric");
    struct metric_label_source *source = arena_alloc(arena, sizeof(*source));
    struct metric_dimension *dimensions = arena_alloc(arena, DIMENSIONS_MAX * sizeof(*dimensions));
    *source = (struct metric_label_source){
        .account = evaluation->request->account,
        .region = evaluation->request->region,
        .name_space = json_text(metric, "Namespace", ""),
        .name = json_text(metric, "MetricName", ""),
        .dimensions = dimensions,
        .dimension_count = cloudwatch_read_dimensions(json_get(metric, "Dimensions"), dimensions),
        .stat = json_text(stat, "Stat", ""),
        .period_s = json_int(stat, "Period", 0),
    };
    return source;
}

static void read_sources(struct evaluation *evaluation)
{
    const struct metric_plan *plan = &evaluation->plan;
    evaluation->sources =
        arena_alloc(evaluation->context.arena, (plan->count + 1) * sizeof(*evaluation->sources));
    for (size_t i = 0; i < plan->count; i++) {
        if (!plan->items[i].stat)
            continue;
        evaluation->sources[i] = read_source(evaluation, plan->items[i].stat);
        evaluation->metric_period_s =
            math_common_period(evaluation->sources[i]->period_s, evaluation->metric_period_s);
    }
    evaluation->parts = metric_label_compare(evaluation->sources, plan->count);
}

/* The item's own Label with its ${...} filled in, or what it is called without one. */
static const char *make_label(struct evaluation *evaluation, const struct metric_plan_item *item,
                              const struct math_series *series, const char *fallback)
{
    const char *given = json_text(item->query, "Label", NULL);
    const struct metric_label_data data = {
        .label = fallback,
        .source = series->source,
        .count = series->count,
        .times_s = series->times_s,
        .values = series->values,
        .period_s = series->period_s,
        .now_ms = evaluation->request->now_ms,
        .timezone_minutes = evaluation->request->timezone_minutes,
    };
    return given ? metric_label_expand(given, &data, evaluation->context.arena) : fallback;
}

static void read_metrics(struct evaluation *evaluation)
{
    struct arena *arena = evaluation->context.arena;
    const struct metric_plan *plan = &evaluation->plan;
    for (size_t i = 0; i < plan->count; i++) {
        const struct metric_label_source *source = evaluation->sources[i];
        if (!source)
            continue;
        struct math_series *series = read_metric(evaluation, &plan->items[i], source);
        series->label = make_label(evaluation, &plan->items[i], series,
                                   metric_label_default(source, &evaluation->parts, arena));
        evaluation->values[i] = math_series_value(&evaluation->context, series);
    }
}

static bool evaluate_item(struct evaluation *evaluation, size_t at, struct error *error)
{
    const struct metric_plan_item *item = &evaluation->plan.items[at];
    int64_t fallback_s =
        evaluation->metric_period_s ? evaluation->metric_period_s : PERIOD_DEFAULT_S;
    if (item->insights)
        evaluation->values[at] = metric_insights(&evaluation->reader, item->insights,
                                                 json_int(item->query, "Period", fallback_s));
    if (item->node) {
        evaluation->context.period_s = json_int(item->query, "Period", fallback_s);
        evaluation->values[at] = math_evaluate(&evaluation->context, item->node);
    }
    math_spend(&evaluation->context, evaluation->values[at].count * MATH_LISTED_PRICE);
    return !evaluation->context.is_exhausted ||
           error_set(error, &CLOUDWATCH_VALIDATION,
                     "Error in expression '%s': The request asks for too many datapoints (more "
                     "than %d in one series, or %d in all). Use a longer period or a shorter time "
                     "range",
                     item->id, MATH_DENSE_MAX, MATH_POINTS_MAX);
}

static void write_one(struct evaluation *evaluation, const struct metric_plan_item *item,
                      const struct math_series *series, struct metric_data_series *out)
{
    bool has_name = item->type == MATH_ARRAY && series->label;
    const char *fallback = has_name ? series->label : item->id;
    *out = (struct metric_data_series){
        .id = item->id,
        .label = item->stat ? series->label : make_label(evaluation, item, series, fallback),
        .unit = series->unit,
        .is_returned = json_bool(item->query, "ReturnData", true),
        .period_s = series->period_s,
        .count = series->count,
        .times_s = series->times_s,
        .values = series->values,
        .status = series->status ? series->status : "Complete",
        .message_code = series->message_code,
        .message = series->message,
    };
}

static void write_result(struct evaluation *evaluation)
{
    struct metric_data_result *result = evaluation->reader.result;
    const struct metric_plan *plan = &evaluation->plan;
    size_t total = 0;
    for (size_t i = 0; i < plan->count; i++)
        total += evaluation->values[i].count;
    result->series = arena_alloc(&result->arena, (total + 1) * sizeof(*result->series));
    for (size_t i = 0; i < plan->count; i++) {
        const struct math_value *value = &evaluation->values[i];
        for (size_t n = 0; n < value->count; n++)
            write_one(evaluation, &plan->items[i], value->list[n],
                      &result->series[result->count++]);
    }
}

static bool evaluate(struct evaluation *evaluation, struct error *error)
{
    const struct metric_plan *plan = &evaluation->plan;
    evaluation->values =
        arena_alloc(evaluation->context.arena, (plan->count + 1) * sizeof(*evaluation->values));
    read_sources(evaluation);
    read_metrics(evaluation);
    for (size_t i = 0; i < plan->count; i++) {
        if (!evaluate_item(evaluation, plan->order[i], error))
            return false;
    }
    write_result(evaluation);
    return true;
}

bool metric_data_evaluate(const struct cloudwatch *cloudwatch,
                          const struct metric_data_request *request,
                          struct metric_data_result *result_out, struct error *error)
{
    struct metric_data_result result = { 0 };
    struct evaluation evaluation = {
        .reader = { cloudwatch, request, &result, &evaluation.context },
        .request = request,
        .library = { &evaluation, find_value, find_metrics, search },
        .context = { .arena = &result.arena,
                     .library = &evaluation.library,
                     .start_ms = request->start_ms,
                     .is_exact = request->is_exact,
                     .end_ms = request->end_ms,
                     .now_ms = request->now_ms },
    };
    bool is_done = metric_plan_make(&evaluation.plan, request->queries, "queries", error) &&
                   evaluate(&evaluation, error);
    metric_plan_clear(&evaluation.plan);
    if (is_done)
        *result_out = result;
    else
        metric_data_result_clear(&result);
    return is_done;
}

void metric_data_result_clear(struct metric_data_result *result)
{
    arena_clear(&result->arena);
    *result = (struct metric_data_result){ 0 };
}
