/*
 * An alarm's view of the metrics: the datapoints of its evaluation range, and when the next of
 * them will move. Both read stored metrics; neither changes anything.
 */
#ifndef COALMINE_ALARM_WINDOW_H
#define COALMINE_ALARM_WINDOW_H

#include "alarms/state.h"

/* The points of the range that ends at end_s, newest first: alarm_evaluation_range() of them,
 * owned by the caller. */
struct alarm_datapoint *alarm_window_read(struct alarms *alarms, struct alarm *alarm,
                                          int64_t end_s);

/*
 * The first end after end_s for which alarm_window_read() can give other points than for end_s, as
 * long as no data come: a stored bucket enters the range, crosses from one period into the next,
 * or leaves. ALARM_NEVER in ms: none will. In between nothing need be evaluated, however long that
 * is.
 */
int64_t alarm_window_next_ms(struct alarms *alarms, struct alarm *alarm, int64_t end_s);

/* The metric, found by exactly its dimensions; NULL: no data came yet. */
struct metric *alarm_metric_get(const struct alarms *alarms, struct alarm_metric *metric);

#endif
