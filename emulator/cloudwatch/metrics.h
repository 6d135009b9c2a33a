/*
 * Metric data in memory: one series per account, region, namespace, name, dimension set and
 * unit; per series one bucket per minute (or per second for StorageResolution 1) with sample
 * count, sum, minimum, maximum and a distribution of values. As it ages it is rolled up into
 * buckets of five minutes and of hours (retention.h). Knows nothing of the wire.
 */
#ifndef COALMINE_METRICS_H
#define COALMINE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloudwatch/distribution.h"
#include "text.h"

struct metrics;
struct metric;
struct metric_series;

enum { DIMENSIONS_MAX = 30 }; /* of one metric */

struct metric_dimension {
    const char *name;
    const char *value;
};

/* The value of the dimension of that name; NULL: there is none. */
const char *metric_dimension_value(const struct metric_dimension *dimensions, size_t count,
                                   struct text name);

struct metric_identity {
    const char *account;
    const char *region;
    const char *name_space;
    const char *name;
    const struct metric_dimension *dimensions; /* any order; kept sorted by name */
    size_t dimension_count;
    const char *unit;
};

struct metrics *metrics_create(void);
void metrics_destroy(struct metrics *metrics);

/* Drops all series; every handle is invalid afterwards. metrics_generation() changes. */
void metrics_reset(struct metrics *metrics);
/* Drops the metrics that hold no bucket any more. If there are any, all handles are invalid
 * afterwards, and metrics_generation() changes. */
void metrics_prune(struct metrics *metrics);
uint64_t metrics_generation(const struct metrics *metrics);

/* The series, made if new. The handle is valid while metrics_generation() stays the same: hot paths
 * keep it. */
struct metric_series *metrics_series(struct metrics *metrics,
                                     const struct metric_identity *identity);

/* One text for all identities that name the same metric, and no other; owned by the caller. */
char *metric_key(const struct metric_identity *identity);

/* Who waits for the next data of a metric; part of what waits, zeroed at first. */
struct metric_waiter {
    struct metric_waiter *next;
    struct metric_waiter **link; /* what points here; NULL: it waits for nothing */
};

/* Who wants to hear of metrics: when one is made (by its key), and of each waiter of a metric that
 * gets data (it waits no longer then, so that a busy metric costs one call). Both run inside the
 * adding. */
struct metrics_listener {
    void (*on_metric)(void *owner, const char *key);
    void (*on_data)(void *owner, struct metric_waiter *waiter);
    void *owner;
};
void metrics_listen(struct metrics *metrics, const struct metrics_listener *listener);

/* The waiter waits from now on, if it did not already; and no longer, as when its metric goes. */
void metric_await(struct metric *metric, struct metric_waiter *waiter);
void metric_await_no_more(struct metric_waiter *waiter);

/* Adds `count` samples of one value at a service time. */
void metric_series_add(struct metric_series *series, int64_t time_ms, double value, double count);

/* The same for data with StorageResolution 1: kept by the second too, and by the minute. */
void metric_series_add_fine(struct metric_series *series, int64_t time_ms, double value,
                            double count);

/* Adds a statistic set: its values are not known, so percentiles need Minimum == Maximum. */
struct metric_statistics {
    double count;
    double sum;
    double minimum;
    double maximum;
};
void metric_series_add_set(struct metric_series *series, int64_t time_ms, bool is_fine,
                           const struct metric_statistics *set);

/* One period of one series, as it is kept. */
struct metric_bucket {
    int64_t start_s;
    struct metric_statistics statistics;
    struct distribution distribution;
    bool has_no_percentiles; /* a negative value, or a set of unknown values */
    bool is_dirty;           /* changed since the last checkpoint */
};

struct metric_buckets {
    struct metric_bucket *list; /* ascending */
    size_t count;
    size_t capacity;
};

/* Adds what one bucket holds to another. */
void metric_bucket_merge(struct metric_bucket *into, const struct metric_bucket *from);

/* The bucket that starts then, made if new. */
struct metric_bucket *metric_buckets_at(struct metric_buckets *buckets, int64_t start_s);
/* Drops the first `count` buckets, and the memory they took. */
void metric_buckets_drop(struct metric_buckets *buckets, size_t count);

/* How long a bucket is. The numbers stand in checkpoints. */
enum metric_level {
    METRIC_MINUTES = 0,
    METRIC_SECONDS = 1, /* StorageResolution 1 only; the minutes have that data too */
    METRIC_FIVE_MINUTES = 2,
    METRIC_HOURS = 3,
    METRIC_LEVELS = 4,
};

/* A metric: the series that differ in nothing but their unit. */
struct metric {
    struct metric *next;           /* all metrics, in order of their making */
    struct metrics *metrics;       /* which it is one of */
    struct metric_waiter *waiters; /* for the next data */
    char *account;
    char *region;
    char *name_space;
    char *name;
    struct metric_dimension *dimensions; /* sorted by name */
    size_t dimension_count;
    struct metric_series *series;
    int64_t last_ms; /* newest time stamp */
};

struct metric_series {
    struct metric_series *next; /* of the same metric, units in alphabetical order */
    struct metric *metric;
    char *unit;
    struct metric_buckets minutes;
    struct metric_buckets seconds;
    struct metric_buckets five_minutes;
    struct metric_buckets hours;
};

/* The series' buckets of that level; never NULL. */
struct metric_buckets *metric_series_level(struct metric_series *series, enum metric_level level);

/* The metric with exactly these dimensions (unit ignored), or NULL. */
struct metric *metrics_find(const struct metrics *metrics, const struct metric_identity *identity);
/* The first of all metrics; follow `next`. */
struct metric *metrics_first(const struct metrics *metrics);

/* The first bucket at or after `start_s`. */
size_t metric_buckets_from(const struct metric_buckets *buckets, int64_t start_s);

/* Puts a bucket that was stored before: start-up. Takes the distribution. */
void metric_series_restore(struct metric_series *series, enum metric_level level,
                           const struct metric_bucket *bucket);

/* What passes of retention that came to their end have moved up or dropped: of each level, buckets
 * that began before `before_s`, the latest bound of them all (a clock may be set back). */
struct metric_aged {
    uint64_t passes;
    int64_t before_s[METRIC_LEVELS];
};
void metric_aged_add(struct metric_aged *aged, const struct metric_aged *more);

/* What retention does (retention.h), and has done. */
struct metric_aging {
    bool is_under_way;               /* a pass has begun, and... */
    struct metric *next;             /* ...goes on here */
    int64_t before_s[METRIC_LEVELS]; /* what began before moves up or goes */
    struct metric_aged aged;         /* since the last checkpoint took it */
};
struct metric_aging *metrics_aging(struct metrics *metrics);

#endif
