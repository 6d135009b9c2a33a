/*
 * PutCompositeAlarm (cloudwatch-api.md section 4.9).
 */
#include <ctype.h>
#include <string.h>

#include "alarms/composite.h"
#include "alarms/fields.h"
#include "arn.h"
#include "buffer.h"
#include "cloudwatch/faults.h"

enum { PARENTS_MAX = 150 };

/* AWS names those that are lacking by their ARNs, also where the rule has names. */
static bool check_children(struct call *call, const struct alarm_key *key,
                           const struct alarm_rule *rule)
{
    struct buffer missing = { 0 };
    for (size_t i = 0; i < rule->child_count; i++) {
        const char *child = alarm_name_of(key, rule->children[i]);
        if (child && strcmp(child, key->name) == 0)
            return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                             "A composite alarm cannot have a child relation with itself via its "
                             "AlarmRule, as it would introduce a circular dependency");
    }
    for (size_t i = 0; i < rule->child_count; i++) {
        struct alarm_row row;
        struct alarm_key child = *key;
        child.name = alarm_name_of(key, rule->children[i]);
        if (child.name && alarm_row_find(call->store, &child, &call->arena, &row))
            continue;
        buffer_add_format(&missing, "%s%s", missing.size ? ", " : "",
                          child.name ? alarm_arn(&call->arena, &child) : rule->children[i]);
    }
    if (!missing.size)
        return true;
    error_set(&call->error, &CLOUDWATCH_VALIDATION,
              "Could not save the composite alarm as alarms [%s] in the alarm rule do not exist",
              missing.data);
    buffer_clear(&missing);
    return false;
}

/* AWS's sentence for this limit is not recorded: it is like that of the other ones of alarms. */
static bool check_parents(struct call *call, const struct alarm_key *key,
                          const struct alarm_rule *rule)
{
    for (size_t i = 0; i < rule->child_count; i++) {
        struct alarm_key child = *key;
        child.name = alarm_name_of(key, rule->children[i]);
        if (alarm_composite_count_parents(alarms_of(call), &child, key) >= PARENTS_MAX)
            return error_set(&call->error, &ALARM_LIMIT_EXCEEDED,
                             "The maximum of %d composite alarms that include the alarm %s has "
                             "been reached",
                             PARENTS_MAX, child.name);
    }
    return true;
}

static bool check_rule(struct call *call, const struct alarm_key *key)
{
    struct alarm_rule rule;
    struct text text = text_from(json_text(call->input, "AlarmRule", ""));
    if (text.size == 0 || isspace((unsigned char)text.data[0]) ||
        isspace((unsigned char)text.data[text.size - 1]))
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "AlarmRule must not contain leading or trailing whitespace or be null");
    if (!alarm_rule_parse(text, &CLOUDWATCH_VALIDATION, &rule, &call->error))
        return false;
    bool is_good = check_children(call, key, &rule) && check_parents(call, key, &rule);
    alarm_rule_clear(&rule);
    return is_good;
}

static bool is_alarm_arn(const char *text)
{
    struct arn arn;
    return arn_parse(text_from(text), &arn) && text_equal(arn.service, "cloudwatch") &&
           text_starts_with(arn.resource, "alarm:");
}

static bool check_suppressor(struct call *call, const struct alarm_key *key)
{
    struct alarm_row row;
    struct alarm_key suppressor = *key;
    const char *name = json_text(call->input, "ActionsSuppressor", NULL);
    bool has_wait = json_get(call->input, "ActionsSuppressorWaitPeriod") != NULL;
    bool has_extension = json_get(call->input, "ActionsSuppressorExtensionPeriod") != NULL;
    if (!name)
        return (!has_wait && !has_extension) ||
               error_set(&call->error, &CLOUDWATCH_VALIDATION, "%s requires an ActionSuppressor",
                         has_wait ? "ActionsSuppressorWaitPeriod"
                                  : "ActionsSuppressorExtensionPeriod");
    if (!has_wait || !has_extension)
        return error_set(&call->error, &CLOUDWATCH_VALIDATION, "%s must not be null",
                         has_wait ? "ActionsSuppressorExtensionPeriod"
                                  : "ActionsSuppressorWaitPeriod");
    if (text_starts_with(text_from(name), "arn:") && !is_alarm_arn(name))
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "ActionsSuppressor must be a valid CloudWatch Alarm ARN or an Alarm name");
    suppressor.name = alarm_name_of(key, name);
    return (suppressor.name && alarm_row_find(call->store, &suppressor, &call->arena, &row)) ||
           error_set(&call->error, &CLOUDWATCH_VALIDATION,
                     "Could not save the composite alarm as the actions suppressor %s does not "
                     "exist",
                     name);
}

static enum outcome put_composite_alarm(struct call *call)
{
    static const char *const left_out[] = { "AlarmName", "Tags", NULL };
    struct alarm_key key = alarm_key_of(call, "AlarmName");
    const char *tags;
    if (!alarm_check_action_configuration(call) || !check_rule(call, &key) ||
        !check_suppressor(call, &key) || !alarm_check_actions(call, true) ||
        !cloudwatch_read_tags(call, NULL, &tags) || !alarm_check_place(call, &key, true))
        return OUTCOME_FAULT;
    alarm_put(call, &key, true, alarm_take_configuration(call, left_out), tags);
    return OUTCOME_OK;
}

static const struct field put_composite_fields[] = {
    { .name = "ActionsEnabled", .type = FIELD_BOOLEAN },
    ALARM_ACTION_ROWS,
    { .name = "AlarmDescription", .type = FIELD_STRING, .length = BETWEEN(0, 1024) },
    ALARM_NAME_ROW,
    { .name = "AlarmRule", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 10240) },
    ALARM_TAGS_ROW,
    { .name = "ActionsSuppressor", .type = FIELD_STRING, .length = BETWEEN(1, 1600) },
    { .name = "ActionsSuppressorWaitPeriod", .type = FIELD_INTEGER, .range = AT_LEAST(0) },
    { .name = "ActionsSuppressorExtensionPeriod", .type = FIELD_INTEGER, .range = AT_LEAST(0) },
    ALARM_ACTION_CONFIGURATION_ROW,
    { 0 },
};

const struct operation alarm_composite_operations[] = {
    { .name = "PutCompositeAlarm",
      .flags = OPERATION_WRITES,
      .input = put_composite_fields,
      .handle = put_composite_alarm,
      .note = "Tags in notifications (ActionConfiguration) are refused." },
    { 0 },
};
