/*
 * Metric data that log events make: by metric filters, and by the embedded metric format. What
 * PutMetricData would refuse is left out here, for there is nobody to tell.
 */
#ifndef COALMINE_LOGS_LOG_METRIC_H
#define COALMINE_LOGS_LOG_METRIC_H

#include "logs/group.h"
#include "logs/logs.h"

/* Publishes MetricData as PutMetricData spells it, however many; takes them out of the list. */
void log_metrics_publish(struct logs *logs, const struct group_key *key, const char *name_space,
                         cJSON *data);

#endif
