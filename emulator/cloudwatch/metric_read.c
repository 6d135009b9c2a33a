#include "cloudwatch/metric_read.h"

#include "cloudwatch/metric_query.h"
#include "cloudwatch/statistic.h"

enum { MS_PER_SECOND = 1000 };

static const int64_t SEARCHED_MS = 14LL * 86400 * 1000;

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

struct math_series *metric_read_series(const struct metric_reader *reader,
                                       const struct metric_label_source *source,
                                       const struct metric_series *const *series, size_t count)
{
    const struct metric_data_request *request = reader->request;
    struct metric_range range =
        metric_range_make(request->start_ms, request->end_ms, source->period_s, request->now_ms);
    if (request->is_exact)
        range.start_s = request->start_ms / MS_PER_SECOND;
    struct math_series unit = { 0 };
    struct metric_result data = { 0 };
    struct statistic statistic;
    series = keep_present(reader->context->arena, &range, series, count, &count);
    count = choose_unit(reader->context->arena, &unit, series, count);
    bool is_known = statistic_parse(source->stat, &statistic);
    range.is_classic = is_known && statistic_is_classic(&statistic);
    if (metric_period_is_kept(request->start_ms, source->period_s, request->now_ms))
        metric_query(series, count, &range, &data);
    struct math_series *answer = math_series_make(reader->context, source->period_s, data.count);
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
                           : arena_copy(reader->context->arena, text_from(series[0]->unit));
    answer->message_code = unit.message_code;
    answer->message = unit.message;
    return answer;
}

struct metric_label_source *metric_describe(struct arena *arena, const struct metric *metric,
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

bool metric_is_searched(const struct metric_reader *reader, const struct metric *metric)
{
    const struct metric_data_request *request = reader->request;
    return metric->last_ms >= request->now_ms - SEARCHED_MS &&
           strcmp(metric->account, request->account) == 0 &&
           strcmp(metric->region, request->region) == 0;
}

void metric_note_too_many(const struct metric_reader *reader)
{
    reader->result->message_code = "MaxMetricsExceeded";
    reader->result->message = "Maximum number of allowed metrics exceeded";
}
