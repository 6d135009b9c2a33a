/*
 * The operations on policies that stand by themselves: fields, handlers, rows.
 */
#include "iam/managed_policy_handlers.h"

#include "arn.h"
#include "clock.h"
#include "iam/iam.h"
#include "iam/name.h"

static const char *arn_of(const struct call *call)
{
    return json_text(call->input, "PolicyArn", "");
}

bool iam_get_policy(struct call *call, struct managed_policy *policy_out)
{
    struct arn arn;
    if (arn_parse(text_from(arn_of(call)), &arn) && !iam_check_partition(call, &arn))
        return false;
    return managed_policy_get(call->store, call->account, arn_of(call), &call->arena, policy_out,
                              &call->error);
}

const char *iam_version_id(struct call *call, int number)
{
    return arena_format(&call->arena, "v%d", number);
}

static const char *policy_arn(struct call *call, const struct managed_policy *policy)
{
    return arena_format(&call->arena, "arn:%s:iam::%s:policy%s%s", arn_partition(call->region),
                        call->account, policy->path, policy->name);
}

static int attachments(struct call *call, const struct managed_policy *policy)
{
    return managed_policy_attachments(call->store, call->account, policy_arn(call, policy));
}

static int boundaries(struct call *call, const struct managed_policy *policy)
{
    return managed_policy_boundaries(call->store, call->account, policy_arn(call, policy));
}

/* Bits of enum policy_usage: without a PolicyUsageFilter all. */
static int asked_usages(const struct call *call)
{
    const char *filter = json_text(call->input, "PolicyUsageFilter", NULL);
    if (!filter)
        return USED_AS_PERMISSIONS | USED_AS_BOUNDARY;
    return strcmp(filter, "PermissionsBoundary") == 0 ? USED_AS_BOUNDARY : USED_AS_PERMISSIONS;
}

/* Lists leave description and tags out. */
static void write_policy(struct call *call, cJSON *output, const struct managed_policy *policy)
{
    json_set_text(output, "PolicyName", policy->name);
    json_set_text(output, "PolicyId", policy->policy_id);
    json_set_text(output, "Arn", policy_arn(call, policy));
    json_set_text(output, "Path", policy->path);
    json_set_text(output, "DefaultVersionId", iam_version_id(call, policy->default_version));
    json_set_double(output, "AttachmentCount", attachments(call, policy));
    json_set_double(output, "PermissionsBoundaryUsageCount", boundaries(call, policy));
    json_set_bool(output, "IsAttachable", true);
    json_set_double(output, "CreateDate", (double)(policy->created_ms / 1000));
    json_set_double(output, "UpdateDate", (double)(policy->updated_ms / 1000));
}

static enum outcome create_policy(struct call *call)
{
    int64_t now = clock_now_ms();
    struct managed_policy policy = {
        .name = json_text(call->input, "PolicyName", ""),
        .path = json_text(call->input, "Path", "/"),
        .policy_id = id_new("ANPA", &call->arena),
        .description = json_text(call->input, "Description", NULL),
        .default_version = 1,
        .last_version = 1,
        .created_ms = now,
        .updated_ms = now,
        .tags = iam_add_tags(call, "[]", "TagsPerPolicy"),
    };
    if (!policy.tags ||
        !managed_policy_create(call->store, call->account, &policy,
                               json_text(call->input, "PolicyDocument", ""), &call->error))
        return OUTCOME_FAULT;
    cJSON *output = json_set_object(call_output(call), "Policy");
    write_policy(call, output, &policy);
    iam_write_tags(output, policy.tags);
    return OUTCOME_OK;
}

static enum outcome get_policy(struct call *call)
{
    struct managed_policy policy;
    if (!iam_get_policy(call, &policy))
        return OUTCOME_FAULT;
    cJSON *output = json_set_object(call_output(call), "Policy");
    write_policy(call, output, &policy);
    json_set_text(output, "Description", policy.description);
    iam_write_tags(output, policy.tags);
    return OUTCOME_OK;
}

static enum outcome delete_policy(struct call *call)
{
    struct managed_policy policy;
    return iam_get_policy(call, &policy) &&
                   managed_policy_delete(call->store, call->account, &policy, arn_of(call),
                                         &call->error)
               ? OUTCOME_OK
               : OUTCOME_FAULT;
}

static bool is_wanted(struct call *call, const struct managed_policy *policy)
{
    return (!json_bool(call->input, "OnlyAttached", false) || attachments(call, policy)) &&
           (asked_usages(call) != USED_AS_BOUNDARY || boundaries(call, policy));
}

