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

/* Sums of Invocations, Errors and Throttles with FunctionName, Resource=function:alias and
 * ExecutedVersion, over whole minutes from start to end (milliseconds since 1970). */
MUST_CHECK bool cloudwatch_version_metrics(struct api *api, const char *function, const char *alias,
                                           const char *version, int64_t start_ms, int64_t end_ms,
                                           struct version_metrics *metrics_out,
                                           struct error *error);

/* The same, minute by minute: `on_value` gets each value, with an `id` for version_metrics_add().
 */
MUST_CHECK bool cloudwatch_version_values(struct api *api, const char *function, const char *alias,
                                          const char *version, int64_t start_ms, int64_t end_ms,
                                          void (*on_value)(const char *id, int64_t time_ms,
                                                           double value, void *owner),
                                          void *owner, struct error *error);
void version_metrics_add(struct version_metrics *metrics, const char *id, double value);

/* Performs GetMetricData with these MetricDataQueries (which it takes) over whole periods; all
 * pages. Calls `on_value` for each value of a query that returns data. */
MUST_CHECK bool cloudwatch_query(struct api *api, cJSON *takes, int64_t start_ms, int64_t end_ms,
                                 void (*on_value)(const char *id, int64_t time_ms, double value,
                                                  void *owner),
                                 void *owner, struct error *error);

/* A MetricStat query; the caller owns it. `dimensions` is {name: value}. */
cJSON *cloudwatch_metric_query(const char *id, const char *metric_namespace, const char *metric,
                               const char *stat, int64_t period_s, const cJSON *dimensions,
                               bool returns_data);

/* The dimensions of one version behind an alias; the caller owns them. */
cJSON *cloudwatch_version_dimensions(const char *function, const char *alias, const char *version);

/* Calls `on_alarm` for each of these alarms that exists, metric or composite. */
MUST_CHECK bool cloudwatch_alarms(struct api *api, const char *const *names, size_t count,
                                  void (*on_alarm)(const char *name, const char *state,
                                                   const char *reason, void *owner),
                                  void *owner, struct error *error);

#endif
