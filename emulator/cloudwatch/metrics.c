#include "cloudwatch/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "map.h"
#include "number.h"
#include "xalloc.h"

enum { MS_PER_SECOND = 1000, SECONDS_PER_MINUTE = 60, KEY_TYPICAL = 200 };

struct metrics {
    struct map by_identity; /* struct metric */
    struct metric *first;
    struct metric **last;
    uint64_t generation;
    struct metric_aging aging;
    struct metrics_listener listener;
};

struct metrics *metrics_create(void)
{
    struct metrics *metrics = xcalloc(1, sizeof(*metrics));
    metrics->last = &metrics->first;
    metrics->generation = 1;
    return metrics;
}

static void buckets_clear(struct metric_buckets *buckets)
{
    for (size_t i = 0; i < buckets->count; i++)
        distribution_clear(&buckets->list[i].distribution);
    free(buckets->list);
}

void metric_await(struct metric *metric, struct metric_waiter *waiter)
{
    if (waiter->link)
        return;
    waiter->next = metric->waiters;
    waiter->link = &metric->waiters;
    if (waiter->next)
        waiter->next->link = &waiter->next;
    metric->waiters = waiter;
}

void metric_await_no_more(struct metric_waiter *waiter)
{
    if (!waiter->link)
        return;
    *waiter->link = waiter->next;
    if (waiter->next)
        waiter->next->link = waiter->link;
    waiter->link = NULL;
}

static void metric_free(void *value)
{
    struct metric *metric = value;
    while (metric->waiters)
        metric_await_no_more(metric->waiters);
    while (metric->series) {
        struct metric_series *next = metric->series->next;
        for (int level = 0; level < METRIC_LEVELS; level++)
            buckets_clear(metric_series_level(metric->series, (enum metric_level)level));
        free(metric->series->unit);
        free(metric->series);
        metric->series = next;
    }
    for (size_t i = 0; i < metric->dimension_count; i++) {
        free((char *)(uintptr_t)metric->dimensions[i].name);
        free((char *)(uintptr_t)metric->dimensions[i].value);
    }
    free(metric->dimensions);
    free(metric->account);
    free(metric->region);
    free(metric->name_space);
    free(metric->name);
    free(metric);
}

struct metric_buckets *metric_series_level(struct metric_series *series, enum metric_level level)
{
    switch (level) {
    case METRIC_SECONDS:
        return &series->seconds;
    case METRIC_FIVE_MINUTES:
        return &series->five_minutes;
    case METRIC_HOURS:
        return &series->hours;
    default:
        return &series->minutes;
    }
}

struct metric_aging *metrics_aging(struct metrics *metrics)
{
    return &metrics->aging;
}

void metric_aged_add(struct metric_aged *aged, const struct metric_aged *more)
{
    if (!more->passes)
        return;
    for (int level = 0; level < METRIC_LEVELS; level++) {
        if (!aged->passes || more->before_s[level] > aged->before_s[level])
            aged->before_s[level] = more->before_s[level];
    }
    aged->passes += more->passes;
}

void metrics_reset(struct metrics *metrics)
{
    map_clear(&metrics->by_identity, metric_free);
    metrics->first = NULL;
    metrics->last = &metrics->first;
    metrics->generation++;
    metrics->aging = (struct metric_aging){ 0 };
}

void metrics_destroy(struct metrics *metrics)
{
    metrics_reset(metrics);
    free(metrics);
}

void metrics_listen(struct metrics *metrics, const struct metrics_listener *listener)
{
    metrics->listener = *listener;
}

uint64_t metrics_generation(const struct metrics *metrics)
{
    return metrics->generation;
}

const char *metric_dimension_value(const struct metric_dimension *dimensions, size_t count,
                                   struct text name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(name, dimensions[i].name))
            return dimensions[i].value;
    return NULL;
}

static int compare_dimensions(const void *a, const void *b)
{
    return strcmp(((const struct metric_dimension *)a)->name,
                  ((const struct metric_dimension *)b)->name);
}

static void add_part(struct buffer *key, const char *part)
{
    buffer_add_string(key, part);
    buffer_add_char(key, '\x1f');
}

static void add_dimensions(struct buffer *key, const struct metric_dimension *dimensions,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add_part(key, dimensions[i].name);
        add_part(key, dimensions[i].value);
    }
}

