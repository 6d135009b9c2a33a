/*
 * What an alarm was configured with, read from the members of PutMetricAlarm.
 */
#ifndef COALMINE_ALARM_CONFIGURATION_H
#define COALMINE_ALARM_CONFIGURATION_H

#include "alarms/evaluation.h"
#include "json.h"

struct alarm_criteria alarm_read_criteria(const cJSON *configuration);

/* Statistic or ExtendedStatistic; NULL: math. */
const char *alarm_statistic(const cJSON *configuration);

/* Of the metric, or of the metrics of a math alarm. */
int64_t alarm_period_s(const cJSON *configuration);

/* Fewer samples than this and percentile `share` says nothing: 10 of them must lie beyond it. */
double alarm_fewest_samples(double share);

#endif
