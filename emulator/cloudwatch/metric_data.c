/*
 * A plan orders the queries; each becomes a value once: metrics are read, expressions evaluated.
 * What comes of it is laid out as series with their labels.
 */
#include "cloudwatch/metric_data.h"

#include <stdlib.h>

#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"
#include "cloudwatch/insights.h"
#include "cloudwatch/math_calls.h"
#include "cloudwatch/math_eval.h"
#include "cloudwatch/metric_label.h"
#include "cloudwatch/metric_plan.h"
#include "cloudwatch/metric_query.h"
#include "cloudwatch/search.h"
#include "cloudwatch/statistic.h"
#include "xalloc.h"

enum { PERIOD_DEFAULT_S = 300, MS_PER_SECOND = 1000 };

static const int64_t SEARCHED_MS = 14LL * 86400 * 1000;

struct evaluation {
    const struct cloudwatch *cloudwatch;
    const struct metric_data_request *request;
    struct metric_data_result *result;
    struct metric_plan plan;
    struct math_value *values;                  /* of the plan's items */
    const struct metric_label_source **sources; /* likewise; NULL: an expression */
    struct metric_label_parts parts;
    int64_t metric_period_s; /* that all MetricStats' periods are multiples of; 0: there are none */
    struct math_library library;
    struct math_context context;
};

/* Those with data in the range: what was once published with another unit says nothing of it. */
static const struct metric_series **keep_present(struct arena *arena,
                                                 const struct metric_range *range,
                                                 const struct metric_series *const *series,
                                                 size_t count, size_t *kept_out)
{
    const struct metric_series **kept = arena_alloc(arena, (count + 1) * sizeof(*kept));
    *kept_out = 0;
    for (size_t i = 0; i < count; i++)
        if (metric_series_has_data(series[i], range))
            kept[(*kept_out)++] = series[i];
    return kept;
}

/* Without a Unit one unit is chosen, the first alphabetically, and a message lists all. Returns
 * how many series have the chosen one. */
static size_t choose_unit(struct arena *arena, struct math_series *answer,
                          const struct metric_series *const *series, size_t count)
{
    const char *units = "";
    size_t chosen = 0;
    for (size_t i = 0; i < count; i++) {
        chosen += strcmp(series[i]->unit, series[0]->unit) == 0;
        if (i == 0 || strcmp(series[i]->unit, series[i - 1]->unit) != 0)
            units = arena_format(arena, "%s%s%s", units, units[0] ? ", " : "", series[i]->unit);
    }
    if (chosen < count) {
        answer->message_code = "MultipleUnits";
        answer->message = arena_format(arena, "Multiple units returned: '[%s]'", units);
    }
    return chosen;
}

/* The statistic of each period of these series, which are ordered by unit. */
static struct math_series *read_series(struct evaluation *evaluation,
                                       const struct metric_label_source *source,
                                       const struct metric_series *const *series, size_t count)
{
    const struct metric_data_request *request = evaluation->request;
    struct metric_range range =
        metric_range_make(request->start_ms, request->end_ms, source->period_s, request->now_ms);
    if (request->is_exact)
        range.start_s = request->start_ms / MS_PER_SECOND;
    struct math_series unit = { 0 };
    struct metric_result data = { 0 };
    struct statistic statistic;
    series = keep_present(evaluation->context.arena, &range, series, count, &count);
    count = choose_unit(evaluation->context.arena, &unit, series, count);
    bool is_known = statistic_parse(source->stat, &statistic);
    range.is_classic = is_known && statistic_is_classic(&statistic);
    if (metric_period_is_kept(request->start_ms, source->period_s, request->now_ms))
        metric_query(series, count, &range, &data);
    struct math_series *answer =
        math_series_make(&evaluation->context, source->period_s, data.count);
    for (size_t i = 0; i < data.count && is_known; i++) {
        double value;
        if (statistic_compute(&statistic, &data.buckets[i], &value))
            math_series_add(answer, data.buckets[i].start_s, value);
    }
    metric_result_clear(&data);
    answer->source = source;
    if (count > 0)
        answer->unit = strcmp(source->stat, "SampleCount") == 0
                           ? "Count"
                           : arena_copy(evaluation->context.arena, text_from(series[0]->unit));
    answer->message_code = unit.message_code;
    answer->message = unit.message;
    return answer;
}

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
    size_t count = cloudwatch_find_series(evaluation->cloudwatch, &identity, &series);
    struct math_series *answer = read_series(evaluation, source, series, count);
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

static struct metric_label_source *describe(struct arena *arena, const struct metric *metric,
                                            const char *stat, int64_t period_s)
{
    struct metric_label_source *source = arena_alloc(arena, sizeof(*source));
    *source = (struct metric_label_source){
        .account = metric->account,
        .region = metric->region,
        .name_space = metric->name_space,
        .name = metric->name,
        .dimensions = metric->dimensions,
        .dimension_count = metric->dimension_count,
        .stat = stat,
        .period_s = period_s,
    };
    return source;
}

static struct math_series *read_found(struct evaluation *evaluation, const struct metric *metric,
                                      const struct metric_label_source *source)
{
    struct metric_series_list series = { 0 };
    metric_series_list_add(&series, metric, NULL);
    struct math_series *answer = read_series(evaluation, source, series.list, series.count);
    free(series.list);
    return answer;
}

