/*
 * Every exception that Lambda answers here, with its status and the shape of its body
 * (lambda-api.md sections 11.2 and 28.2).
 */
#ifndef COALMINE_LAMBDA_FAULTS_H
#define COALMINE_LAMBDA_FAULTS_H

#include "error.h"

extern const struct fault LAMBDA_ACCESS_DENIED;
extern const struct fault LAMBDA_CODE_SIGNING_CONFIG_NOT_FOUND;
extern const struct fault LAMBDA_CODE_STORAGE_EXCEEDED;
extern const struct fault LAMBDA_INVALID_PARAMETER;
extern const struct fault LAMBDA_INVALID_PARAMETER_UNTYPED; /* the few without "Type" */
extern const struct fault LAMBDA_INVALID_REQUEST_CONTENT;
extern const struct fault LAMBDA_NOT_IMPLEMENTED;
extern const struct fault LAMBDA_POLICY_LENGTH_EXCEEDED;
extern const struct fault LAMBDA_PRECONDITION_FAILED;
extern const struct fault LAMBDA_PROVISIONED_NOT_FOUND;
extern const struct fault LAMBDA_RECURSIVE_INVOCATION;
extern const struct fault LAMBDA_REQUEST_TOO_LARGE;
extern const struct fault LAMBDA_RESOURCE_CONFLICT;
extern const struct fault LAMBDA_RESOURCE_NOT_FOUND;
extern const struct fault LAMBDA_RESOURCE_NOT_FOUND_UNTYPED; /* code signing */
extern const struct fault LAMBDA_SERIALIZATION;
extern const struct fault LAMBDA_SERVICE;
extern const struct fault LAMBDA_THROTTLED_ACCOUNT;  /* the account's concurrency */
extern const struct fault LAMBDA_THROTTLED_FUNCTION; /* the function's reservation */
extern const struct fault LAMBDA_VALIDATION;

/* The link behind Code.Location answers as S3 does. */
extern const struct fault LAMBDA_LINK_DENIED;
extern const struct fault LAMBDA_LINK_GONE;

#endif
