#include "lambda/faults.h"

const struct fault LAMBDA_ACCESS_DENIED = {
    .code = "AccessDeniedException", .status = 403, .message_key = "Message", .omits_type = true
};
const struct fault LAMBDA_CODE_SIGNING_CONFIG_NOT_FOUND = {
    .code = "CodeSigningConfigNotFoundException", .status = 404, .message_key = "Message"
};
const struct fault LAMBDA_CODE_STORAGE_EXCEEDED = { .code = "CodeStorageExceededException",
                                                    .status = 400 };
const struct fault LAMBDA_INVALID_PARAMETER = { .code = "InvalidParameterValueException",
                                                .status = 400 };
const struct fault LAMBDA_INVALID_PARAMETER_UNTYPED = { .code = "InvalidParameterValueException",
                                                        .status = 400,
                                                        .omits_type = true };
const struct fault LAMBDA_INVALID_REQUEST_CONTENT = { .code = "InvalidRequestContentException",
                                                      .status = 400 };
const struct fault LAMBDA_NOT_IMPLEMENTED = { .code = "NotImplemented", .status = 501 };
const struct fault LAMBDA_POLICY_LENGTH_EXCEEDED = { .code = "PolicyLengthExceededException",
                                                     .status = 400 };
const struct fault LAMBDA_PRECONDITION_FAILED = { .code = "PreconditionFailedException",
                                                  .status = 412 };
const struct fault LAMBDA_PROVISIONED_NOT_FOUND = {
    .code = "ProvisionedConcurrencyConfigNotFoundException", .status = 404
};
const struct fault LAMBDA_RECURSIVE_INVOCATION = { .code = "RecursiveInvocationException",
                                                   .status = 400,
                                                   .message_key = "Message" };
const struct fault LAMBDA_REQUEST_TOO_LARGE = { .code = "RequestEntityTooLargeException",
                                                .status = 413,
                                                .omits_type = true };
const struct fault LAMBDA_RESOURCE_CONFLICT = { .code = "ResourceConflictException",
                                                .status = 409 };
const struct fault LAMBDA_RESOURCE_NOT_FOUND = { .code = "ResourceNotFoundException",
                                                 .status = 404,
                                                 .message_key = "Message" };
const struct fault LAMBDA_RESOURCE_NOT_FOUND_UNTYPED = {
    .code = "ResourceNotFoundException", .status = 404, .message_key = "Message", .omits_type = true
};
const struct fault LAMBDA_SERIALIZATION = { .code = "SerializationException", .status = 400 };
const struct fault LAMBDA_SERVICE = { .code = "ServiceException",
                                      .status = 500,
                                      .message_key = "Message" };
const struct fault LAMBDA_THROTTLED_ACCOUNT = { .code = "TooManyRequestsException",
                                                .status = 429,
                                                .reason = "ConcurrentInvocationLimitExceeded" };
const struct fault LAMBDA_THROTTLED_FUNCTION = {
    .code = "TooManyRequestsException",
    .status = 429,
    .reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
};
const struct fault LAMBDA_VALIDATION = { .code = "ValidationException",
                                         .status = 400,
                                         .omits_type = true };

const struct fault LAMBDA_LINK_DENIED = { .code = "AccessDenied",
                                          .status = 403,
                                          .omits_type = true };
const struct fault LAMBDA_LINK_GONE = { .code = "NoSuchKey", .status = 404, .omits_type = true };
