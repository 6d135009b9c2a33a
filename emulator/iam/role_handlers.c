/*
 * The role operations: fields, handlers, rows.
 */
#include "arn.h"
#include "clock.h"
#include "iam/faults.h"
#include "iam/iam.h"
#include "iam/name.h"
#include "iam/role_handlers.h"

static const struct field boundary_fields[] = {
    { .name = "PermissionsBoundaryType", .type = FIELD_STRING },
    { .name = "PermissionsBoundaryArn", .type = FIELD_STRING },
    { 0 },
};
static const struct field role_fields[] = {
    { .name = "Path", .type = FIELD_STRING },
    { .name = "RoleName", .type = FIELD_STRING },
    { .name = "RoleId", .type = FIELD_STRING },
    { .name = "Arn", .type = FIELD_STRING },
    { .name = "CreateDate", .type = FIELD_TIMESTAMP },
    { .name = "AssumeRolePolicyDocument", .type = FIELD_STRING },
    { .name = "Description", .type = FIELD_STRING },
    { .name = "MaxSessionDuration", .type = FIELD_INTEGER },
    { .name = "PermissionsBoundary", .type = FIELD_STRUCTURE, .members = boundary_fields },
    { .name = "Tags", .type = FIELD_LIST, .item = &iam_tag_item },
    { .name = "RoleLastUsed", .type = FIELD_STRUCTURE },
    { 0 },
};

static const struct field role_item = { .type = FIELD_STRUCTURE, .members = role_fields };

static void write_role(struct call *call, cJSON *output, const struct role *role)
{
    json_set_text(output, "Path", role->path);
    json_set_text(output, "RoleName", role->name);
    json_set_text(output, "RoleId", role->role_id);
    json_set_text(output, "Arn",
                  arena_format(&call->arena, "arn:%s:iam::%s:role%s%s", arn_partition(call->region),
                               call->account, role->path, role->name));
    json_set_double(output, "CreateDate", (double)(role->created_ms / 1000));
    iam_write_document(output, "AssumeRolePolicyDocument", role->trust_policy);
    json_set_text(output, "Description", role->description);
    json_set_double(output, "MaxSessionDuration", (double)role->max_session_s);
}

/* Lists leave it out. The type is the one that AWS's documentation gives, not that of its models.
 */
static void write_boundary(cJSON *output, const struct role *role)
{
    if (!role->permissions_boundary)
        return;
    cJSON *boundary = json_set_object(output, "PermissionsBoundary");
    json_set_text(boundary, "PermissionsBoundaryType", "Policy");
    json_set_text(boundary, "PermissionsBoundaryArn", role->permissions_boundary);
}

cJSON *iam_answer_changed_role(struct call *call, const struct role *role)
{
    cJSON *output = json_set_object(call_output(call), "Role");
    write_role(call, output, role);
    if (role->max_session_s == ROLE_SESSION_DEFAULT_S)
        cJSON_DeleteItemFromObjectCaseSensitive(output, "MaxSessionDuration");
    write_boundary(output, role);
    return output;
}

bool iam_check_boundary(struct call *call)
{
    const char *boundary = json_text(call->input, "PermissionsBoundary", NULL);
    struct arn arn;
    if (boundary && arn_parse(text_from(boundary), &arn) && !iam_check_partition(call, &arn))
        return false;
    return !boundary || role_check_boundary(call->store, call->account, boundary, &call->error);
}

static enum outcome create_role(struct call *call)
{
    struct role role = {
        .name = json_text(call->input, "RoleName", ""),
        .path = json_text(call->input, "Path", "/"),
        .role_id = id_new("AROA", &call->arena),
        .created_ms = clock_now_ms(),
        .trust_policy = json_text(call->input, "AssumeRolePolicyDocument", ""),
        .description = json_text(call->input, "Description", NULL),
        .max_session_s = json_int(call->input, "MaxSessionDuration", ROLE_SESSION_DEFAULT_S),
        .tags = iam_add_tags(call, "[]", "TagsPerRole"),
        .permissions_boundary = json_text(call->input, "PermissionsBoundary", NULL),
    };
    if (!role.tags || !iam_check_boundary(call) ||
        !role_create(call->store, call->account, &role, &call->error))
        return OUTCOME_FAULT;
    iam_write_tags(iam_answer_changed_role(call, &role), role.tags);
    return OUTCOME_OK;
}

