/*
 * The operations that change a role, and those on its tags.
 */
#include "iam/iam.h"
#include "iam/role_handlers.h"
#include "iam/trust_policy.h"

static bool get(struct call *call, struct role *role_out)
{
    return role_get(call->store, call->account, json_text(call->input, "RoleName", ""),
                    &call->arena, role_out, &call->error);
}

static enum outcome update(struct call *call, const struct role *role)
{
    role_update(call->store, call->account, role);
    return OUTCOME_OK;
}

static enum outcome update_assume_role_policy(struct call *call)
{
    struct role role;
    if (!get(call, &role))
        return OUTCOME_FAULT;
    role.trust_policy = json_text(call->input, "PolicyDocument", "");
    return trust_policy_check(role.trust_policy, &call->error) ? update(call, &role)
                                                               : OUTCOME_FAULT;
}

/* A description that is not given stays, a session becomes the default. */
static enum outcome update_role(struct call *call)
{
    struct role role;
    if (!get(call, &role))
        return OUTCOME_FAULT;
    role.description = json_text(call->input, "Description", role.description);
    role.max_session_s = json_int(call->input, "MaxSessionDuration", ROLE_SESSION_DEFAULT_S);
    return update(call, &role);
}

static enum outcome update_role_description(struct call *call)
{
    struct role role;
    if (!get(call, &role))
        return OUTCOME_FAULT;
    role.description = json_text(call->input, "Description", "");
    iam_answer_changed_role(call, &role);
    return update(call, &role);
}

static enum outcome put_boundary(struct call *call)
{
    struct role role;
    if (!get(call, &role) || !iam_check_boundary(call))
        return OUTCOME_FAULT;
    role.permissions_boundary = json_text(call->input, "PermissionsBoundary", NULL);
    return update(call, &role);
}

static enum outcome delete_boundary(struct call *call)
{
    struct role role;
    if (!get(call, &role))
        return OUTCOME_FAULT;
    role.permissions_boundary = NULL;
    return update(call, &role);
}

static enum outcome tag_role(struct call *call)
{
    struct role role;
    if (!get(call, &role))
        return OUTCOME_FAULT;
    role.tags = iam_add_tags(call, role.tags, "TagsPerRole");
    return role.tags ? update(call, &role) : OUTCOME_FAULT;
}

static enum outcome untag_role(struct call *call)
{
    struct role role;
    if (!get(call, &role))
        return OUTCOME_FAULT;
    role.tags = iam_remove_tags(call, role.tags);
    return update(call, &role);
}

static enum outcome list_role_tags(struct call *call)
{
    struct role role;
    return get(call, &role) ? iam_list_tags(call, role.tags) : OUTCOME_FAULT;
}

static const struct field assume_input[] = {
    ROLE_NAME_FIELD,
    POLICY_DOCUMENT_FIELD,
    { 0 },
};
static const struct field update_input[] = {
    ROLE_NAME_FIELD,
    DESCRIPTION_FIELD,
    { .name = "MaxSessionDuration", .type = FIELD_INTEGER, .range = BETWEEN(3600, 43200) },
    { 0 },
};
static const struct field description_input[] = {
    ROLE_NAME_FIELD,
    { .name = "Description",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(0, 1000) },
    { 0 },
};
static const struct field put_boundary_input[] = { ROLE_NAME_FIELD, BOUNDARY_FIELD(true), { 0 } };
static const struct field delete_boundary_input[] = { ROLE_NAME_FIELD, { 0 } };
static const struct field tag_input[] = { ROLE_NAME_FIELD, REQUIRED_TAGS_FIELD, { 0 } };
static const struct field untag_input[] = { ROLE_NAME_FIELD, TAG_KEYS_FIELD, { 0 } };
static const struct field list_tags_input[] = {
    ROLE_NAME_FIELD,
    MARKER_FIELD,
    MAX_ITEMS_FIELD,
    { 0 },
};
static const struct field nothing[] = { { 0 } };

const struct operation iam_role_update_operations[] = {
    { .name = "UpdateAssumeRolePolicy",
      .flags = OPERATION_WRITES,
      .input = assume_input,
      .handle = update_assume_role_policy },
    { .name = "UpdateRole",
      .flags = OPERATION_WRITES,
      .input = update_input,
      .output = nothing,
      .handle = update_role },
    { .name = "UpdateRoleDescription",
      .flags = OPERATION_WRITES,
      .input = description_input,
      .output = iam_role_output,
      .handle = update_role_description },
    { .name = "PutRolePermissionsBoundary",
      .flags = OPERATION_WRITES,
      .input = put_boundary_input,
      .handle = put_boundary,
      .note = "It is kept and shown, and nobody is held to it." },
    { .name = "DeleteRolePermissionsBoundary",
      .flags = OPERATION_WRITES,
      .input = delete_boundary_input,
      .handle = delete_boundary },
    { .name = "TagRole", .flags = OPERATION_WRITES, .input = tag_input, .handle = tag_role },
    { .name = "UntagRole", .flags = OPERATION_WRITES, .input = untag_input, .handle = untag_role },
    { .name = "ListRoleTags",
      .input = list_tags_input,
      .output = iam_tags_output,
      .handle = list_role_tags },
    { 0 },
};
