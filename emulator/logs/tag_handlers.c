/*
 * TagResource and its older sister TagLogGroup; so for Untag and List.
 */
#include <stdlib.h>

#include "arn.h"
#include "logs/faults.h"
#include "logs/handlers.h"
#include "logs/tags.h"

#define TAG_PATTERN "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+)"

const struct field logs_tag_key = { .type = FIELD_STRING,
                                    .length = BETWEEN(1, 128),
                                    .pattern = "^" TAG_PATTERN "$" };
const struct field logs_tag_value = { .type = FIELD_STRING,
                                      .length = BETWEEN(0, 256),
                                      .pattern = "^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$" };

const char *tags_print(struct call *call, const cJSON *tags)
{
    if (!tags)
        return "{}";
    char *text = json_print(tags);
    const char *kept = arena_copy(&call->arena, text_from(text));
    free(text);
    return kept;
}

/* The group that logGroupName or resourceArn names. */
static bool read_group(struct call *call, struct log_group *group_out)
{
    const char *resource = json_text(call->input, "resourceArn", NULL);
    if (!resource)
        return group_read(call, group_out);
    return group_check_arn(call, resource) &&
           (group_find_named(call, resource, group_out) ||
            error_set(&call->error, &LOGS_NOT_FOUND, "The specified resource does not exist."));
}

static enum outcome tag(struct call *call)
{
    struct log_group group = { 0 };
    const cJSON *added;
    if (!read_group(call, &group))
        return OUTCOME_FAULT;
    CLEANUP(json_deletep) cJSON *tags = json_parse(text_from(group.tags));
    cJSON_ArrayForEach(added, json_get(call->input, "tags"))
    {
        cJSON_DeleteItemFromObjectCaseSensitive(tags, added->string);
        json_set(tags, added->string, cJSON_Duplicate(added, true));
    }
    if (cJSON_GetArraySize(tags) > TAGS_MAX)
        return call_fault(call, &LOGS_TOO_MANY_TAGS, "A resource can have no more than %d tags.",
                          TAGS_MAX);
    group_set_tags(call->store, group.id, tags_print(call, tags));
    return OUTCOME_OK;
}

static enum outcome untag(struct call *call)
{
    struct log_group group = { 0 };
    const cJSON *key;
    const cJSON *keys = json_get(call->input, "tagKeys");
    keys = keys ? keys : json_get(call->input, "tags");
    if (!read_group(call, &group))
        return OUTCOME_FAULT;
    CLEANUP(json_deletep) cJSON *tags = json_parse(text_from(group.tags));
    cJSON_ArrayForEach(key, keys) cJSON_DeleteItemFromObjectCaseSensitive(tags, key->valuestring);
    group_set_tags(call->store, group.id, tags_print(call, tags));
    return OUTCOME_OK;
}

static enum outcome list_tags(struct call *call)
{
    struct log_group group = { 0 };
    if (!read_group(call, &group))
        return OUTCOME_FAULT;
    json_set(call_output(call), "tags", json_parse(text_from(group.tags)));
    return OUTCOME_OK;
}

#define ARN_ROW                                                                                    \
    {                                                                                              \
        .name = "resourceArn", .type = FIELD_STRING, .is_required = true,                          \
        .length = BETWEEN(1, 1011), .pattern = "[\\w+=/:,.@-]*"                                    \
    }

static const struct field tag_resource_fields[] = { ARN_ROW, TAGS_ROW(true), { 0 } };
static const struct field untag_resource_fields[] = {
    ARN_ROW,
    { .name = "tagKeys",
      .type = FIELD_LIST,
      .is_required = true,
      .length = BETWEEN(0, TAGS_MAX),
      .item = &logs_tag_key },
    { 0 },
};
static const struct field list_resource_fields[] = { ARN_ROW, { 0 } };
static const struct field tag_group_fields[] = { GROUP_NAME_ROW(true), TAGS_ROW(true), { 0 } };
static const struct field untag_group_fields[] = {
    GROUP_NAME_ROW(true),
    { .name = "tags",
      .type = FIELD_LIST,
      .is_required = true,
      .length = AT_LEAST(1),
      .item = &logs_tag_key },
    { 0 },
};
static const struct field list_group_fields[] = { GROUP_NAME_ROW(true), { 0 } };

const struct operation log_tag_operations[] = {
    { .name = "TagResource",
      .flags = OPERATION_WRITES,
      .input = tag_resource_fields,
      .handle = tag },
    { .name = "UntagResource",
      .flags = OPERATION_WRITES,
      .input = untag_resource_fields,
      .handle = untag },
    { .name = "ListTagsForResource", .input = list_resource_fields, .handle = list_tags },
    { .name = "TagLogGroup", .flags = OPERATION_WRITES, .input = tag_group_fields, .handle = tag },
    { .name = "UntagLogGroup",
      .flags = OPERATION_WRITES,
      .input = untag_group_fields,
      .handle = untag },
    { .name = "ListTagsLogGroup", .input = list_group_fields, .handle = list_tags },
    { 0 },
};