static enum outcome get_role(struct call *call)
{
    struct role role;
    if (!role_get(call->store, call->account, json_text(call->input, "RoleName", ""), &call->arena,
                  &role, &call->error))
        return OUTCOME_FAULT;
    cJSON *output = json_set_object(call_output(call), "Role");
    write_role(call, output, &role);
    write_boundary(output, &role);
    iam_write_tags(output, role.tags);
    json_set_object(output, "RoleLastUsed");
    return OUTCOME_OK;
}

static enum outcome delete_role(struct call *call)
{
    const char *name = json_text(call->input, "RoleName", "");
    return role_delete(call->store, call->account, name, &call->error) ? OUTCOME_OK : OUTCOME_FAULT;
}

static enum outcome list_roles(struct call *call)
{
    const char *after;
    int64_t left;
    if (!iam_begin_page(call, &after, &left))
        return OUTCOME_FAULT;
    const char *prefix = json_text(call->input, "PathPrefix", "/");
    cJSON *list = json_set_array(call_output(call), "Roles");
    struct role role;
    bool has_more;
    while ((has_more = role_next(call->store, call->account, after, prefix, &call->arena, &role)) &&
           left-- > 0) {
        cJSON *item = cJSON_CreateObject();
        write_role(call, item, &role);
        cJSON_AddItemToArray(list, item);
        after = role.name;
    }
    iam_end_page(call, after, has_more);
    return OUTCOME_OK;
}

static enum outcome attach_role_policy(struct call *call)
{
    struct arn arn;
    const char *policy_arn = json_text(call->input, "PolicyArn", "");
    if (arn_parse(text_from(policy_arn), &arn) && !iam_check_partition(call, &arn))
        return OUTCOME_FAULT;
    return role_attach_policy(call->store, call->account, json_text(call->input, "RoleName", ""),
                              policy_arn, &call->error)
               ? OUTCOME_OK
               : OUTCOME_FAULT;
}

static enum outcome detach_role_policy(struct call *call)
{
    return role_detach_policy(call->store, call->account, json_text(call->input, "RoleName", ""),
                              json_text(call->input, "PolicyArn", ""), &call->error)
               ? OUTCOME_OK
               : OUTCOME_FAULT;
}

static enum outcome list_attached_role_policies(struct call *call)
{
    const char *after;
    int64_t left;
    const char *name = json_text(call->input, "RoleName", "");
    if (!iam_begin_page(call, &after, &left) ||
        !role_exists(call->store, call->account, name, &call->error))
        return OUTCOME_FAULT;
    cJSON *list = json_set_array(call_output(call), "AttachedPolicies");
    const char *prefix = json_text(call->input, "PathPrefix", "/");
    const char *arn;
    while (
        (arn = role_next_policy(call->store, call->account, name, after, prefix, &call->arena)) &&
        left-- > 0) {
        cJSON *item = cJSON_CreateObject();
        const char *slash = strrchr(arn, '/');
        json_set_text(item, "PolicyName", slash ? slash + 1 : arn);
        json_set_text(item, "PolicyArn", arn);
        cJSON_AddItemToArray(list, item);
        after = arn;
    }
    iam_end_page(call, after, arn != NULL);
    return OUTCOME_OK;
}

/* A role has none here. Terraform asks whenever it deletes one. */
static enum outcome list_instance_profiles(struct call *call)
{
    const char *after;
    int64_t left;
    if (!iam_begin_page(call, &after, &left) ||
        !role_exists(call->store, call->account, json_text(call->input, "RoleName", ""),
                     &call->error))
        return OUTCOME_FAULT;
    json_set_array(call_output(call), "InstanceProfiles");
    iam_end_page(call, after, false);
    return OUTCOME_OK;
}

