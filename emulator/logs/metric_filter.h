/*
 * Metric filters (cloudwatch-api.md section 6.8): matching events become metric data.
 */
#ifndef COALMINE_LOGS_METRIC_FILTER_H
#define COALMINE_LOGS_METRIC_FILTER_H

#include "logs/filter_pattern.h"
#include "logs/ingest.h"

struct metric_filter {
    struct metric_filter *next;
    char *name;
    struct filter_pattern *pattern;
    cJSON *transformation; /* as PutMetricFilter spells it */
};

/* The group's filters as ingestion uses them; owned by the caller. */
struct metric_filter *metric_filters_load(struct store *store, int64_t group_id);
/* Accepts NULL. */
void metric_filters_destroy(struct metric_filter *filters);

/* Publishes what the filters of the group make of the events. */
void metric_filters_apply(struct logs *logs, const struct ingest *ingest);

/* No default values are due any more. */
void metric_filters_forget_minutes(struct logs *logs);

#endif