static void add_sorted(struct buffer *key, const struct metric_identity *identity)
{
    size_t count = identity->dimension_count;
    struct metric_dimension *sorted =
        xmemdup(identity->dimensions, count * sizeof(*identity->dimensions));
    qsort(sorted, count, sizeof(*sorted), compare_dimensions);
    add_dimensions(key, sorted, count);
    free(sorted);
}

/* The identity without its unit as one text; \x1f cannot stand in any part. */
char *metric_key(const struct metric_identity *identity)
{
    struct buffer key = { 0 };
    buffer_reserve(&key, KEY_TYPICAL);
    add_part(&key, identity->account);
    add_part(&key, identity->region);
    add_part(&key, identity->name_space);
    add_part(&key, identity->name);
    if (identity->dimension_count > 1)
        add_sorted(&key, identity);
    else
        add_dimensions(&key, identity->dimensions, identity->dimension_count);
    return buffer_take(&key, NULL);
}

struct metric *metrics_find(const struct metrics *metrics, const struct metric_identity *identity)
{
    CLEANUP(freep) char *key = metric_key(identity);
    return map_find(&metrics->by_identity, key);
}

struct metric *metrics_first(const struct metrics *metrics)
{
    return metrics->first;
}

static bool is_empty(const struct metric *metric)
{
    for (const struct metric_series *series = metric->series; series; series = series->next) {
        if (series->minutes.count || series->seconds.count || series->five_minutes.count ||
            series->hours.count)
            return false;
    }
    return true;
}

void metrics_prune(struct metrics *metrics)
{
    struct metric **link = &metrics->first;
    while (*link) {
        struct metric *metric = *link;
        if (!is_empty(metric)) {
            link = &metric->next;
            continue;
        }
        const struct metric_identity identity = { metric->account,
                                                  metric->region,
                                                  metric->name_space,
                                                  metric->name,
                                                  metric->dimensions,
                                                  metric->dimension_count,
                                                  NULL };
        CLEANUP(freep) char *key = metric_key(&identity);
        map_remove(&metrics->by_identity, key);
        *link = metric->next;
        metric_free(metric);
        metrics->generation++;
    }
    metrics->last = link;
}

static struct metric *add_metric(struct metrics *metrics, const struct metric_identity *identity,
                                 const char *key)
{
    struct metric *metric = xcalloc(1, sizeof(*metric));
    metric->metrics = metrics;
    metric->account = xstrdup(identity->account);
    metric->region = xstrdup(identity->region);
    metric->name_space = xstrdup(identity->name_space);
    metric->name = xstrdup(identity->name);
    metric->dimension_count = identity->dimension_count;
    metric->dimensions = xcalloc(identity->dimension_count, sizeof(*metric->dimensions));
    for (size_t i = 0; i < identity->dimension_count; i++)
        metric->dimensions[i] = (struct metric_dimension){ xstrdup(identity->dimensions[i].name),
                                                           xstrdup(identity->dimensions[i].value) };
    if (metric->dimension_count)
        qsort(metric->dimensions, metric->dimension_count, sizeof(*metric->dimensions),
              compare_dimensions);
    *metrics->last = metric;
    metrics->last = &metric->next;
    map_set(&metrics->by_identity, key, metric);
    if (metrics->listener.on_metric)
        metrics->listener.on_metric(metrics->listener.owner, key);
    return metric;
}

struct metric_series *metrics_series(struct metrics *metrics,
                                     const struct metric_identity *identity)
{
    CLEANUP(freep) char *key = metric_key(identity);
    struct metric *metric = map_find(&metrics->by_identity, key);
    if (!metric)
        metric = add_metric(metrics, identity, key);
    struct metric_series **link = &metric->series;
    while (*link && strcmp((*link)->unit, identity->unit) < 0)
        link = &(*link)->next;
    if (*link && strcmp((*link)->unit, identity->unit) == 0)
        return *link;
    struct metric_series *series = xcalloc(1, sizeof(*series));
    *series =
        (struct metric_series){ .next = *link, .metric = metric, .unit = xstrdup(identity->unit) };
    *link = series;
    return series;
}

