/*
 * The mute rule operations: at a rule's times, the alarms it names run no actions.
 */
#include <string.h>

#include "alarms/fields.h"
#include "alarms/mute_rule.h"
#include "alarms/mute_schedule.h"
#include "clock.h"
#include "cloudwatch/faults.h"

enum { PAGE_DEFAULT = 50, MS_PER_SECOND = 1000, RULES_MAX = 1000 };

static bool check_schedule(struct call *call)
{
    struct mute_schedule schedule;
    struct time_zone zone;
    const cJSON *given = json_get(json_get(call->input, "Rule"), "Schedule");
    const char *expression = json_text(given, "Expression", "");
    const char *duration = json_text(given, "Duration", "");
    const char *name = json_text(given, "Timezone", "UTC");
    if (!mute_schedule_parse(expression, &schedule))
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "Invalid schedule expression: %s. It must be cron(Minutes Hours "
                         "Day-of-month Month Day-of-week) or at(yyyy-MM-ddThh:mm)",
                         expression);
    if (!mute_duration_parse(duration, &schedule.duration_ms))
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "Invalid duration: %s. It must be an ISO 8601 duration from PT1M to P15D",
                         duration);
    if (!time_zone_load(name, &zone))
        return error_set(&call->error, &CLOUDWATCH_VALIDATION, "Invalid timezone: %s", name);
    time_zone_clear(&zone);
    return true;
}

static bool check_targets(struct call *call)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, json_get(json_get(call->input, "MuteTargets"), "AlarmNames"))
    {
        const struct alarm_key key = { call->account, call->region, name->valuestring };
        struct alarm_row row;
        if (!alarm_row_find(call->store, &key, &call->arena, &row))
            return error_set(&call->error, &CLOUDWATCH_VALIDATION, "Alarm %s does not exist",
                             name->valuestring);
    }
    return true;
}

/* Whatever waits for the end of a mute looks whether it must still wait. */
static void tell_alarms(struct call *call)
{
    struct alarm_row row = { .key.name = "" };
    while (
        alarm_row_next(call->store, call->account, call->region, row.key.name, &call->arena, &row))
        if (row.withheld)
            alarms_note(alarms_of(call), &row.key, ALARM_NEWS_MUTE);
}

static enum outcome put_mute_rule(struct call *call)
{
    static const char *const left_out[] = { "Name", "Tags", NULL };
    struct mute_rule before;
    struct mute_rule rule = { .key = alarm_key_of(call, "Name"), .updated_ms = clock_now_ms() };
    if (!check_schedule(call) || !check_targets(call) ||
        !cloudwatch_read_tags(call, NULL, &rule.tags))
        return OUTCOME_FAULT;
    if (mute_rule_find(call->store, &rule.key, &call->arena, &before))
        rule.tags = before.tags;
    else if (mute_rule_count(call->store, call->account, call->region) >= RULES_MAX)
        return call_fault(call, &ALARM_LIMIT_EXCEEDED,
                          "The maximum of %d alarm mute rules has been reached", RULES_MAX);
    rule.configuration = alarm_take_configuration(call, left_out);
    mute_rule_save(call->store, &rule);
    tell_alarms(call);
    return OUTCOME_OK;
}

static void write_common(struct call *call, cJSON *output, const struct mute_rule *rule,
                         const cJSON *configuration)
{
    const cJSON *schedule = json_get(json_get(configuration, "Rule"), "Schedule");
    const char *expression = json_text(schedule, "Expression", "");
    json_set_text(output, "AlarmMuteRuleArn", mute_rule_arn(&call->arena, &rule->key));
    json_set_text(output, "Status", mute_rule_status(configuration, clock_now_ms()));
    json_set_text(output, "MuteType",
                  text_starts_with(text_from(expression), "at(") ? "ONE_TIME" : "RECURRING");
    json_set_double(output, "LastUpdatedTimestamp", (double)rule->updated_ms / MS_PER_SECOND);
    if (json_get(configuration, "ExpireDate"))
        json_set_double(output, "ExpireDate", json_double(configuration, "ExpireDate", 0));
}

static enum outcome get_mute_rule(struct call *call)
{
    static const char *const members[] = { "Description", "Rule", "MuteTargets", "StartDate" };
    struct mute_rule rule;
    struct alarm_key key = alarm_key_of(call, "AlarmMuteRuleName");
    if (!mute_rule_find(call->store, &key, &call->arena, &rule))
        return call_fault(call, &ALARM_RESOURCE_NOT_FOUND, "Alarm mute rule %s does not exist",
                          key.name);
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(rule.configuration));
    json_set_text(call_output(call), "Name", rule.key.name);
    for (size_t i = 0; i < COUNT_OF(members); i++)
        if (json_get(configuration, members[i]))
            json_set(call_output(call), members[i],
                     cJSON_Duplicate(json_get(configuration, members[i]), true));
    write_common(call, call_output(call), &rule, configuration);
    return OUTCOME_OK;
}

static bool is_wanted(const struct call *call, const cJSON *configuration)
{
    const char *alarm = json_text(call->input, "AlarmName", NULL);
    const cJSON *statuses = json_get(call->input, "Statuses");
    const cJSON *status;
    bool has_status = !statuses || !statuses->child;
    cJSON_ArrayForEach(status, statuses) has_status |=
        strcmp(status->valuestring, mute_rule_status(configuration, clock_now_ms())) == 0;
    return has_status && (!alarm || mute_rule_targets(configuration, alarm));
}

