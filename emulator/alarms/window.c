#include "alarms/window.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "cloudwatch/metric_data.h"
#include "cloudwatch/metric_query.h"
#include "log.h"
#include "number.h"
#include "xalloc.h"

struct metric *alarm_metric_get(const struct alarms *alarms, struct alarm_metric *metric)
{
    uint64_t generation = metrics_generation(alarms->parts.metrics);
    if (!metric->metric || metric->generation != generation) {
        metric->metric = metrics_find(alarms->parts.metrics, &metric->identity);
        metric->generation = generation;
    }
    return metric->metric;
}

static bool has_unit(const struct metric_series *series, const char *unit)
{
    return !unit || strcmp(series->unit, unit) == 0;
}

enum { LEVELS_MAX = 3 };

/* What a query with this period reads (metric_query.h): its newest level first. */
static size_t levels_of(const struct metric_series *series, int64_t period_s,
                        const struct metric_buckets *levels_out[LEVELS_MAX])
{
    size_t count = 0;
    if (period_s < ALARM_TICK_S && series->seconds.count > 0) {
        levels_out[count++] = &series->seconds;
        return count;
    }
    levels_out[count++] = &series->minutes;
    levels_out[count++] = &series->five_minutes;
    levels_out[count++] = &series->hours;
    return count;
}

/* One range, and where its periods are gathered: newest first. */
struct gathering {
    const struct alarm *alarm;
    struct metric_range range;
    int count;
    struct alarm_datapoint *points;
};

static int place_of(const struct gathering *gathering, int64_t start_s)
{
    return gathering->count - 1 -
           (int)((start_s - gathering->range.start_s) / gathering->range.period_s);
}

static void gather_value(struct gathering *gathering, const struct metric_bucket *bucket,
                         struct alarm_datapoint *point)
{
    if (!statistic_compute(&gathering->alarm->statistic, bucket, &point->value))
        return;
    point->is_real = true;
    point->sample_count = bucket->statistics.count;
}

static void gather_metric(struct gathering *gathering, const struct metric *metric)
{
    size_t count = 0;
    for (const struct metric_series *series = metric->series; series; series = series->next)
        count++;
    const struct metric_series **list = xcalloc(count + 1, sizeof(*list));
    count = 0;
    for (const struct metric_series *series = metric->series; series; series = series->next)
        if (has_unit(series, gathering->alarm->unit))
            list[count++] = series;
    struct metric_result result;
    gathering->range.is_classic = statistic_is_classic(&gathering->alarm->statistic);
    metric_query(list, count, &gathering->range, &result);
    for (size_t i = 0; i < result.count; i++)
        gather_value(gathering, &result.buckets[i],
                     &gathering->points[place_of(gathering, result.buckets[i].start_s)]);
    metric_result_clear(&result);
    free(list);
}

static void gather_series(struct gathering *gathering, const struct metric_data_series *series)
{
    for (size_t i = 0; i < series->count; i++) {
        int place = place_of(gathering, series->times_s[i]);
        if (place < 0 || place >= gathering->count)
            continue;
        gathering->points[place].is_real = true;
        gathering->points[place].value = series->values[i];
    }
}

/* Alarms find metrics by exactly their dimensions, with no kindness. */
static void gather_math(const struct alarms *alarms, struct gathering *gathering)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct cloudwatch exact = *alarms->parts.cloudwatch;
    struct metric_data_result result;
    const struct alarm *alarm = gathering->alarm;
    struct metric_data_request request = {
        .account = alarm->key.account,
        .region = alarm->key.region,
        .queries = alarm->queries,
        .start_ms = gathering->range.start_s * ALARM_MS_PER_SECOND,
        .is_exact = true,
        .end_ms = gathering->range.end_s * ALARM_MS_PER_SECOND,
        .now_ms = clock_now_ms(),
    };
    exact.is_strict = true;
    if (!metric_data_evaluate(&exact, &request, &result, &error)) {
        log_warn("cloudwatch", "alarm %s cannot be evaluated: %s", alarm->key.name, error.message);
        return;
    }
    for (size_t i = 0; i < result.count; i++)
        if (result.series[i].is_returned)
            gather_series(gathering, &result.series[i]);
    metric_data_result_clear(&result);
}

struct alarm_datapoint *alarm_window_read(struct alarms *alarms, struct alarm *alarm, int64_t end_s)
{
    int count = alarm_evaluation_range(alarm->criteria.evaluation_periods);
    struct gathering gathering = {
        .alarm = alarm,
        .range = { .start_s = end_s - count * alarm->period_s,
                   .end_s = end_s,
                   .period_s = alarm->period_s },
        .count = count,
        .points = xcalloc((size_t)count, sizeof(*gathering.points)),
    };
    for (int i = 0; i < count; i++)
        gathering.points[i].start_s = end_s - (i + 1) * alarm->period_s;
    if (alarm->queries) {
        gather_math(alarms, &gathering);
        return gathering.points;
    }
    const struct metric *metric = alarm_metric_get(alarms, alarm->metrics);
    if (metric)
        gather_metric(&gathering, metric);
    return gathering.points;
}

/* The next end at which the bucket lies on the other side of a period's edge. */
static int64_t next_end_s(const struct alarm *alarm, int64_t start_s, int64_t end_s)
{
    int64_t edges = start_s < end_s ? (end_s - 1 - start_s) / alarm->period_s + 1 : 0;
    int64_t crossing_s = start_s + edges * alarm->period_s;
    return number_floor(crossing_s, alarm->tick_s) + alarm->tick_s;
}

static int64_t next_of_level_s(const struct alarm *alarm, const struct metric_buckets *buckets,
                               int64_t end_s)
{
    int64_t next_s = ALARM_NEVER;
    int64_t soonest_s = end_s + alarm->tick_s;
    int64_t start_s =
        end_s - alarm_evaluation_range(alarm->criteria.evaluation_periods) * alarm->period_s;
    for (size_t i = metric_buckets_from(buckets, start_s); i < buckets->count && next_s > soonest_s;
         i++) {
        int64_t own_s = next_end_s(alarm, buckets->list[i].start_s, end_s);
        if (own_s < next_s)
            next_s = own_s;
        if (buckets->list[i].start_s >= end_s)
            break;
    }
    return next_s;
}

static int64_t next_of_series_s(const struct alarm *alarm, const struct metric_series *series,
                                int64_t end_s)
{
    const struct metric_buckets *levels[LEVELS_MAX];
    size_t count = levels_of(series, alarm->period_s, levels);
    int64_t next_s = ALARM_NEVER;
    for (size_t i = 0; i < count; i++) {
        int64_t own_s = next_of_level_s(alarm, levels[i], end_s);
        if (own_s < next_s)
            next_s = own_s;
    }
    return next_s;
}

int64_t alarm_window_next_ms(struct alarms *alarms, struct alarm *alarm, int64_t end_s)
{
    int64_t next_s = ALARM_NEVER;
    for (size_t i = 0; i < alarm->metric_count; i++) {
        const struct metric *metric = alarm_metric_get(alarms, &alarm->metrics[i]);
        const struct metric_series *series = metric ? metric->series : NULL;
        for (; series; series = series->next) {
            int64_t own_s = has_unit(series, alarm->metrics[i].identity.unit)
                                ? next_of_series_s(alarm, series, end_s)
                                : ALARM_NEVER;
            if (own_s < next_s)
                next_s = own_s;
        }
    }
    return next_s == ALARM_NEVER ? ALARM_NEVER : next_s * ALARM_MS_PER_SECOND;
}