static bool is_searched(const struct evaluation *evaluation, const struct metric *metric)
{
    const struct metric_data_request *request = evaluation->request;
    return metric->last_ms >= request->now_ms - SEARCHED_MS &&
           strcmp(metric->account, request->account) == 0 &&
           strcmp(metric->region, request->region) == 0;
}

static void note_too_many(struct evaluation *evaluation)
{
    evaluation->result->message_code = "MaxMetricsExceeded";
    evaluation->result->message = "Maximum number of allowed metrics exceeded";
}

static struct math_value search(void *owner, struct text text, struct text stat, int64_t period_s)
{
    struct evaluation *evaluation = owner;
    struct arena *arena = evaluation->context.arena;
    const char *problem;
    const char *name = arena_copy(arena, stat);
    const struct search *wanted = search_parse(text, arena, &problem);
    struct math_series **list = arena_alloc(arena, SEARCH_FOUND_MAX * sizeof(*list));
    const struct metric_label_source **sources =
        arena_alloc(arena, SEARCH_FOUND_MAX * sizeof(*sources));
    size_t count = 0;
    const struct metric *metric = wanted ? metrics_first(evaluation->cloudwatch->metrics) : NULL;
    for (; metric && !evaluation->context.is_exhausted; metric = metric->next) {
        if (!is_searched(evaluation, metric) || !search_finds(wanted, metric))
            continue;
        if (count == SEARCH_FOUND_MAX) {
            note_too_many(evaluation);
            break;
        }
        sources[count] = describe(arena, metric, name, period_s);
        list[count] = read_found(evaluation, metric, sources[count]);
        count++;
    }
    struct metric_label_parts parts = metric_label_compare(sources, count);
    for (size_t i = 0; i < count; i++)
        list[i]->label = metric_label_default(sources[i], &parts, arena);
    return math_array_value(list, count);
}

struct grouped {
    const char *group;
    const struct metric *metric;
};

static int compare_groups(const void *a, const void *b)
{
    return strcmp(((const struct grouped *)a)->group, ((const struct grouped *)b)->group);
}

/* All metrics that a query selects, ordered by group. */
static struct grouped *select_metrics(struct evaluation *evaluation,
                                      const struct insights *insights, size_t *count_out)
{
    struct arena *arena = evaluation->context.arena;
    struct grouped *list = arena_alloc(arena, INSIGHTS_METRICS_MAX * sizeof(*list));
    size_t count = 0;
    const struct metric *metric = metrics_first(evaluation->cloudwatch->metrics);
    for (; metric; metric = metric->next) {
        if (!is_searched(evaluation, metric) || !insights_selects(insights, metric))
            continue;
        if (count == INSIGHTS_METRICS_MAX) {
            note_too_many(evaluation);
            break;
        }
        list[count++] = (struct grouped){ insights_group(insights, metric, arena), metric };
    }
    qsort(list, count, sizeof(*list), compare_groups);
    *count_out = count;
    return list;
}

/* What the metrics of one group come to together. */
static struct math_series *read_group(struct evaluation *evaluation, const struct grouped *group,
                                      size_t count, const char *stat, int64_t period_s)
{
    struct metric_series_list series = { 0 };
    for (size_t i = 0; i < count; i++)
        metric_series_list_add(&series, group[i].metric, NULL);
    metric_series_list_sort(&series);
    struct math_series *answer =
        read_series(evaluation, describe(evaluation->context.arena, group->metric, stat, period_s),
                    series.list, series.count);
    answer->source = NULL; /* it stands for several metrics */
    answer->label = group->group;
    free(series.list);
    return answer;
}

static struct math_value order_groups(struct evaluation *evaluation,
                                      const struct insights *insights,
                                      struct math_series *const *list, size_t count)
{
    const char *function = insights->order && strcmp(insights->order, "COUNT") == 0
                               ? "DATAPOINT_COUNT"
                               : insights->order;
    const struct math_value arguments[] = {
        math_array_value(list, count),
        { .text = text_from(function) },
        { .text = text_from(insights->is_descending ? "DESC" : "ASC") },
        math_scalar_value((double)insights->limit),
    };
    if (function)
        return math_call_sort(&evaluation->context, arguments, COUNT_OF(arguments));
    return math_array_value(list, count < insights->limit ? count : insights->limit);
}

static struct math_value run_insights(struct evaluation *evaluation,
                                      const struct insights *insights, int64_t period_s)
{
    size_t selected;
    size_t count = 0;
    struct grouped *metrics = select_metrics(evaluation, insights, &selected);
    struct math_series **list =
        arena_alloc(evaluation->context.arena, (selected + 1) * sizeof(*list));
    for (size_t from = 0; from < selected && !evaluation->context.is_exhausted;) {
        size_t to = from + 1;
        while (to < selected && strcmp(metrics[to].group, metrics[from].group) == 0)
            to++;
        list[count++] = read_group(evaluation, &metrics[from], to - from, insights->stat, period_s);
        from = to;
    }
    if (insights->group_count)
        return order_groups(evaluation, insights, list, count);
    return math_series_value(&evaluation->context,
                             count ? list[0] : math_series_make(&evaluation->context, period_s, 0));
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
        evaluation->values[at] =
            run_insights(evaluation, item->insights, json_int(item->query, "Period", fallback_s));
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
    bool has_name = item->type == MATH_ARRAY || item->insights;
    const char *fallback = has_name && series->label ? series->label : item->id;
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
    struct metric_data_result *result = evaluation->result;
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
        .cloudwatch = cloudwatch,
        .request = request,
        .result = &result,
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
