/* IAM's exceptions, cloudwatch-api.md section 7.2. */
#ifndef COALMINE_IAM_FAULTS_H
#define COALMINE_IAM_FAULTS_H

#include "error.h"

extern const struct fault IAM_VALIDATION;
extern const struct fault IAM_ENTITY_ALREADY_EXISTS;
extern const struct fault IAM_NO_SUCH_ENTITY;
extern const struct fault IAM_MALFORMED_POLICY_DOCUMENT;
extern const struct fault IAM_DELETE_CONFLICT;
extern const struct fault IAM_LIMIT_EXCEEDED;
extern const struct fault IAM_INVALID_INPUT;
extern const struct fault IAM_INTERNAL;
extern const struct fault IAM_NOT_IMPLEMENTED;

#endif
