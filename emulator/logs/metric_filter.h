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

/* As the control plane keeps them; `configuration` is a JSON object of filterPattern,
 * metricTransformations, applyOnTransformedLogs. */
struct metric_filter_row {
    int64_t group_id;
    const char *group_name;
    const char *name;
    const char *configuration;
    int64_t created_ms;
};
void metric_filter_put(struct store *store, const struct metric_filter_row *row);
MUST_CHECK bool metric_filter_delete(struct store *store, int64_t group_id, const char *name);
bool metric_filter_exists(struct store *store, int64_t group_id, const char *name);
size_t metric_filter_count(struct store *store, int64_t group_id);

/* Calls `visit` for filters of an account and region in order of group and name, from behind the
 * pair (after_group, after_name), until it answers false. group_id 0: of all groups. */
struct metric_filter_search {
    const char *account;
    const char *region;
    int64_t group_id;
    const char *prefix;
    const char *after_group;
    const char *after_name;
};
void metric_filter_each(struct store *store, const struct metric_filter_search *search,
                        bool (*visit)(const struct metric_filter_row *row, void *owner),
                        void *owner);

#endif
