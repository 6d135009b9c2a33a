/*
 * How long metric data is kept, and at which resolution (cloudwatch-api.md section 2.10): memory
 * and checkpoint are bounded by retention, not by history.
 */
#ifndef COALMINE_RETENTION_H
#define COALMINE_RETENTION_H

#include "cloudwatch/metrics.h"

#define METRIC_SECONDS_KEPT_MS (3LL * 3600 * 1000)
#define METRIC_MINUTES_KEPT_MS (15LL * 86400 * 1000)
#define METRIC_FIVE_MINUTES_KEPT_MS (63LL * 86400 * 1000)
#define METRIC_HOURS_KEPT_MS (455LL * 86400 * 1000)

/* Rolls up and drops what is too old at this service time. Answers to queries are the same before,
 * after and between: they look at ages themselves. */
void metrics_age(struct metrics *metrics, int64_t now_ms);

/* The same in slices, so that the loop is never held for long: begins a pass; moves on by about
 * `budget` buckets, true when the pass is at its end; ends a pass that is under way, if one is. */
void metrics_age_begin(struct metrics *metrics, int64_t now_ms);
bool metrics_age_some(struct metrics *metrics, size_t budget);
void metrics_age_finish(struct metrics *metrics);

struct loop;
struct retention;

/* Ages the metrics now and then, as service time goes on. */
struct retention *retention_start(struct loop *loop, struct metrics *metrics);
/* Accepts NULL. */
void retention_stop(struct retention *retention);

#endif