/* The next behind `after` that the call asks for. */
static bool next_wanted(struct call *call, const char *after, struct managed_policy *policy_out)
{
    const char *prefix = json_text(call->input, "PathPrefix", "/");
    /* Of AWS's own policies none is kept. */
    bool is_found = strcmp(json_text(call->input, "Scope", "All"), "AWS") != 0;
    do {
        is_found = is_found && managed_policy_next(call->store, call->account, after, prefix,
                                                   &call->arena, policy_out);
        after = policy_out->name;
    } while (is_found && !is_wanted(call, policy_out));
    return is_found;
}

static enum outcome list_policies(struct call *call)
{
    const char *after;
    int64_t left;
    if (!iam_begin_page(call, &after, &left))
        return OUTCOME_FAULT;
    cJSON *list = json_set_array(call_output(call), "Policies");
    struct managed_policy policy = { 0 };
    bool has_more;
    while ((has_more = next_wanted(call, after, &policy)) && left-- > 0) {
        cJSON *item = cJSON_CreateObject();
        write_policy(call, item, &policy);
        cJSON_AddItemToArray(list, item);
        after = policy.name;
    }
    iam_end_page(call, after, has_more);
    return OUTCOME_OK;
}

static enum outcome tag_policy(struct call *call)
{
    struct managed_policy policy;
    if (!iam_get_policy(call, &policy) ||
        !(policy.tags = iam_add_tags(call, policy.tags, "TagsPerPolicy")))
        return OUTCOME_FAULT;
    managed_policy_update(call->store, call->account, &policy);
    return OUTCOME_OK;
}

static enum outcome untag_policy(struct call *call)
{
    struct managed_policy policy;
    if (!iam_get_policy(call, &policy))
        return OUTCOME_FAULT;
    policy.tags = iam_remove_tags(call, policy.tags);
    managed_policy_update(call->store, call->account, &policy);
    return OUTCOME_OK;
}

static enum outcome list_policy_tags(struct call *call)
{
    struct managed_policy policy;
    return iam_get_policy(call, &policy) ? iam_list_tags(call, policy.tags) : OUTCOME_FAULT;
}

/* Only roles have policies here. AWS's own are asked for by their form. */
static bool check_policy(struct call *call)
{
    struct managed_policy policy;
    struct arn arn;
    return (arn_parse(text_from(arn_of(call)), &arn) && managed_policy_is_of_aws(&arn)) ||
           iam_get_policy(call, &policy);
}

static bool asks_for_roles(const struct call *call)
{
    return strcmp(json_text(call->input, "EntityFilter", "Role"), "Role") == 0;
}

static enum outcome list_entities_for_policy(struct call *call)
{
    const char *after;
    int64_t left;
    if (!iam_begin_page(call, &after, &left) || !check_policy(call))
        return OUTCOME_FAULT;
    json_set_array(call_output(call), "PolicyGroups");
    json_set_array(call_output(call), "PolicyUsers");
    cJSON *list = json_set_array(call_output(call), "PolicyRoles");
    const struct policy_users users = {
        .policy_arn = arn_of(call),
        .usages = asked_usages(call),
        .path_prefix = json_text(call->input, "PathPrefix", "/"),
    };
    const char *name;
    const char *role_id;
    bool has_more = false;
    while (asks_for_roles(call) &&
           (has_more = managed_policy_next_role(call->store, call->account, &users, after,
                                                &call->arena, &name, &role_id)) &&
           left-- > 0) {
        cJSON *item = cJSON_CreateObject();
        json_set_text(item, "RoleName", name);
        json_set_text(item, "RoleId", role_id);
        cJSON_AddItemToArray(list, item);
        after = name;
    }
    iam_end_page(call, after, has_more);
    return OUTCOME_OK;
}

#define USAGE_FIELD                                                                                \
    {                                                                                              \
        .name = "PolicyUsageFilter", .type = FIELD_STRING, .values = usages                        \
    }

static const char *const usages[] = { "PermissionsPolicy", "PermissionsBoundary", NULL };
static const char *const scopes[] = { "All", "AWS", "Local", NULL };
static const char *const entities[] = {
    "User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy", NULL
};

