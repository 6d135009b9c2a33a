/*
 * CloudWatch's exceptions (cloudwatch-api.md section 1.7).
 */
#ifndef COALMINE_CLOUDWATCH_FAULTS_H
#define COALMINE_CLOUDWATCH_FAULTS_H

#include "error.h"

extern const struct fault CLOUDWATCH_INVALID_PARAMETER_VALUE;
extern const struct fault CLOUDWATCH_INVALID_PARAMETER_COMBINATION;
extern const struct fault CLOUDWATCH_MISSING_PARAMETER;
extern const struct fault CLOUDWATCH_INVALID_NEXT_TOKEN;
extern const struct fault CLOUDWATCH_VALIDATION;
extern const struct fault CLOUDWATCH_SERIALIZATION;
extern const struct fault CLOUDWATCH_DASHBOARD_NOT_FOUND;
extern const struct fault CLOUDWATCH_DASHBOARD_INVALID;
extern const struct fault CLOUDWATCH_THROTTLING;
extern const struct fault CLOUDWATCH_INTERNAL;

#endif
