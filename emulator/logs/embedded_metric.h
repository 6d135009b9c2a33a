/*
 * The embedded metric format: events that are JSON with an `_aws` member become metric data.
 */
#ifndef COALMINE_LOGS_EMBEDDED_METRIC_H
#define COALMINE_LOGS_EMBEDDED_METRIC_H

#include "logs/ingest.h"

/* MetricData as PutMetricData spells it, for one directive (an element of CloudWatchMetrics) of
 * an event; owned by the caller. Metrics without a number, dimension sets without their values, and
 * an empty set that comes again are left out. */
cJSON *embedded_metric_data(const cJSON *event, const cJSON *directive);

/* Publishes what the events hold in the embedded metric format; all else is left alone. */
void embedded_metrics_publish(struct logs *logs, const struct ingest *ingest);

#endif
