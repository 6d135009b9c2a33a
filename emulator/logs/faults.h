/*
 * CloudWatch Logs' exceptions (cloudwatch-api.md section 6.1): every client error is a 400.
 */
#ifndef COALMINE_LOGS_FAULTS_H
#define COALMINE_LOGS_FAULTS_H

#include "error.h"

extern const struct fault LOGS_INVALID_PARAMETER;
extern const struct fault LOGS_VALIDATION;
extern const struct fault LOGS_ACCESS_DENIED;
extern const struct fault LOGS_NOT_FOUND;
extern const struct fault LOGS_EXISTS;
extern const struct fault LOGS_LIMIT_EXCEEDED;
extern const struct fault LOGS_TOO_MANY_TAGS;
extern const struct fault LOGS_MALFORMED_QUERY;
extern const struct fault LOGS_ABORTED;
extern const struct fault LOGS_SERIALIZATION;
extern const struct fault LOGS_UNAVAILABLE;

#endif