static const struct field create_role_input[] = {
    ROLE_NAME_FIELD,
    { .name = "AssumeRolePolicyDocument",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 131072) },
    PATH_FIELD("Path"),
    DESCRIPTION_FIELD,
    { .name = "MaxSessionDuration", .type = FIELD_INTEGER, .range = BETWEEN(3600, 43200) },
    BOUNDARY_FIELD(false),
    TAGS_FIELD,
    { 0 },
};
const struct field iam_role_output[] = {
    { .name = "Role", .type = FIELD_STRUCTURE, .members = role_fields },
    { 0 },
};
static const struct field role_name_input[] = { ROLE_NAME_FIELD, { 0 } };
static const struct field list_roles_input[] = {
    { .name = "PathPrefix",
      .type = FIELD_STRING,
      .length = BETWEEN(1, 512),
      .pattern = "\\x{2F}[\\x{21}-\\x{7E}]*" },
    MARKER_FIELD,
    MAX_ITEMS_FIELD,
    { 0 },
};
static const struct field list_roles_output[] = {
    { .name = "Roles", .type = FIELD_LIST, .item = &role_item },
    IS_TRUNCATED_FIELD,
    MARKER_FIELD,
    { 0 },
};
static const struct field policy_input[] = {
    ROLE_NAME_FIELD,
    POLICY_ARN_FIELD,
    { 0 },
};
static const struct field list_policies_input[] = {
    ROLE_NAME_FIELD, POLICY_PATH_FIELD("PathPrefix"), MARKER_FIELD, MAX_ITEMS_FIELD, { 0 },
};
static const struct field attached_policy_fields[] = {
    { .name = "PolicyName", .type = FIELD_STRING },
    { .name = "PolicyArn", .type = FIELD_STRING },
    { 0 },
};
static const struct field attached_policy_item = { .type = FIELD_STRUCTURE,
                                                   .members = attached_policy_fields };
static const struct field list_policies_output[] = {
    { .name = "AttachedPolicies", .type = FIELD_LIST, .item = &attached_policy_item },
    IS_TRUNCATED_FIELD,
    MARKER_FIELD,
    { 0 },
};

static const struct field list_profiles_input[] = {
    ROLE_NAME_FIELD,
    MARKER_FIELD,
    MAX_ITEMS_FIELD,
    { 0 },
};
static const struct field list_profiles_output[] = {
    { .name = "InstanceProfiles", .type = FIELD_LIST, .item = &iam_string_item },
    IS_TRUNCATED_FIELD,
    MARKER_FIELD,
    { 0 },
};

const struct operation iam_role_operations[] = {
    { .name = "CreateRole",
      .flags = OPERATION_WRITES,
      .input = create_role_input,
      .output = iam_role_output,
      .handle = create_role,
      .note = "A permissions boundary is kept and shown, and nobody is held to it." },
    { .name = "GetRole", .input = role_name_input, .output = iam_role_output, .handle = get_role },
    { .name = "ListRoles",
      .input = list_roles_input,
      .output = list_roles_output,
      .handle = list_roles },
    { .name = "DeleteRole",
      .flags = OPERATION_WRITES,
      .input = role_name_input,
      .handle = delete_role },
    { .name = "AttachRolePolicy",
      .flags = OPERATION_WRITES,
      .input = policy_input,
      .handle = attach_role_policy,
      .note = "Policies of AWS (arn:aws:iam::aws:policy/...) are taken by their form." },
    { .name = "DetachRolePolicy",
      .flags = OPERATION_WRITES,
      .input = policy_input,
      .handle = detach_role_policy },
    { .name = "ListAttachedRolePolicies",
      .input = list_policies_input,
      .output = list_policies_output,
      .handle = list_attached_role_policies },
    { .name = "ListInstanceProfilesForRole",
      .input = list_profiles_input,
      .output = list_profiles_output,
      .handle = list_instance_profiles,
      .note = "Always empty: CreateInstanceProfile is not emulated." },
    { 0 },
};
