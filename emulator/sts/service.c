#include "sts/sts.h"

#include "arn.h"

static const struct fault validation_fault = { .code = "ValidationError", .status = 400 };
static const struct fault internal_fault = { .code = "InternalFailure", .status = 500 };

static enum outcome get_caller_identity(struct call *call)
{
    cJSON *output = call_output(call);
    json_set_text(output, "Arn", arn_of_caller(&call->arena, call->region, call->account));
    json_set_text(output, "UserId", CALLER_USER_ID);
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
      .note = "A 12-digit access key id is the account; else it is 000000000000." },
    { 0 },
};

static const struct operation *const slices[] = { operations, NULL };

static const struct lacking_operation lacking[] = {
    { .name = "AssumeRole" },
    { .name = "AssumeRoleWithSAML" },
    { .name = "AssumeRoleWithWebIdentity" },
    { .name = "AssumeRoot" },
    { .name = "DecodeAuthorizationMessage" },
    { .name = "GetAccessKeyInfo" },
    { .name = "GetDelegatedAccessToken" },
    { .name = "GetFederationToken" },
    { .name = "GetSessionToken" },
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
    .validation_fault = &validation_fault,
    .serialization_fault = &validation_fault,
    .internal_fault = &internal_fault,
    .body_ceiling = 64 * 1024,
    .operations = slices,
    .lacking = lacking,
};