static const struct field policy_fields[] = {
    { .name = "PolicyName", .type = FIELD_STRING },
    { .name = "PolicyId", .type = FIELD_STRING },
    { .name = "Arn", .type = FIELD_STRING },
    { .name = "Path", .type = FIELD_STRING },
    { .name = "DefaultVersionId", .type = FIELD_STRING },
    { .name = "AttachmentCount", .type = FIELD_INTEGER },
    { .name = "PermissionsBoundaryUsageCount", .type = FIELD_INTEGER },
    { .name = "IsAttachable", .type = FIELD_BOOLEAN },
    { .name = "Description", .type = FIELD_STRING },
    { .name = "CreateDate", .type = FIELD_TIMESTAMP },
    { .name = "UpdateDate", .type = FIELD_TIMESTAMP },
    TAGS_FIELD,
    { 0 },
};
static const struct field policy_item = { .type = FIELD_STRUCTURE, .members = policy_fields };

static const struct field create_input[] = {
    POLICY_NAME_FIELD,
    POLICY_PATH_FIELD("Path"),
    POLICY_DOCUMENT_FIELD,
    DESCRIPTION_FIELD,
    TAGS_FIELD,
    { 0 },
};
static const struct field policy_output[] = {
    { .name = "Policy", .type = FIELD_STRUCTURE, .members = policy_fields },
    { 0 },
};
static const struct field arn_input[] = { POLICY_ARN_FIELD, { 0 } };
static const struct field list_input[] = {
    { .name = "Scope", .type = FIELD_STRING, .values = scopes },
    { .name = "OnlyAttached", .type = FIELD_BOOLEAN },
    POLICY_PATH_FIELD("PathPrefix"),
    USAGE_FIELD,
    MARKER_FIELD,
    MAX_ITEMS_FIELD,
    { 0 },
};
static const struct field list_output[] = {
    { .name = "Policies", .type = FIELD_LIST, .item = &policy_item },
    IS_TRUNCATED_FIELD,
    MARKER_FIELD,
    { 0 },
};
static const struct field tag_input[] = { POLICY_ARN_FIELD, REQUIRED_TAGS_FIELD, { 0 } };
static const struct field untag_input[] = { POLICY_ARN_FIELD, TAG_KEYS_FIELD, { 0 } };
static const struct field list_tags_input[] = {
    POLICY_ARN_FIELD,
    MARKER_FIELD,
    MAX_ITEMS_FIELD,
    { 0 },
};
static const struct field list_entities_input[] = {
    POLICY_ARN_FIELD,
    { .name = "EntityFilter", .type = FIELD_STRING, .values = entities },
    PATH_FIELD("PathPrefix"),
    USAGE_FIELD,
    MARKER_FIELD,
    MAX_ITEMS_FIELD,
    { 0 },
};
static const struct field role_fields[] = {
    { .name = "RoleName", .type = FIELD_STRING },
    { .name = "RoleId", .type = FIELD_STRING },
    { 0 },
};
static const struct field role_item = { .type = FIELD_STRUCTURE, .members = role_fields };
static const struct field list_entities_output[] = {
    { .name = "PolicyGroups", .type = FIELD_LIST, .item = &iam_string_item },
    { .name = "PolicyUsers", .type = FIELD_LIST, .item = &iam_string_item },
    { .name = "PolicyRoles", .type = FIELD_LIST, .item = &role_item },
    IS_TRUNCATED_FIELD,
    MARKER_FIELD,
    { 0 },
};

const struct operation iam_managed_policy_operations[] = {
    { .name = "CreatePolicy",
      .flags = OPERATION_WRITES,
      .input = create_input,
      .output = policy_output,
      .handle = create_policy },
    { .name = "GetPolicy",
      .input = arn_input,
      .output = policy_output,
      .handle = get_policy,
      .note = "Of AWS's own policies there are no copies." },
    { .name = "DeletePolicy",
      .flags = OPERATION_WRITES,
      .input = arn_input,
      .handle = delete_policy },
    { .name = "ListPolicies",
      .input = list_input,
      .output = list_output,
      .handle = list_policies,
      .note = "The customer's; AWS's own are not listed." },
    { .name = "TagPolicy", .flags = OPERATION_WRITES, .input = tag_input, .handle = tag_policy },
    { .name = "UntagPolicy",
      .flags = OPERATION_WRITES,
      .input = untag_input,
      .handle = untag_policy },
    { .name = "ListPolicyTags",
      .input = list_tags_input,
      .output = iam_tags_output,
      .handle = list_policy_tags },
    { .name = "ListEntitiesForPolicy",
      .input = list_entities_input,
      .output = list_entities_output,
      .handle = list_entities_for_policy,
      .note = "Only roles have policies here." },
    { 0 },
};