static enum outcome list_mute_rules(struct call *call)
{
    struct mute_rule rule;
    struct alarm_key after = { call->account, call->region, NULL };
    int64_t left = json_int(call->input, "MaxRecords", PAGE_DEFAULT);
    cJSON *list = json_set_array(call_output(call), "AlarmMuteRuleSummaries");
    if (!alarm_page_begin(call, &after.name))
        return OUTCOME_FAULT;
    while (mute_rule_next(call->store, &after, &call->arena, &rule)) {
        CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(rule.configuration));
        bool wanted = is_wanted(call, configuration);
        if (wanted && left-- == 0) {
            alarm_page_end(call, after.name);
            break;
        }
        after.name = rule.key.name;
        if (!wanted)
            continue;
        cJSON *item = cJSON_CreateObject();
        write_common(call, item, &rule, configuration);
        cJSON_AddItemToArray(list, item);
    }
    return OUTCOME_OK;
}

static enum outcome delete_mute_rule(struct call *call)
{
    struct alarm_key key = alarm_key_of(call, "AlarmMuteRuleName");
    mute_rule_delete(call->store, &key);
    tell_alarms(call);
    return OUTCOME_OK;
}

static const struct field schedule_fields[] = {
    { .name = "Expression", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 256) },
    { .name = "Duration", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 50) },
    { .name = "Timezone", .type = FIELD_STRING, .length = BETWEEN(1, 50) },
    { 0 },
};
static const struct field rule_fields[] = {
    { .name = "Schedule",
      .type = FIELD_STRUCTURE,
      .is_required = true,
      .members = schedule_fields },
    { 0 },
};
static const struct field target_fields[] = {
    { .name = "AlarmNames",
      .type = FIELD_LIST,
      .is_required = true,
      .length = BETWEEN(0, 100),
      .item = &alarm_name_item },
    { 0 },
};

#define RULE_ROWS                                                                                  \
    { .name = "Description", .type = FIELD_STRING, .length = BETWEEN(0, 1024) },                   \
        { .name = "Rule", .type = FIELD_STRUCTURE, .members = rule_fields, .is_required = true },  \
        { .name = "MuteTargets", .type = FIELD_STRUCTURE, .members = target_fields },              \
        { .name = "StartDate", .type = FIELD_TIMESTAMP },                                          \
    {                                                                                              \
        .name = "ExpireDate", .type = FIELD_TIMESTAMP                                              \
    }

static const struct field put_fields[] = {
    { .name = "Name", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 255) },
    RULE_ROWS,
    ALARM_TAGS_ROW,
    { 0 },
};
static const struct field name_fields[] = {
    { .name = "AlarmMuteRuleName",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 255) },
    { 0 },
};
#define STATUS_ROWS                                                                                \
    { .name = "Status", .type = FIELD_STRING },                                                    \
        { .name = "LastUpdatedTimestamp", .type = FIELD_TIMESTAMP, .is_milliseconds = true },      \
    {                                                                                              \
        .name = "MuteType", .type = FIELD_STRING                                                   \
    }

static const struct field get_output[] = {
    { .name = "Name", .type = FIELD_STRING },
    { .name = "AlarmMuteRuleArn", .type = FIELD_STRING },
    RULE_ROWS,
    STATUS_ROWS,
    { 0 },
};
static const struct field summary_fields[] = {
    { .name = "AlarmMuteRuleArn", .type = FIELD_STRING },
    { .name = "ExpireDate", .type = FIELD_TIMESTAMP },
    STATUS_ROWS,
    { 0 },
};
static const struct field summary_item = { .type = FIELD_STRUCTURE, .members = summary_fields };
static const char *const statuses_values[] = { "SCHEDULED", "ACTIVE", "EXPIRED", NULL };
static const struct field status_item = { .type = FIELD_STRING, .values = statuses_values };
static const struct field list_fields[] = {
    { .name = "AlarmName", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "Statuses", .type = FIELD_LIST, .item = &status_item },
    { .name = "MaxRecords", .type = FIELD_INTEGER, .range = BETWEEN(1, 100) },
    { .name = "NextToken", .type = FIELD_STRING },
    { 0 },
};
static const struct field list_output[] = {
    { .name = "AlarmMuteRuleSummaries", .type = FIELD_LIST, .item = &summary_item },
    { .name = "NextToken", .type = FIELD_STRING },
    { 0 },
};

const struct operation alarm_mute_rule_operations[] = {
    { .name = "PutAlarmMuteRule",
      .flags = OPERATION_WRITES,
      .input = put_fields,
      .handle = put_mute_rule,
      .note = "Time zones are the machine's (tzdata)." },
    { .name = "GetAlarmMuteRule",
      .input = name_fields,
      .output = get_output,
      .handle = get_mute_rule },
    { .name = "ListAlarmMuteRules",
      .input = list_fields,
      .output = list_output,
      .handle = list_mute_rules },
    { .name = "DeleteAlarmMuteRule",
      .flags = OPERATION_WRITES,
      .input = name_fields,
      .handle = delete_mute_rule },
    { 0 },
};
