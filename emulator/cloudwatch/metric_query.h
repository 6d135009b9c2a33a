/*
 * Reading metrics: series and a time range become one bucket per period. Pure: no wire, no
 * clock. Bucket starts are counted from the rounded StartTime, not from the epoch
 * (cloudwatch-api.md section 2.3).
 */
#ifndef COALMINE_METRIC_QUERY_H
#define COALMINE_METRIC_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloudwatch/metrics.h"

struct metric_range {
    int64_t start_s; /* rounded, inclusive */
    int64_t end_s;   /* exclusive */
    int64_t period_s;
    bool is_classic; /* none but the five classic statistics are wanted: no distributions */
};

/* The range of a request: its start rounded, and not before what is kept. */
struct metric_range metric_range_make(int64_t start_ms, int64_t end_ms, int64_t period_s,
                                      int64_t now_ms);

/* StartTime rounded down by its age: to the minute, 5 minutes after 15 days, an hour after 63;
 * to the period when that is below a minute. */
int64_t metric_round_start(int64_t start_ms, int64_t now_ms, int64_t period_s);

/* True for 1, 5, 10, 20, 30 and multiples of 60. */
bool metric_period_is_valid(int64_t period_s);

/* False if data as old as that StartTime, which is not rounded yet, is not kept at this period any
 * more: no data, no error. Below a minute that is after 3 hours, below 5 minutes after 15 days,
 * below an hour after 63 days. */
bool metric_period_is_kept(int64_t start_ms, int64_t period_s, int64_t now_ms);

/* Series that are read together; zeroed: none. The list is freed by its owner. */
struct metric_series_list {
    const struct metric_series **list;
    size_t count;
    size_t capacity;
};

/* Adds the metric's series of that unit; NULL: of each. */
void metric_series_list_add(struct metric_series_list *series, const struct metric *metric,
                            const char *unit);
/* Puts them in the order of their units. */
void metric_series_list_sort(struct metric_series_list *series);

struct metric_result {
    struct metric_bucket *buckets; /* only periods that hold data, ascending; owned */
    size_t count;
    size_t capacity;
};

/* Merges the series' buckets by period. */
void metric_query(const struct metric_series *const *series, size_t series_count,
                  const struct metric_range *range, struct metric_result *result_out);
/* It has data in the range. */
bool metric_series_has_data(const struct metric_series *series, const struct metric_range *range);

/* Frees the buckets; for CLEANUP too. */
void metric_result_clear(struct metric_result *result);

#endif
