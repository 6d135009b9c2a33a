/*
 * The operations that change a role, and those on its tags.
 */
#include <strings.h>

#include "iam/faults.h"
#include "iam/iam.h"
#include "iam/role_handlers.h"
#include "iam/trust_policy.h"
#include "xalloc.h"

enum { PAGE_DEFAULT = 100, TAGS_MAX = 50 };

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
    iam_write_role(call, json_set_object(call_output(call), "Role"), &role);
    return update(call, &role);
}

/* Keys differ by more than their case. */
static cJSON *find_tag(cJSON *tags, const char *key)
{
    cJSON *tag;
    cJSON_ArrayForEach(tag, tags)
    {
        if (strcasecmp(json_text(tag, "Key", ""), key) == 0)
            return tag;
    }
    return NULL;
}

static enum outcome update_tags(struct call *call, struct role *role, const cJSON *tags)
{
    if (cJSON_GetArraySize(tags) > TAGS_MAX)
        return call_fault(call, &IAM_LIMIT_EXCEEDED, "Cannot exceed quota for TagsPerRole: %d",
                          TAGS_MAX);
    CLEANUP(freep) char *text = json_print(tags);
    role->tags = text;
    return update(call, role);
}

static enum outcome tag_role(struct call *call)
{
    struct role role;
    const cJSON *given;
    if (!get(call, &role))
        return OUTCOME_FAULT;
    CLEANUP(json_deletep) cJSON *tags = json_parse(text_from(role.tags));
    cJSON_ArrayForEach(given, json_get(call->input, "Tags"))
    {
        cJSON *present = find_tag(tags, json_text(given, "Key", ""));
        if (present)
            cJSON_ReplaceItemViaPointer(tags, present, cJSON_Duplicate(given, true));
        else
            cJSON_AddItemToArray(tags, cJSON_Duplicate(given, true));
    }
    return update_tags(call, &role, tags);
}

static enum outcome untag_role(struct call *call)
{
    struct role role;
    const cJSON *key;
    if (!get(call, &role))
        return OUTCOME_FAULT;
    CLEANUP(json_deletep) cJSON *tags = json_parse(text_from(role.tags));
    cJSON_ArrayForEach(key, json_get(call->input, "TagKeys"))
    {
        cJSON *present = find_tag(tags, key->valuestring);
        if (present)
            cJSON_Delete(cJSON_DetachItemViaPointer(tags, present));
    }
    return update_tags(call, &role, tags);
}

/* A page begins with the tag behind the one that Marker names. */
static enum outcome list_role_tags(struct call *call)
{
    const char *after;
    struct role role;
    if (!iam_read_marker(call, &after) || !get(call, &role))
        return OUTCOME_FAULT;
    CLEANUP(json_deletep) cJSON *tags = json_parse(text_from(role.tags));
    const cJSON *last = find_tag(tags, after);
    const cJSON *tag = last ? last->next : cJSON_GetArrayItem(tags, 0);
    cJSON *list = json_set_array(call_output(call), "Tags");
    for (int64_t left = json_int(call->input, "MaxItems", PAGE_DEFAULT); tag && left > 0; left--) {
        cJSON_AddItemToArray(list, cJSON_Duplicate(tag, true));
        after = arena_copy(&call->arena, text_from(json_text(tag, "Key", "")));
        tag = tag->next;
    }
    iam_write_marker(call, after, tag != NULL);
    return OUTCOME_OK;
}

#define DESCRIPTION .name = "Description", .type = FIELD_STRING, .length = BETWEEN(0, 1000)

static const struct field assume_input[] = {
    ROLE_NAME_FIELD,
    { .name = "PolicyDocument",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 131072) },
    { 0 },
};
static const struct field update_input[] = {
    ROLE_NAME_FIELD,
    { DESCRIPTION },
    { .name = "MaxSessionDuration", .type = FIELD_INTEGER, .range = BETWEEN(3600, 43200) },
    { 0 },
};
static const struct field description_input[] = {
    ROLE_NAME_FIELD,
    { DESCRIPTION, .is_required = true },
    { 0 },
};
static const struct field tag_input[] = {
    ROLE_NAME_FIELD,
    { .name = "Tags",
      .type = FIELD_LIST,
      .is_required = true,
      .length = BETWEEN(0, TAGS_MAX),
      .item = &iam_tag_item },
    { 0 },
};
static const struct field key_item = { .type = FIELD_STRING, .length = BETWEEN(1, 128) };
static const struct field untag_input[] = {
    ROLE_NAME_FIELD,
    { .name = "TagKeys",
      .type = FIELD_LIST,
      .is_required = true,
      .length = BETWEEN(0, TAGS_MAX),
      .item = &key_item },
    { 0 },
};
static const struct field list_tags_input[] = {
    ROLE_NAME_FIELD,
    { .name = "Marker", .type = FIELD_STRING },
    { .name = "MaxItems", .type = FIELD_INTEGER, .range = BETWEEN(1, 1000) },
    { 0 },
};
static const struct field list_tags_output[] = {
    { .name = "Tags", .type = FIELD_LIST, .item = &iam_tag_item },
    { .name = "IsTruncated", .type = FIELD_BOOLEAN },
    { .name = "Marker", .type = FIELD_STRING },
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
    { .name = "TagRole", .flags = OPERATION_WRITES, .input = tag_input, .handle = tag_role },
    { .name = "UntagRole", .flags = OPERATION_WRITES, .input = untag_input, .handle = untag_role },
    { .name = "ListRoleTags",
      .input = list_tags_input,
      .output = list_tags_output,
      .handle = list_role_tags },
    { 0 },
};
