#include "cloudwatch/retention.h"

#include <stdlib.h>

#include "clock.h"
#include "loop/loop.h"
#include "xalloc.h"

enum {
    MS_PER_SECOND = 1000,
    INTERVAL_MS = 5000,    /* true time between two looks at the clock */
    STEP_MS = 3600 * 1000, /* service time that makes it worth while */
    FIVE_MINUTES_S = 300,
    HOUR_S = 3600,
};

struct retention {
    struct metrics *metrics;
    struct loop_timer *timer;
    int64_t aged_ms; /* service time of the last aging */
};

static int64_t cutoff(int64_t now_ms, int64_t kept_ms, int64_t step_s)
{
    int64_t time_s = (now_ms - kept_ms) / MS_PER_SECOND;
    return time_s - ((time_s % step_s) + step_s) % step_s;
}

/* Moves all that began before `before_s` into longer buckets. */
static void roll_up(struct metric_buckets *from, int64_t before_s, struct metric_buckets *into,
                    int64_t step_s)
{
    size_t count = metric_buckets_from(from, before_s);
    for (size_t i = 0; i < count; i++) {
        int64_t start_s = from->list[i].start_s;
        start_s -= ((start_s % step_s) + step_s) % step_s;
        metric_bucket_merge(metric_buckets_at(into, start_s), &from->list[i]);
    }
    metric_buckets_drop(from, count);
}

static void age_series(struct metric_series *series, const int64_t before_s[METRIC_LEVELS])
{
    roll_up(&series->minutes, before_s[METRIC_MINUTES], &series->five_minutes, FIVE_MINUTES_S);
    roll_up(&series->five_minutes, before_s[METRIC_FIVE_MINUTES], &series->hours, HOUR_S);
    metric_buckets_drop(&series->seconds,
                        metric_buckets_from(&series->seconds, before_s[METRIC_SECONDS]));
    metric_buckets_drop(&series->hours,
                        metric_buckets_from(&series->hours, before_s[METRIC_HOURS]));
}

void metrics_age(struct metrics *metrics, int64_t now_ms)
{
    struct metric_aging *aging = metrics_aging(metrics);
    int64_t *before_s = aging->before_s;
    before_s[METRIC_SECONDS] = cutoff(now_ms, METRIC_SECONDS_KEPT_MS, 1);
    before_s[METRIC_MINUTES] = cutoff(now_ms, METRIC_MINUTES_KEPT_MS, FIVE_MINUTES_S);
    before_s[METRIC_FIVE_MINUTES] = cutoff(now_ms, METRIC_FIVE_MINUTES_KEPT_MS, HOUR_S);
    before_s[METRIC_HOURS] = cutoff(now_ms, METRIC_HOURS_KEPT_MS, HOUR_S);
    aging->count++;
    for (struct metric *metric = metrics_first(metrics); metric; metric = metric->next) {
        for (struct metric_series *series = metric->series; series; series = series->next)
            age_series(series, before_s);
    }
    metrics_prune(metrics);
}

/* A clock that was set back is followed too: ages are counted from where it is now. */
static void on_timer(void *owner)
{
    struct retention *retention = owner;
    int64_t now_ms = clock_now_ms();
    if (now_ms >= retention->aged_ms && now_ms - retention->aged_ms < STEP_MS)
        return;
    retention->aged_ms = now_ms;
    metrics_age(retention->metrics, now_ms);
}

struct retention *retention_start(struct loop *loop, struct metrics *metrics)
{
    struct retention *retention = xcalloc(1, sizeof(*retention));
    retention->metrics = metrics;
    retention->timer = loop_timer_start(loop, INTERVAL_MS, INTERVAL_MS, on_timer, retention);
    return retention;
}

void retention_stop(struct retention *retention)
{
    if (!retention)
        return;
    loop_timer_stop(&retention->timer);
    free(retention);
}
