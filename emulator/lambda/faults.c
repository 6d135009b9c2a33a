#include "lambda/faults.h"

const struct fault LAMBDA_ACCESS_DENIED = {
    .code = "AccessDeniedException", .status = 403, .message_key = "Message", .omits_type = true
};
const struct fault LAMBDA_INVALID_PARAMETER = { .code = "InvalidParameterValueException",
                                                .status = 400 };
const struct fault LAMBDA_INVALID_PARAMETER_UNTYPED = { .code = "InvalidParameterValueException",
                                                        .status = 400,
                                                        .omits_type = true };
const struct fault LAMBDA_INVALID_REQUEST_CONTENT = { .code = "InvalidRequestContentException",
                                                      .status = 400 };
const struct fault LAMBDA_NOT_IMPLEMENTED = { .code = "NotImplemented", .status = 501 };
const struct fault LAMBDA_PRECONDITION_FAILED = { .code = "PreconditionFailedException",
                                                  .status = 412 };
const struct fault LAMBDA_REQUEST_TOO_LARGE = { .code = "RequestEntityTooLargeException",
                                                .status = 413,
                                                .omits_type = true };
const struct fault LAMBDA_RESOURCE_CONFLICT = { .code = "ResourceConflictException",
                                                .status = 409 };
const struct fault LAMBDA_RESOURCE_NOT_FOUND = { .code = "ResourceNotFoundException",
                                                 .status = 404,
                                                 .message_key = "Message" };
const struct fault LAMBDA_SERIALIZATION = { .code = "SerializationException", .status = 400 };
const struct fault LAMBDA_SERVICE = { .code = "ServiceException",
                                      .status = 500,
                                      .message_key = "Message" };
const struct fault LAMBDA_VALIDATION = { .code = "ValidationException",
                                         .status = 400,
                                         .omits_type = true };

const struct fault LAMBDA_LINK_DENIED = { .code = "AccessDenied",
                                          .status = 403,
                                          .omits_type = true };
const struct fault LAMBDA_LINK_GONE = { .code = "NoSuchKey", .status = 404, .omits_type = true };
