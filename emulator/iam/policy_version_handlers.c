/*
 * The operations on the versions of a policy: fields, handlers, rows.
 */
#include <limits.h>

#include "clock.h"
#include "iam/faults.h"
#include "iam/iam.h"
#include "iam/managed_policy_handlers.h"
#include "iam/policy_version.h"

/* A number that no version has for a "v" that is none of ours. */
static int number_of(const char *version_id)
{
    int64_t number;
    bool is_number = *version_id == 'v' && text_to_int64(text_from(version_id + 1), &number);
    return is_number && number <= INT_MAX ? (int)number : 0;
}

static int number_asked(const struct call *call)
{
    return number_of(json_text(call->input, "VersionId", ""));
}

static bool get_version(struct call *call, const struct managed_policy *policy,
                        struct policy_version *version_out)
{
    return policy_version_get(call->store, call->account, policy->name, number_asked(call),
                              &call->arena, version_out) ||
           error_set(&call->error, &IAM_NO_SUCH_ENTITY,
                     "Policy %s version %s does not exist or is not attachable.",
                     json_text(call->input, "PolicyArn", ""),
                     json_text(call->input, "VersionId", ""));
}

static void write_version(struct call *call, cJSON *output, const struct managed_policy *policy,
                          const struct policy_version *version)
{
    json_set_text(output, "VersionId", iam_version_id(call, version->number));
    json_set_bool(output, "IsDefaultVersion", version->number == policy->default_version);
    json_set_double(output, "CreateDate", (double)(version->created_ms / 1000));
}

static enum outcome create_policy_version(struct call *call)
{
    struct managed_policy policy;
    if (!iam_get_policy(call, &policy) ||
        !managed_policy_add_version(call->store, call->account, &policy,
                                    json_text(call->input, "PolicyDocument", ""),
                                    json_bool(call->input, "SetAsDefault", false), &call->error))
        return OUTCOME_FAULT;
    struct policy_version version = { .number = policy.last_version,
                                      .created_ms = policy.updated_ms };
    write_version(call, json_set_object(call_output(call), "PolicyVersion"), &policy, &version);
    return OUTCOME_OK;
}

static enum outcome get_policy_version(struct call *call)
{
    struct managed_policy policy;
    struct policy_version version;
    if (!iam_get_policy(call, &policy) || !get_version(call, &policy, &version))
        return OUTCOME_FAULT;
    cJSON *output = json_set_object(call_output(call), "PolicyVersion");
    iam_write_document(output, "Document", version.document);
    write_version(call, output, &policy, &version);
    return OUTCOME_OK;
}

static enum outcome set_default_policy_version(struct call *call)
{
    struct managed_policy policy;
    struct policy_version version;
    if (!iam_get_policy(call, &policy) || !get_version(call, &policy, &version))
        return OUTCOME_FAULT;
    policy.default_version = version.number;
    policy.updated_ms = clock_now_ms();
    managed_policy_update(call->store, call->account, &policy);
    return OUTCOME_OK;
}

static enum outcome delete_policy_version(struct call *call)
{
    struct managed_policy policy;
    struct policy_version version;
    if (!iam_get_policy(call, &policy) || !get_version(call, &policy, &version))
        return OUTCOME_FAULT;
    if (version.number == policy.default_version)
        return call_fault(call, &IAM_DELETE_CONFLICT,
                          "Cannot delete the default version of a policy.");
    policy_version_delete(call->store, call->account, policy.name, version.number);
    return OUTCOME_OK;
}

/* The newest first. */
static enum outcome list_policy_versions(struct call *call)
{
    const char *after;
    int64_t left;
    struct managed_policy policy;
    if (!iam_begin_page(call, &after, &left) || !iam_get_policy(call, &policy))
        return OUTCOME_FAULT;
    int before = *after ? number_of(after) : INT_MAX;
    cJSON *list = json_set_array(call_output(call), "Versions");
    struct policy_version version;
    bool has_more;
    while ((has_more =
                policy_version_next(call->store, call->account, policy.name, before, &version)) &&
           left-- > 0) {
        cJSON *item = cJSON_CreateObject();
        write_version(call, item, &policy, &version);
        cJSON_AddItemToArray(list, item);
        before = version.number;
    }
    iam_end_page(call, iam_version_id(call, before), has_more);
    return OUTCOME_OK;
}

#define VERSION_ID_FIELD                                                                           \
    {                                                                                              \
        .name = "VersionId", .type = FIELD_STRING, .is_required = true,                            \
        .pattern = "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?"                                               \
    }

static const struct field version_fields[] = {
    { .name = "Document", .type = FIELD_STRING },
    { .name = "VersionId", .type = FIELD_STRING },
    { .name = "IsDefaultVersion", .type = FIELD_BOOLEAN },
    { .name = "CreateDate", .type = FIELD_TIMESTAMP },
    { 0 },
};
static const struct field version_item = { .type = FIELD_STRUCTURE, .members = version_fields };

static const struct field create_input[] = {
    POLICY_ARN_FIELD,
    POLICY_DOCUMENT_FIELD,
    { .name = "SetAsDefault", .type = FIELD_BOOLEAN },
    { 0 },
};
static const struct field version_output[] = {
    { .name = "PolicyVersion", .type = FIELD_STRUCTURE, .members = version_fields },
    { 0 },
};
static const struct field version_input[] = { POLICY_ARN_FIELD, VERSION_ID_FIELD, { 0 } };
static const struct field list_input[] = {
    POLICY_ARN_FIELD,
    MARKER_FIELD,
    MAX_ITEMS_FIELD,
    { 0 },
};
static const struct field list_output[] = {
    { .name = "Versions", .type = FIELD_LIST, .item = &version_item },
    IS_TRUNCATED_FIELD,
    MARKER_FIELD,
    { 0 },
};

const struct operation iam_policy_version_operations[] = {
    { .name = "CreatePolicyVersion",
      .flags = OPERATION_WRITES,
      .input = create_input,
      .output = version_output,
      .handle = create_policy_version },
    { .name = "GetPolicyVersion",
      .input = version_input,
      .output = version_output,
      .handle = get_policy_version },
    { .name = "SetDefaultPolicyVersion",
      .flags = OPERATION_WRITES,
      .input = version_input,
      .handle = set_default_policy_version },
    { .name = "DeletePolicyVersion",
      .flags = OPERATION_WRITES,
      .input = version_input,
      .handle = delete_policy_version },
    { .name = "ListPolicyVersions",
      .input = list_input,
      .output = list_output,
      .handle = list_policy_versions },
    { 0 },
};
