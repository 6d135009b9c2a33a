#include "iam/faults.h"
#include "iam/iam.h"

const struct fault IAM_VALIDATION = { .code = "ValidationError", .status = 400 };
const struct fault IAM_ENTITY_ALREADY_EXISTS = { .code = "EntityAlreadyExists", .status = 409 };
const struct fault IAM_NO_SUCH_ENTITY = { .code = "NoSuchEntity", .status = 404 };
const struct fault IAM_MALFORMED_POLICY_DOCUMENT = { .code = "MalformedPolicyDocument",
                                                     .status = 400 };
const struct fault IAM_DELETE_CONFLICT = { .code = "DeleteConflict", .status = 409 };
const struct fault IAM_LIMIT_EXCEEDED = { .code = "LimitExceeded", .status = 409 };
const struct fault IAM_INVALID_INPUT = { .code = "InvalidInput", .status = 400 };
const struct fault IAM_INTERNAL = { .code = "ServiceFailure", .status = 500 };
const struct fault IAM_NOT_IMPLEMENTED = { .code = "NotImplemented", .status = 501 };

static const struct operation *const slices[] = {
    iam_role_operations,           iam_role_update_operations,    iam_inline_policy_operations,
    iam_managed_policy_operations, iam_policy_version_operations, NULL
};

const struct service iam_service = {
    .name = "iam",
    .title = "AWS Identity and Access Management",
    .signing_name = "iam",
    .protocols = PROTOCOL_QUERY,
    .query_version = "2010-05-08",
    .xml_namespace = "https://iam.amazonaws.com/doc/2010-05-08/",
    .message_key = "message",
    .validation_fault = &IAM_VALIDATION,
    .serialization_fault = &IAM_VALIDATION,
    .internal_fault = &IAM_INTERNAL,
    .body_ceiling = 1 << 20,
    .operations = slices,
    .lacking = iam_lacking_operations,
};
