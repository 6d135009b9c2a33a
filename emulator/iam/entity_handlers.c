#include "iam/entity_handlers.h"

#include <strings.h>

#include "iam/faults.h"
#include "operation/page.h"
#include "url.h"
#include "xalloc.h"

enum { PAGE_DEFAULT = 100, TAGS_MAX = 50 };

bool iam_begin_page(struct call *call, const char **after_out, int64_t *left_out)
{
    *left_out = json_int(call->input, "MaxItems", PAGE_DEFAULT);
    return page_begin(call, "Marker", after_out) ||
           error_set(&call->error, &IAM_VALIDATION, "Invalid Marker.");
}

void iam_end_page(struct call *call, const char *last, bool is_truncated)
{
    json_set_bool(call_output(call), "IsTruncated", is_truncated);
    if (is_truncated)
        page_end(call, "Marker", last);
}

static cJSON *find_tag(const cJSON *tags, const char *key)
{
    cJSON *tag;
    cJSON_ArrayForEach(tag, tags)
    {
        if (strcasecmp(json_text(tag, "Key", ""), key) == 0)
            return tag;
    }
    return NULL;
}

static bool check_given_tags(const cJSON *given, struct error *error)
{
    const cJSON *tag;
    cJSON_ArrayForEach(tag, given)
    {
        if (find_tag(given, json_text(tag, "Key", "")) != tag)
            return error_set(error, &IAM_INVALID_INPUT,
                             "Duplicate tag keys found. Please note that Tag keys are case "
                             "insensitive.");
    }
    return true;
}

static const char *print_tags(struct call *call, const cJSON *tags)
{
    CLEANUP(freep) char *text = json_print(tags);
    return arena_copy(&call->arena, text_from(text));
}

const char *iam_add_tags(struct call *call, const char *present, const char *quota)
{
    const cJSON *given = json_get(call->input, "Tags");
    if (!check_given_tags(given, &call->error))
        return NULL;
    CLEANUP(json_deletep) cJSON *tags = json_parse(text_from(present));
    const cJSON *tag;
    cJSON_ArrayForEach(tag, given)
    {
        cJSON *old = find_tag(tags, json_text(tag, "Key", ""));
        if (old)
            cJSON_ReplaceItemViaPointer(tags, old, cJSON_Duplicate(tag, true));
        else
            cJSON_AddItemToArray(tags, cJSON_Duplicate(tag, true));
    }
    if (cJSON_GetArraySize(tags) <= TAGS_MAX)
        return print_tags(call, tags);
    error_set(&call->error, &IAM_LIMIT_EXCEEDED, "Cannot exceed quota for %s: %d", quota, TAGS_MAX);
    return NULL;
}

const char *iam_remove_tags(struct call *call, const char *present)
{
    CLEANUP(json_deletep) cJSON *tags = json_parse(text_from(present));
    const cJSON *key;
    cJSON_ArrayForEach(key, json_get(call->input, "TagKeys"))
    {
        cJSON *tag = find_tag(tags, key->valuestring);
        if (tag)
            cJSON_Delete(cJSON_DetachItemViaPointer(tags, tag));
    }
    return print_tags(call, tags);
}

/* A page begins with the tag behind the one that Marker names. */
enum outcome iam_list_tags(struct call *call, const char *present)
{
    const char *after;
    int64_t left;
    if (!iam_begin_page(call, &after, &left))
        return OUTCOME_FAULT;
    CLEANUP(json_deletep) cJSON *tags = json_parse(text_from(present));
    const cJSON *last = find_tag(tags, after);
    const cJSON *tag = last ? last->next : cJSON_GetArrayItem(tags, 0);
    cJSON *list = json_set_array(call_output(call), "Tags");
    for (; tag && left > 0; left--) {
        cJSON_AddItemToArray(list, cJSON_Duplicate(tag, true));
        after = arena_copy(&call->arena, text_from(json_text(tag, "Key", "")));
        tag = tag->next;
    }
    iam_end_page(call, after, tag != NULL);
    return OUTCOME_OK;
}

void iam_write_tags(cJSON *output, const char *present)
{
    cJSON *tags = json_parse(text_from(present));
    if (tags && tags->child)
        json_set(output, "Tags", tags);
    else
        cJSON_Delete(tags);
}

bool iam_check_partition(struct call *call, const struct arn *arn)
{
    return text_equal(arn->partition, arn_partition(call->region)) ||
           error_set(&call->error, &IAM_VALIDATION, "Invalid ARN partition");
}

void iam_write_document(cJSON *output, const char *name, const char *document)
{
    CLEANUP(buffer_clear) struct buffer encoded = { 0 };
    url_encode(&encoded, text_from(document), false);
    json_set_text(output, name, buffer_text(&encoded).data);
}

static const struct field tag_fields[] = {
    { .name = "Key", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 128) },
    { .name = "Value", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(0, 256) },
    { 0 },
};
const struct field iam_tag_item = { .type = FIELD_STRUCTURE, .members = tag_fields };
const struct field iam_tag_key_item = { .type = FIELD_STRING, .length = BETWEEN(1, 128) };
const struct field iam_string_item = { .type = FIELD_STRING };

const struct field iam_tags_output[] = {
    { .name = "Tags", .type = FIELD_LIST, .item = &iam_tag_item },
    IS_TRUNCATED_FIELD,
    MARKER_FIELD,
    { 0 },
};
