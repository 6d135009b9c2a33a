#include "cloudwatch/retention.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "loop/loop.h"
#include "number.h"
#include "xalloc.h"

enum {
    MS_PER_SECOND = 1000,
    INTERVAL_MS = 5000,    /* true time between two looks at the clock */
    STEP_MS = 3600 * 1000, /* service time that makes it worth while */
    MINUTE_S = 60,
    FIVE_MINUTES_S = 300,
    HOUR_S = 3600,
    SLICE = 10000, /* buckets: some milliseconds */
};

struct retention {
    struct metrics *metrics;
    struct loop *loop;
    struct loop_timer *timer;
    struct loop_timer *slices; /* while a pass is under way */
    int64_t aged_ms;           /* service time of the last aging */
};

static int64_t cutoff(int64_t now_ms, int64_t kept_ms, int64_t step_s)
{
    return number_floor((now_ms - kept_ms) / MS_PER_SECOND, step_s);
}

/* Moves all that began before `before_s` into longer buckets; returns how many those were. */
static size_t roll_up(struct metric_buckets *from, int64_t before_s, struct metric_buckets *into,
                      int64_t step_s)
{
    size_t count = metric_buckets_from(from, before_s);
    for (size_t i = 0; i < count; i++) {
        int64_t start_s = number_floor(from->list[i].start_s, step_s);
        metric_bucket_merge(metric_buckets_at(into, start_s), &from->list[i]);
    }
    metric_buckets_drop(from, count);
    return count;
}

static size_t drop(struct metric_buckets *buckets, int64_t before_s)
{
    size_t count = metric_buckets_from(buckets, before_s);
    metric_buckets_drop(buckets, count);
    return count;
}

static size_t age_metric(struct metric *metric, const int64_t before_s[METRIC_LEVELS])
{
    size_t moved = 1;
    for (struct metric_series *series = metric->series; series; series = series->next) {
        moved += roll_up(&series->minutes, before_s[METRIC_MINUTES], &series->five_minutes,
                         FIVE_MINUTES_S);
        moved +=
            roll_up(&series->five_minutes, before_s[METRIC_FIVE_MINUTES], &series->hours, HOUR_S);
        moved += drop(&series->seconds, before_s[METRIC_SECONDS]);
        moved += drop(&series->hours, before_s[METRIC_HOURS]);
    }
    return moved;
}

void metrics_age_begin(struct metrics *metrics, int64_t now_ms)
{
    metrics_age_finish(metrics);
    struct metric_aging *aging = metrics_aging(metrics);
    /* A StartTime may be rounded down to a period below a minute. */
    aging->before_s[METRIC_SECONDS] = cutoff(now_ms, METRIC_SECONDS_KEPT_MS, MINUTE_S);
    aging->before_s[METRIC_MINUTES] = cutoff(now_ms, METRIC_MINUTES_KEPT_MS, FIVE_MINUTES_S);
    aging->before_s[METRIC_FIVE_MINUTES] = cutoff(now_ms, METRIC_FIVE_MINUTES_KEPT_MS, HOUR_S);
    aging->before_s[METRIC_HOURS] = cutoff(now_ms, METRIC_HOURS_KEPT_MS, HOUR_S);
    aging->is_under_way = true;
    aging->next = metrics_first(metrics);
}

bool metrics_age_some(struct metrics *metrics, size_t budget)
{
    struct metric_aging *aging = metrics_aging(metrics);
    for (size_t moved = 0; aging->next && moved < budget; aging->next = aging->next->next)
        moved += age_metric(aging->next, aging->before_s);
    if (aging->is_under_way && !aging->next) {
        struct metric_aged pass = { .passes = 1 };
        memcpy(pass.before_s, aging->before_s, sizeof(pass.before_s));
        metric_aged_add(&aging->aged, &pass);
        aging->is_under_way = false;
        metrics_prune(metrics);
    }
    return !aging->is_under_way;
}

void metrics_age_finish(struct metrics *metrics)
{
    if (metrics_aging(metrics)->is_under_way)
        metrics_age_some(metrics, SIZE_MAX);
}

void metrics_age(struct metrics *metrics, int64_t now_ms)
{
    metrics_age_begin(metrics, now_ms);
    metrics_age_finish(metrics);
}

static void on_slice(void *owner)
{
    struct retention *retention = owner;
    if (metrics_age_some(retention->metrics, SLICE))
        loop_timer_stop(&retention->slices);
}

/* A clock that was set back is followed too: ages are counted from where it is now. */
static void on_timer(void *owner)
{
    struct retention *retention = owner;
    int64_t now_ms = clock_now_ms();
    bool is_early = now_ms >= retention->aged_ms && now_ms - retention->aged_ms < STEP_MS;
    if (retention->slices || is_early)
        return;
    retention->aged_ms = now_ms;
    metrics_age_begin(retention->metrics, now_ms);
    retention->slices = loop_timer_start(retention->loop, 0, 1, on_slice, retention);
}

struct retention *retention_start(struct loop *loop, struct metrics *metrics)
{
    struct retention *retention = xcalloc(1, sizeof(*retention));
    retention->metrics = metrics;
    retention->loop = loop;
    retention->timer = loop_timer_start(loop, INTERVAL_MS, INTERVAL_MS, on_timer, retention);
    return retention;
}

void retention_stop(struct retention *retention)
{
    if (!retention)
        return;
    loop_timer_stop(&retention->timer);
    loop_timer_stop(&retention->slices);
    metrics_age_finish(retention->metrics);
    free(retention);
}
