#include "sts/sts.h"

const struct fault STS_VALIDATION = { .code = "ValidationError", .status = 400 };
const struct fault STS_ACCESS_DENIED = { .code = "AccessDenied", .status = 403 };
static const struct fault internal_fault = { .code = "InternalFailure", .status = 500 };

static enum outcome get_caller_identity(struct call *call)
{
    cJSON *output = call_output(call);
    json_set_text(output, "Arn", call_caller_arn(call, call->region));
    json_set_text(output, "UserId", call_caller_id(call));
    json_set_text(output, "Account", call->account);
    return OUTCOME_OK;
}

static const struct field identity_fields[] = {
    { .name = "Arn", .type = FIELD_STRING },
    { .name = "UserId", .type = FIELD_STRING },
    { .name = "Account", .type = FIELD_STRING },
    { 0 },
};

static const struct operation operations[] = {
    { .name = "GetCallerIdentity",
      .output = identity_fields,
      .handle = get_caller_identity,
      .note = "A 12-digit access key id is the account; of temporary credentials that were given "
              "here it is the role's; else it is 000000000000." },
    { 0 },
};

static const struct operation *const slices[] = { operations, sts_session_operations, NULL };

static const struct lacking_operation lacking[] = {
    { .name = "AssumeRoleWithSAML" },
    { .name = "AssumeRoleWithWebIdentity" },
    { .name = "AssumeRoot" },
    { .name = "DecodeAuthorizationMessage" },
    { .name = "GetAccessKeyInfo" },
    { .name = "GetDelegatedAccessToken" },
    { .name = "GetFederationToken" },
    { .name = "GetWebIdentityToken" },
    { 0 },
};

const struct service sts_service = {
    .name = "sts",
    .title = "AWS Security Token Service",
    .signing_name = "sts",
    .protocols = PROTOCOL_QUERY,
    .query_version = "2011-06-15",
    .xml_namespace = "https://sts.amazonaws.com/doc/2011-06-15/",
    .message_key = "message",
    .validation_fault = &STS_VALIDATION,
    .serialization_fault = &STS_VALIDATION,
    .internal_fault = &internal_fault,
    .body_ceiling = 64 * 1024,
    .operations = slices,
    .lacking = lacking,
};
