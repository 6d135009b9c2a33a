/*
 * The operations on the policies that are part of a role: fields, handlers, rows.
 */
#include "iam/entity_handlers.h"
#include "iam/iam.h"
#include "iam/inline_policy.h"
#include "iam/role.h"

static const char *role_of(const struct call *call)
{
    return json_text(call->input, "RoleName", "");
}

static const char *name_of(const struct call *call)
{
    return json_text(call->input, "PolicyName", "");
}

static enum outcome put_role_policy(struct call *call)
{
    struct inline_policy policy = {
        .role = role_of(call),
        .name = name_of(call),
        .document = json_text(call->input, "PolicyDocument", ""),
    };
    return inline_policy_put(call->store, call->account, &policy, &call->error) ? OUTCOME_OK
                                                                                : OUTCOME_FAULT;
}

static enum outcome get_role_policy(struct call *call)
{
    const char *document = inline_policy_get(call->store, call->account, role_of(call),
                                             name_of(call), &call->arena, &call->error);
    if (!document)
        return OUTCOME_FAULT;
    json_set_text(call_output(call), "RoleName", role_of(call));
    json_set_text(call_output(call), "PolicyName", name_of(call));
    iam_write_document(call_output(call), "PolicyDocument", document);
    return OUTCOME_OK;
}

static enum outcome delete_role_policy(struct call *call)
{
    return inline_policy_delete(call->store, call->account, role_of(call), name_of(call),
                                &call->error)
               ? OUTCOME_OK
               : OUTCOME_FAULT;
}

static enum outcome list_role_policies(struct call *call)
{
    const char *after;
    int64_t left;
    if (!iam_begin_page(call, &after, &left) ||
        !role_exists(call->store, call->account, role_of(call), &call->error))
        return OUTCOME_FAULT;
    cJSON *list = json_set_array(call_output(call), "PolicyNames");
    const char *name;
    while ((name = inline_policy_next(call->store, call->account, role_of(call), after,
                                      &call->arena)) &&
           left-- > 0) {
        cJSON_AddItemToArray(list, cJSON_CreateString(name));
        after = name;
    }
    iam_end_page(call, after, name != NULL);
    return OUTCOME_OK;
}

static const struct field put_input[] = {
    ROLE_NAME_FIELD,
    POLICY_NAME_FIELD,
    POLICY_DOCUMENT_FIELD,
    { 0 },
};
static const struct field name_input[] = { ROLE_NAME_FIELD, POLICY_NAME_FIELD, { 0 } };
static const struct field get_output[] = {
    { .name = "RoleName", .type = FIELD_STRING },
    { .name = "PolicyName", .type = FIELD_STRING },
    { .name = "PolicyDocument", .type = FIELD_STRING },
    { 0 },
};
static const struct field list_input[] = { ROLE_NAME_FIELD, MARKER_FIELD, MAX_ITEMS_FIELD, { 0 } };
static const struct field list_output[] = {
    { .name = "PolicyNames", .type = FIELD_LIST, .item = &iam_string_item },
    IS_TRUNCATED_FIELD,
    MARKER_FIELD,
    { 0 },
};

const struct operation iam_inline_policy_operations[] = {
    { .name = "PutRolePolicy",
      .flags = OPERATION_WRITES,
      .input = put_input,
      .handle = put_role_policy },
    { .name = "GetRolePolicy",
      .input = name_input,
      .output = get_output,
      .handle = get_role_policy },
    { .name = "DeleteRolePolicy",
      .flags = OPERATION_WRITES,
      .input = name_input,
      .handle = delete_role_policy },
    { .name = "ListRolePolicies",
      .input = list_input,
      .output = list_output,
      .handle = list_role_policies },
    { 0 },
};
