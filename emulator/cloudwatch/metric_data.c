#include "cloudwatch/metric_data.h"

#include <stdlib.h>

#include "cloudwatch/fields.h"
#include "cloudwatch/metric_label.h"
#include "cloudwatch/metric_query.h"
#include "cloudwatch/statistic.h"
#include "xalloc.h"

enum { MS_PER_SECOND = 1000 };

struct evaluation {
    const struct cloudwatch *cloudwatch;
    const struct metric_data_request *request;
    struct metric_data_result *result;
    struct arena *arena;
};

/* Without a Unit one unit is chosen, the first alphabetically, and a message lists all. Returns
 * how many series have the chosen one. */
static size_t choose_unit(struct evaluation *evaluation, struct metric_data_series *answer,
                          const struct metric_series *const *series, size_t count)
{
    const char *units = "";
    size_t chosen = 0;
    for (size_t i = 0; i < count; i++) {
        chosen += strcmp(series[i]->unit, series[0]->unit) == 0;
        if (i == 0 || strcmp(series[i]->unit, series[i - 1]->unit) != 0)
            units = arena_format(evaluation->arena, "%s%s%s", units, units[0] ? ", " : "",
                                 series[i]->unit);
    }
    if (chosen < count) {
        answer->message_code = "MultipleUnits";
        answer->message = arena_format(evaluation->arena, "Multiple units returned: '[%s]'", units);
    }
    return chosen;
}

static void write_points(struct evaluation *evaluation, struct metric_data_series *answer,
                         const struct metric_result *data, const char *stat)
{
    struct statistic statistic;
    int64_t *times = arena_alloc(evaluation->arena, data->count * sizeof(*times));
    double *values = arena_alloc(evaluation->arena, data->count * sizeof(*values));
    bool is_known = statistic_parse(stat, &statistic);
    for (size_t i = 0; i < data->count && is_known; i++) {
        if (statistic_compute(&statistic, &data->buckets[i], &values[answer->count]))
            times[answer->count++] = data->buckets[i].start_s;
    }
    answer->times_s = times;
    answer->values = values;
}

static struct metric_label_source *read_source(struct evaluation *evaluation, const cJSON *stat)
{
    const cJSON *metric = json_get(stat, "Metric");
    struct metric_label_source *source = arena_alloc(evaluation->arena, sizeof(*source));
    struct metric_dimension *dimensions =
        arena_alloc(evaluation->arena, DIMENSIONS_MAX * sizeof(*dimensions));
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

static void read_metric(struct evaluation *evaluation, const struct metric_label_source *source,
                        const char *unit, struct metric_data_series *answer)
{
    const struct metric_data_request *request = evaluation->request;
    const struct metric_identity identity = {
        .account = source->account,
        .region = source->region,
        .name_space = source->name_space,
        .name = source->name,
        .dimensions = source->dimensions,
        .dimension_count = source->dimension_count,
        .unit = unit,
    };
    struct metric_range range = {
        metric_round_start(request->start_ms, request->now_ms, source->period_s),
        (request->end_ms + MS_PER_SECOND - 1) / MS_PER_SECOND,
        source->period_s,
    };
    struct metric_result data = { 0 };
    const struct metric_series **series;
    size_t count = cloudwatch_find_series(evaluation->cloudwatch, &identity, &series);
    count = choose_unit(evaluation, answer, series, count);
    if (metric_period_is_kept(&range, request->now_ms))
        metric_query(series, count, &range, &data);
    answer->period_s = source->period_s;
    write_points(evaluation, answer, &data, source->stat);
    metric_result_clear(&data);
    free(series);
}

bool metric_data_evaluate(const struct cloudwatch *cloudwatch,
                          const struct metric_data_request *request,
                          struct metric_data_result *result_out, struct error *error UNUSED)
{
    struct evaluation evaluation = { cloudwatch, request, result_out, &result_out->arena };
    size_t count = (size_t)cJSON_GetArraySize(request->queries);
    *result_out = (struct metric_data_result){ .count = count };
    result_out->series = arena_alloc(evaluation.arena, count * sizeof(*result_out->series));
    const struct metric_label_source **sources =
        arena_alloc(evaluation.arena, count * sizeof(struct metric_label_source *));
    const cJSON *query;
    size_t at = 0;
    cJSON_ArrayForEach(query, request->queries)
    {
        const cJSON *stat = json_get(query, "MetricStat");
        struct metric_data_series *answer = &result_out->series[at];
        answer->id = json_text(query, "Id", "");
        answer->is_returned = json_bool(query, "ReturnData", true);
        answer->status = "Complete";
        sources[at] = read_source(&evaluation, stat);
        read_metric(&evaluation, sources[at], json_text(stat, "Unit", NULL), answer);
        answer->label = json_text(query, "Label", NULL);
        at++;
    }
    struct metric_label_parts parts = metric_label_compare(sources, count);
    for (size_t i = 0; i < count; i++) {
        if (!result_out->series[i].label)
            result_out->series[i].label =
                metric_label_default(sources[i], &parts, evaluation.arena);
    }
    return true;
}

void metric_data_result_clear(struct metric_data_result *result)
{
    arena_clear(&result->arena);
    *result = (struct metric_data_result){ 0 };
}
