/*
 * Tags of alarms, mute rules and dashboards (cloudwatch-api.md section 4.10).
 */
#include <string.h>

#include "alarms/fields.h"
#include "alarms/mute_rule.h"
#include "arn.h"
#include "cloudwatch/dashboard.h"
#include "xalloc.h"

enum kind { KIND_ALARM, KIND_MUTE_RULE, KIND_DASHBOARD };

/* What an ARN names, and its tags. */
struct tagged {
    enum kind kind;
    struct alarm_row alarm;
    struct mute_rule mute_rule;
    struct dashboard dashboard;
    const char *tags;
};

static bool find_alarm(struct call *call, const struct alarm_key *key, struct tagged *tagged)
{
    tagged->kind = KIND_ALARM;
    if (!alarm_row_find(call->store, key, &call->arena, &tagged->alarm))
        return false;
    tagged->tags = tagged->alarm.tags;
    return true;
}

static bool find_mute_rule(struct call *call, const struct alarm_key *key, struct tagged *tagged)
{
    tagged->kind = KIND_MUTE_RULE;
    if (!mute_rule_find(call->store, key, &call->arena, &tagged->mute_rule))
        return false;
    tagged->tags = tagged->mute_rule.tags;
    return true;
}

static bool find_dashboard(struct call *call, const struct alarm_key *key, struct tagged *tagged)
{
    tagged->kind = KIND_DASHBOARD;
    if (!dashboard_find(call->store, key->account, key->name, &call->arena, &tagged->dashboard))
        return false;
    tagged->tags = tagged->dashboard.tags;
    return true;
}

/* Dashboards are of no region. */
static bool find_named(struct call *call, const char *arn_text, struct tagged *tagged)
{
    static const struct {
        const char *prefix;
        bool has_region;
        bool (*find)(struct call *call, const struct alarm_key *key, struct tagged *tagged);
    } rows[] = { { "alarm:", true, find_alarm },
                 { "alarm-mute-rule:", true, find_mute_rule },
                 { "dashboard/", false, find_dashboard } };
    struct arn arn;
    struct alarm_key key = { call->account, call->region, NULL };
    if (!arn_parse(text_from(arn_text), &arn) || !text_equal(arn.service, "cloudwatch") ||
        !text_equal(arn.account, call->account))
        return false;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        key.name = arn.resource.data + strlen(rows[i].prefix);
        if (text_starts_with(arn.resource, rows[i].prefix))
            return text_equal(arn.region, rows[i].has_region ? call->region : "") &&
                   rows[i].find(call, &key, tagged);
    }
    return false;
}

static bool find_tagged(struct call *call, struct tagged *tagged)
{
    *tagged = (struct tagged){ 0 };
    return find_named(call, json_text(call->input, "ResourceARN", ""), tagged) ||
           error_set(&call->error, &ALARM_RESOURCE_NOT_FOUND, "Unknown");
}

static void save(struct call *call, struct tagged *tagged, const char *tags)
{
    switch (tagged->kind) {
    case KIND_ALARM:
        alarm_row_save_tags(call->store, &tagged->alarm.key, tags);
        break;
    case KIND_MUTE_RULE:
        tagged->mute_rule.tags = tags;
        mute_rule_save(call->store, &tagged->mute_rule);
        break;
    case KIND_DASHBOARD:
        dashboard_set_tags(call->store, call->account, tagged->dashboard.name, tags);
        break;
    }
}

static enum outcome tag_resource(struct call *call)
{
    struct tagged tagged;
    const char *tags;
    if (!find_tagged(call, &tagged) || !cloudwatch_read_tags(call, tagged.tags, &tags))
        return OUTCOME_FAULT;
    save(call, &tagged, tags);
    return OUTCOME_OK;
}

static enum outcome untag_resource(struct call *call)
{
    struct tagged tagged;
    const cJSON *key;
    if (!find_tagged(call, &tagged))
        return OUTCOME_FAULT;
    CLEANUP(json_deletep) cJSON *tags = json_parse(text_from(tagged.tags));
    cJSON_ArrayForEach(key, json_get(call->input, "TagKeys"))
        cJSON_DeleteItemFromObjectCaseSensitive(tags, key->valuestring);
    CLEANUP(freep) char *text = json_print(tags);
    save(call, &tagged, text);
    return OUTCOME_OK;
}

/* What was deleted, or never was, has no tags: no error. */
static enum outcome list_tags(struct call *call)
{
    struct tagged tagged = { 0 };
    cJSON *list = json_set_array(call_output(call), "Tags");
    if (!find_named(call, json_text(call->input, "ResourceARN", ""), &tagged))
        return OUTCOME_OK;
    CLEANUP(json_deletep) cJSON *tags = json_parse(text_from(tagged.tags));
    const cJSON *tag;
    cJSON_ArrayForEach(tag, tags)
    {
        cJSON *item = cJSON_CreateObject();
        json_set_text(item, "Key", tag->string);
        json_set_text(item, "Value", tag->valuestring);
        cJSON_AddItemToArray(list, item);
    }
    return OUTCOME_OK;
}

#define RESOURCE_ROW                                                                               \
    {                                                                                              \
        .name = "ResourceARN", .type = FIELD_STRING, .is_required = true,                          \
        .length = BETWEEN(1, 1024)                                                                 \
    }

static const struct field key_item = { .type = FIELD_STRING, .length = BETWEEN(1, 128) };
static const struct field tag_fields[] = {
    RESOURCE_ROW,
    { .name = "Tags", .type = FIELD_LIST, .is_required = true, .item = &cloudwatch_tag_item },
    { 0 },
};
static const struct field untag_fields[] = {
    RESOURCE_ROW,
    { .name = "TagKeys", .type = FIELD_LIST, .is_required = true, .item = &key_item },
    { 0 },
};
static const struct field list_fields[] = { RESOURCE_ROW, { 0 } };
static const struct field list_output[] = {
    { .name = "Tags", .type = FIELD_LIST, .item = &cloudwatch_tag_item },
    { 0 },
};
static const struct field empty_output[] = { { 0 } };

const struct operation alarm_tag_operations[] = {
    { .name = "TagResource",
      .flags = OPERATION_WRITES,
      .input = tag_fields,
      .output = empty_output,
      .handle = tag_resource,
      .note = "Alarms, mute rules and dashboards." },
    { .name = "UntagResource",
      .flags = OPERATION_WRITES,
      .input = untag_fields,
      .output = empty_output,
      .handle = untag_resource },
    { .name = "ListTagsForResource",
      .input = list_fields,
      .output = list_output,
      .handle = list_tags },
    { 0 },
};
