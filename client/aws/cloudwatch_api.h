/*
 * What CloudWatch counted for one version behind an alias.
 */
#ifndef CANARY_CLOUDWATCH_API_H
#define CANARY_CLOUDWATCH_API_H

#include "aws/api.h"

struct version_metrics {
    double invocations;
    double errors;
};

/* Sums of Invocations and Errors with FunctionName, Resource=function:alias and
 * ExecutedVersion, over whole minutes from start to end (milliseconds since 1970). */
MUST_CHECK bool cloudwatch_version_metrics(struct api *api, const char *function, const char *alias,
                                           const char *version, int64_t start_ms, int64_t end_ms,
                                           struct version_metrics *metrics_out,
                                           struct error *error);

#endif
