/*
 * What CloudWatch says: what it counted for one version behind an alias, any metric or
 * expression, and the state of alarms.
 */
#ifndef CANARY_CLOUDWATCH_API_H
#define CANARY_CLOUDWATCH_API_H

#include "aws/api.h"

/* One awsJson call: its answer, owned by the caller; NULL with a sentence that says what could not
 * be done (`doing`: "read the alarms' states"). */
MUST_CHECK cJSON *cloudwatch_call(struct api *api, const char *operation, const cJSON *input,
                                  const char *doing, struct error *error);

struct version_metrics {
    double invocations;
    double errors;
    double throttles;
};

/* A version as invoked through an alias: Lambda counts these apart, with FunctionName,
 * Resource=function:alias and ExecutedVersion. The texts belong to whoever made it. */
struct aliased_version {
    const char *function;
    const char *alias;
    const char *version;
};

/* A value of the query `id`, for the period that begins at `time_ms`. */
typedef void metric_value_handler(const char *id, int64_t time_ms, double value, void *owner);

/* Sums of Invocations, Errors and Throttles over whole minutes from start to end (milliseconds
 * since 1970). */
MUST_CHECK bool cloudwatch_version_metrics(struct api *api, const struct aliased_version *of,
                                           int64_t start_ms, int64_t end_ms,
                                           struct version_metrics *metrics_out,
                                           struct error *error);

/* The same, minute by minute: `on_value` gets each value, with an `id` for version_metrics_add().
 */
MUST_CHECK bool cloudwatch_version_values(struct api *api, const struct aliased_version *of,
                                          int64_t start_ms, int64_t end_ms,
                                          metric_value_handler *on_value, void *owner,
                                          struct error *error);
void version_metrics_add(struct version_metrics *metrics, const char *id, double value);

/* Performs GetMetricData with these MetricDataQueries (which it takes) over whole periods; all
 * pages. Calls `on_value` for each value of a query that returns data. */
MUST_CHECK bool cloudwatch_query(struct api *api, cJSON *takes, int64_t start_ms, int64_t end_ms,
                                 metric_value_handler *on_value, void *owner, struct error *error);

/* A MetricStat query; the caller owns it. `dimensions` is {name: value}. */
cJSON *cloudwatch_metric_query(const char *id, const char *metric_namespace, const char *metric,
                               const char *stat, int64_t period_s, const cJSON *dimensions,
                               bool returns_data);

/* The dimensions of its metrics; the caller owns them. */
cJSON *cloudwatch_version_dimensions(const struct aliased_version *of);

/* Calls `on_alarm` for each of these alarms that exists, metric or composite. */
MUST_CHECK bool cloudwatch_alarms(struct api *api, const char *const *names, size_t count,
                                  void (*on_alarm)(const char *name, const char *state,
                                                   const char *reason, void *owner),
                                  void *owner, struct error *error);

#endif
