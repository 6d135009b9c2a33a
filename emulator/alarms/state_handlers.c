/*
 * What is done to an alarm by hand: its state, its actions' switch, its end (cloudwatch-api.md
 * section 4.3).
 */
#include <string.h>

#include "alarms/configuration.h"
#include "alarms/fields.h"
#include "alarms/history.h"
#include "alarms/transition.h"
#include "buffer.h"
#include "clock.h"
#include "cloudwatch/faults.h"
#include "xalloc.h"

static enum outcome set_alarm_state(struct call *call)
{
    struct alarm_row row;
    struct alarm_key key = alarm_key_of(call, "AlarmName");
    const char *data = json_text(call->input, "StateReasonData", NULL);
    struct alarm_change change = { .reason = json_text(call->input, "StateReason", ""),
                                   .reason_data = data };
    struct json_fault fault;
    if (!alarm_row_find(call->store, &key, &call->arena, &row)) {
        error_set_silent(&call->error, &ALARM_NOT_FOUND);
        return OUTCOME_FAULT;
    }
    if (data && !json_check(text_from(data), &fault))
        return call_fault(call, &ALARM_INVALID_FORMAT, "StateReasonData was not valid JSON");
    if (!alarm_state_parse(json_text(call->input, "StateValue", ""), &change.state))
        return OUTCOME_FAULT;
    alarm_change_state(alarms_of(call), &row, &change, &call->arena);
    return OUTCOME_OK;
}

/* Names that no alarm has are passed over. Enabling runs nothing for the state already held. */
static enum outcome switch_actions(struct call *call, bool are_enabled)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, json_get(call->input, "AlarmNames"))
    {
        const struct alarm_key key = { call->account, call->region, name->valuestring };
        struct alarm_row before;
        if (!alarm_row_find(call->store, &key, &call->arena, &before))
            continue;
        struct alarm_row row = before;
        CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(row.configuration));
        if (json_bool(configuration, "ActionsEnabled", true) == are_enabled)
            continue;
        cJSON_DeleteItemFromObjectCaseSensitive(configuration, "ActionsEnabled");
        json_set_bool(configuration, "ActionsEnabled", are_enabled);
        CLEANUP(freep) char *text = json_print(configuration);
        row.configuration = text;
        row.configured_ms = clock_now_ms();
        alarm_row_save(call->store, &row);
        alarm_history_add_configuration(call->store, &before, &row, row.configured_ms);
        alarms_note(alarms_of(call), &key, ALARM_NEWS_OTHER);
    }
    return OUTCOME_OK;
}

static enum outcome enable_actions(struct call *call)
{
    return switch_actions(call, true);
}

static enum outcome disable_actions(struct call *call)
{
    return switch_actions(call, false);
}

/* What the composite's rule names. */
static void add_children(struct map *children, const struct alarm_row *composite)
{
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(composite->configuration));
    struct alarm_rule rule;
    alarm_read_rule(configuration, &rule);
    for (size_t i = 0; i < rule.child_count; i++) {
        const char *name = alarm_name_of(&composite->key, rule.children[i]);
        if (name && !map_find(children, name))
            map_set(children, name, children);
    }
    alarm_rule_clear(&rule);
}

/* No composite depends on those that go: from the rows, for the plan may lag behind them. */
static bool check_parents(struct call *call, const cJSON *names)
{
    struct alarm_row row = { .key = { call->account, call->region, "" } };
    struct map children = { 0 };
    struct buffer needed = { 0 };
    size_t count = 0;
    const cJSON *name;
    while (alarm_row_next_composite(call->store, &row.key, &call->arena, &row))
        if (!alarm_is_listed(names, row.key.name))
            add_children(&children, &row);
    cJSON_ArrayForEach(name, names)
    {
        const struct alarm_key key = { call->account, call->region, name->valuestring };
        if (map_remove(&children, key.name) &&
            alarm_row_find(call->store, &key, &call->arena, &row))
            buffer_add_format(&needed, "%s%s", count++ ? "," : "", name->valuestring);
    }
    map_clear(&children, NULL);
    if (count == 0)
        return true;
    error_set(&call->error, &CLOUDWATCH_VALIDATION,
              "Cannot delete %s as there are composite alarm(s) depending on %s.", needed.data,
              count == 1 ? "it" : "them");
    buffer_clear(&needed);
    return false;
}

/* Names that no alarm has are passed over. */
static bool check_deletion(struct call *call, const cJSON *names)
{
    int composites = 0;
    const cJSON *name;
    cJSON_ArrayForEach(name, names)
    {
        const struct alarm_key key = { call->account, call->region, name->valuestring };
        struct alarm_row row;
        composites += alarm_row_find(call->store, &key, &call->arena, &row) && row.is_composite;
    }
    return composites > 1 ? error_set(&call->error, &CLOUDWATCH_VALIDATION,
                                      "Only one composite alarm can be deleted in one call")
                          : check_parents(call, names);
}

static enum outcome delete_alarms(struct call *call)
{
    const cJSON *name;
    const cJSON *names = json_get(call->input, "AlarmNames");
    if (!check_deletion(call, names))
        return OUTCOME_FAULT;
    cJSON_ArrayForEach(name, names)
    {
        const struct alarm_key key = { call->account, call->region, name->valuestring };
        struct alarm_row row;
        if (!alarm_row_find(call->store, &key, &call->arena, &row))
            continue;
        alarm_row_delete(call->store, &key);
        alarm_history_add_configuration(call->store, &row, NULL, clock_now_ms());
        alarms_note(alarms_of(call), &key, ALARM_NEWS_OTHER);
    }
    return OUTCOME_OK;
}

static const struct field set_state_fields[] = {
    ALARM_NAME_ROW,
    { .name = "StateValue",
      .type = FIELD_STRING,
      .is_required = true,
      .values = alarm_state_values },
    { .name = "StateReason",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(0, 1023) },
    { .name = "StateReasonData", .type = FIELD_STRING, .length = BETWEEN(0, 4000) },
    { 0 },
};
static const struct field names_fields[] = {
    { .name = "AlarmNames",
      .type = FIELD_LIST,
      .is_required = true,
      .length = BETWEEN(0, 100),
      .item = &alarm_name_item },
    { 0 },
};

const struct operation alarm_state_operations[] = {
    { .name = "SetAlarmState",
      .flags = OPERATION_WRITES,
      .input = set_state_fields,
      .handle = set_alarm_state,
      .note = "A metric alarm goes back to its real state at the next whole minute." },
    { .name = "EnableAlarmActions",
      .flags = OPERATION_WRITES,
      .input = names_fields,
      .handle = enable_actions },
    { .name = "DisableAlarmActions",
      .flags = OPERATION_WRITES,
      .input = names_fields,
      .handle = disable_actions },
    { .name = "DeleteAlarms",
      .flags = OPERATION_WRITES,
      .input = names_fields,
      .handle = delete_alarms },
    { 0 },
};