size_t metric_buckets_from(const struct metric_buckets *buckets, int64_t start_s)
{
    size_t low = 0;
    size_t high = buckets->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (buckets->list[middle].start_s < start_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Data mostly comes for the newest one. */
struct metric_bucket *metric_buckets_at(struct metric_buckets *buckets, int64_t start_s)
{
    size_t at = buckets->count;
    if (at && buckets->list[at - 1].start_s >= start_s)
        at = metric_buckets_from(buckets, start_s);
    if (at < buckets->count && buckets->list[at].start_s == start_s)
        return &buckets->list[at];
    if (buckets->count == buckets->capacity)
        buckets->list = xgrow(buckets->list, &buckets->capacity, 1, sizeof(*buckets->list));
    memmove(&buckets->list[at + 1], &buckets->list[at],
            (buckets->count - at) * sizeof(*buckets->list));
    buckets->list[at] = (struct metric_bucket){ .start_s = start_s };
    buckets->count++;
    return &buckets->list[at];
}

void metric_buckets_drop(struct metric_buckets *buckets, size_t count)
{
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        distribution_clear(&buckets->list[i].distribution);
    buckets->count -= count;
    buckets->capacity = buckets->count;
    struct metric_bucket *list = NULL;
    if (buckets->count)
        list = xmemdup(buckets->list + count, buckets->count * sizeof(*list));
    free(buckets->list);
    buckets->list = list;
}

static int64_t floor_to(int64_t time_ms, int64_t step_s)
{
    return number_floor(time_ms, step_s * MS_PER_SECOND) / MS_PER_SECOND;
}

static void merge_statistics(struct metric_bucket *bucket, const struct metric_statistics *set)
{
    struct metric_statistics *own = &bucket->statistics;
    bool is_first = own->count == 0;
    own->minimum = is_first || set->minimum < own->minimum ? set->minimum : own->minimum;
    own->maximum = is_first || set->maximum > own->maximum ? set->maximum : own->maximum;
    own->count += set->count;
    own->sum += set->sum;
    bucket->is_dirty = true;
}

void metric_bucket_merge(struct metric_bucket *into, const struct metric_bucket *from)
{
    merge_statistics(into, &from->statistics);
    into->has_no_percentiles |= from->has_no_percentiles;
    distribution_merge(&into->distribution, &from->distribution);
}

static void add_value(struct metric_bucket *bucket, double value, double count)
{
    const struct metric_statistics set = { count, value * count, value, value };
    merge_statistics(bucket, &set);
    if (value < 0)
        bucket->has_no_percentiles = true;
    else
        distribution_add(&bucket->distribution, value, count);
}

static void tell_waiters(struct metric *metric)
{
    const struct metrics_listener *listener = &metric->metrics->listener;
    while (metric->waiters) {
        struct metric_waiter *waiter = metric->waiters;
        metric_await_no_more(waiter);
        if (listener->on_data)
            listener->on_data(listener->owner, waiter);
    }
}

static void note_time(struct metric_series *series, int64_t time_ms)
{
    if (time_ms > series->metric->last_ms)
        series->metric->last_ms = time_ms;
    if (series->metric->waiters)
        tell_waiters(series->metric);
}

void metric_series_add(struct metric_series *series, int64_t time_ms, double value, double count)
{
    note_time(series, time_ms);
    add_value(metric_buckets_at(&series->minutes, floor_to(time_ms, SECONDS_PER_MINUTE)), value,
              count);
}

void metric_series_add_fine(struct metric_series *series, int64_t time_ms, double value,
                            double count)
{
    metric_series_add(series, time_ms, value, count);
    add_value(metric_buckets_at(&series->seconds, floor_to(time_ms, 1)), value, count);
}

static void add_set(struct metric_bucket *bucket, const struct metric_statistics *set)
{
    merge_statistics(bucket, set);
    /* Minimum == Maximum says what every value was (cloudwatch-api.md section 2.3). */
    if (set->minimum == set->maximum && set->minimum >= 0 && set->sum == set->minimum * set->count)
        distribution_add(&bucket->distribution, set->minimum, set->count);
    else
        bucket->has_no_percentiles = true;
}

void metric_series_add_set(struct metric_series *series, int64_t time_ms, bool is_fine,
                           const struct metric_statistics *set)
{
    note_time(series, time_ms);
    add_set(metric_buckets_at(&series->minutes, floor_to(time_ms, SECONDS_PER_MINUTE)), set);
    if (is_fine)
        add_set(metric_buckets_at(&series->seconds, floor_to(time_ms, 1)), set);
}

void metric_series_restore(struct metric_series *series, enum metric_level level,
                           const struct metric_bucket *bucket)
{
    struct metric_bucket *own =
        metric_buckets_at(metric_series_level(series, level), bucket->start_s);
    distribution_clear(&own->distribution);
    *own = *bucket;
    note_time(series, bucket->start_s * MS_PER_SECOND);
}
