#include "cloudwatch/metric_query.h"

#include <math.h>
#include <stdlib.h>

#include "cloudwatch/retention.h"
#include "number.h"
#include "xalloc.h"

enum { MINUTE_S = 60, FIVE_MINUTES_S = 300, HOUR_S = 3600 };

static int64_t kept_step_s(int64_t start_ms, int64_t now_ms)
{
    int64_t age_ms = now_ms - start_ms;
    return age_ms > METRIC_FIVE_MINUTES_KEPT_MS ? HOUR_S
           : age_ms > METRIC_MINUTES_KEPT_MS    ? FIVE_MINUTES_S
                                                : MINUTE_S;
}

int64_t metric_round_start(int64_t start_ms, int64_t now_ms, int64_t period_s)
{
    int64_t step_s = kept_step_s(start_ms, now_ms);
    if (step_s == MINUTE_S && period_s < MINUTE_S)
        step_s = period_s;
    return number_floor((int64_t)floor((double)start_ms / 1000), step_s);
}

bool metric_period_is_valid(int64_t period_s)
{
    return period_s == 1 || period_s == 5 || period_s == 10 || period_s == 20 || period_s == 30 ||
           (period_s > 0 && period_s <= INT32_MAX && period_s % MINUTE_S == 0);
}

bool metric_period_is_kept(int64_t start_ms, int64_t period_s, int64_t now_ms)
{
    int64_t step_s = kept_step_s(start_ms, now_ms);
    if (period_s < MINUTE_S)
        return now_ms - start_ms <= METRIC_SECONDS_KEPT_MS;
    return step_s == MINUTE_S || period_s % step_s == 0;
}

struct metric_range metric_range_make(int64_t start_ms, int64_t end_ms, int64_t period_s,
                                      int64_t now_ms)
{
    struct metric_range range = {
        .start_s = metric_round_start(start_ms, now_ms, period_s),
        .end_s = (end_ms + 999) / 1000,
        .period_s = period_s,
    };
    int64_t kept_s = (now_ms - METRIC_HOURS_KEPT_MS) / 1000;
    if (range.start_s < kept_s)
        range.start_s += (kept_s - range.start_s + period_s - 1) / period_s * period_s;
    return range;
}

void metric_series_list_add(struct metric_series_list *series, const struct metric *metric,
                            const char *unit)
{
    for (const struct metric_series *one = metric->series; one; one = one->next) {
        if (unit && strcmp(one->unit, unit) != 0)
            continue;
        if (series->count == series->capacity)
            series->list = xgrow(series->list, &series->capacity, 4, sizeof(*series->list));
        series->list[series->count++] = one;
    }
}

static int compare_units(const void *a, const void *b)
{
    const struct metric_series *const *first = a;
    const struct metric_series *const *second = b;
    return strcmp((*first)->unit, (*second)->unit);
}

void metric_series_list_sort(struct metric_series_list *series)
{
    if (series->count)
        qsort(series->list, series->count, sizeof(*series->list), compare_units);
}

static void merge(struct metric_bucket *into, const struct metric_bucket *from, bool is_classic)
{
    struct metric_bucket bare = *from;
    if (is_classic)
        bare.distribution = (struct distribution){ 0 };
    metric_bucket_merge(into, &bare);
}

/* The result's bucket for a period, in its place. */
static struct metric_bucket *bucket_of(struct metric_result *result, int64_t start_s)
{
    size_t at = result->count;
    while (at > 0 && result->buckets[at - 1].start_s > start_s)
        at--;
    if (at > 0 && result->buckets[at - 1].start_s == start_s)
        return &result->buckets[at - 1];
    if (result->count == result->capacity)
        result->buckets = xgrow(result->buckets, &result->capacity, 16, sizeof(*result->buckets));
    memmove(&result->buckets[at + 1], &result->buckets[at],
            (result->count - at) * sizeof(*result->buckets));
    result->buckets[at] = (struct metric_bucket){ .start_s = start_s };
    result->count++;
    return &result->buckets[at];
}

static void add_buckets(const struct metric_buckets *buckets, const struct metric_range *range,
                        struct metric_result *result)
{
    for (size_t i = metric_buckets_from(buckets, range->start_s);
         i < buckets->count && buckets->list[i].start_s < range->end_s; i++) {
        int64_t offset = buckets->list[i].start_s - range->start_s;
        int64_t start_s = range->start_s + offset / range->period_s * range->period_s;
        merge(bucket_of(result, start_s), &buckets->list[i], range->is_classic);
    }
}

/* Each datum is in one bucket of hours, five minutes or minutes, and perhaps in the seconds too. */
static void add_series(const struct metric_series *series, const struct metric_range *range,
                       struct metric_result *result)
{
    if (range->period_s < MINUTE_S && series->seconds.count > 0) {
        add_buckets(&series->seconds, range, result);
        return;
    }
    add_buckets(&series->hours, range, result);
    add_buckets(&series->five_minutes, range, result);
    add_buckets(&series->minutes, range, result);
}

static bool has_bucket(const struct metric_buckets *buckets, const struct metric_range *range)
{
    size_t at = metric_buckets_from(buckets, range->start_s);
    return at < buckets->count && buckets->list[at].start_s < range->end_s;
}

bool metric_series_has_data(const struct metric_series *series, const struct metric_range *range)
{
    if (range->period_s < MINUTE_S && series->seconds.count > 0)
        return has_bucket(&series->seconds, range);
    return has_bucket(&series->hours, range) || has_bucket(&series->five_minutes, range) ||
           has_bucket(&series->minutes, range);
}

void metric_query(const struct metric_series *const *series, size_t series_count,
                  const struct metric_range *range, struct metric_result *result_out)
{
    *result_out = (struct metric_result){ 0 };
    for (size_t i = 0; i < series_count; i++)
        add_series(series[i], range, result_out);
}

void metric_result_clear(struct metric_result *result)
{
    for (size_t i = 0; i < result->count; i++)
        distribution_clear(&result->buckets[i].distribution);
    free(result->buckets);
    *result = (struct metric_result){ 0 };
}
