/*
 * What an alarm was configured with, read from the members of PutMetricAlarm or PutCompositeAlarm.
 */
#ifndef COALMINE_ALARM_CONFIGURATION_H
#define COALMINE_ALARM_CONFIGURATION_H

#include "alarms/evaluation.h"
#include "alarms/rule.h"
#include "json.h"

/* From what PutMetricAlarm was given, AWS's defaults filled in. */
struct alarm_criteria alarm_read_criteria(const cJSON *configuration);

/* Statistic or ExtendedStatistic; NULL: math. */
const char *alarm_statistic(const cJSON *configuration);

/* Of the metric, or of the metrics of a math alarm. */
int64_t alarm_period_s(const cJSON *configuration);

/* The rule of a composite, to be ended by alarm_rule_clear(); without a root if it has none. */
void alarm_read_rule(const cJSON *configuration, struct alarm_rule *rule_out);

#endif
