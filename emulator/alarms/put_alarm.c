/*
 * What PutMetricAlarm and PutCompositeAlarm have in common: actions, tags, the row.
 */
#include <stdlib.h>
#include <string.h>

#include "alarms/actions.h"
#include "alarms/fields.h"
#include "alarms/history.h"
#include "arn.h"
#include "clock.h"
#include "cloudwatch/faults.h"
#include "operation/page.h"
#include "xalloc.h"

enum { ALARMS_MAX = 5000, MS_PER_SECOND = 1000 };

struct alarm_key alarm_key_of(const struct call *call, const char *member)
{
    return (struct alarm_key){ call->account, call->region, json_text(call->input, member, "") };
}

const char *alarm_take_configuration(struct call *call, const char *const *left_out)
{
    CLEANUP(json_deletep) cJSON *copy = cJSON_Duplicate(call->input, true);
    for (; *left_out; left_out++)
        cJSON_DeleteItemFromObjectCaseSensitive(copy, *left_out);
    CLEANUP(freep) char *text = json_print(copy);
    return arena_copy(&call->arena, text_from(text));
}

static bool is_listed(struct text service, const char *const *services)
{
    for (; *services; services++)
        if (text_equal(service, *services))
            return true;
    return false;
}

static bool check_action(struct call *call, const char *action, bool is_composite)
{
    static const char *const for_metric[] = { "sns",           "lambda", "autoscaling",
                                              "automate",      "swf",    "ssm",
                                              "ssm-incidents", "aiops",  NULL };
    static const char *const for_composite[] = { "sns",           "lambda", "ssm",
                                                 "ssm-incidents", "aiops",  NULL };
    static const char *const for_instances[] = { "ec2:stop", "ec2:terminate", "ec2:reboot",
                                                 "ec2:recover", NULL };
    struct arn arn;
    struct text text = text_from(action);
    if (text_starts_with(text, "arn:aws:automate:")) {
        struct text rest = { action + strlen("arn:aws:automate:"),
                             text.size - strlen("arn:aws:automate:") };
        text_cut(&rest, ':');
        if (is_composite || !rest.data || !is_listed(rest, for_instances))
            return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                             "Invalid use of EC2 '%.*s' action", TEXT_ARGS(rest));
        return true;
    }
    if (!arn_parse(text, &arn) || arn.service.size == 0 || arn.resource.size == 0 ||
        !is_listed(arn.service, is_composite ? for_composite : for_metric))
        return error_set(&call->error, &CLOUDWATCH_VALIDATION, "Invalid arn syntax: %s", action);
    return true;
}

bool alarm_check_actions(struct call *call, bool is_composite)
{
    static const char *const members[] = { "OKActions", "AlarmActions", "InsufficientDataActions" };
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const cJSON *action;
        cJSON_ArrayForEach(action, json_get(call->input, members[i]))
        {
            if (!check_action(call, action->valuestring, is_composite))
                return false;
        }
    }
    return true;
}

bool alarm_check_place(struct call *call, const struct alarm_key *key, bool is_composite)
{
    struct alarm_row row;
    for (const char *c = key->name; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                             "AlarmName must not contain ASCII control characters");
    if (!alarm_row_find(call->store, key, &call->arena, &row))
        return alarm_row_count(call->store, key->account, key->region) < ALARMS_MAX ||
               error_set(&call->error, &ALARM_LIMIT_EXCEEDED,
                         "The maximum of %d alarms has been reached", ALARMS_MAX);
    return row.is_composite == is_composite ||
           error_set(&call->error, &CLOUDWATCH_VALIDATION,
                     "Cannot change the type of alarm %s: it is a %s alarm", key->name,
                     row.is_composite ? "composite" : "metric");
}

void alarm_put(struct call *call, const struct alarm_key *key, bool is_composite,
               const char *configuration, const char *tags)
{
    struct alarm_row before;
    int64_t now_ms = clock_now_ms();
    bool is_update = alarm_row_find(call->store, key, &call->arena, &before);
    struct alarm_row row = {
        .key = *key,
        .is_composite = is_composite,
        .tags = tags,
        .state = ALARM_STATE_INSUFFICIENT_DATA,
        .reason = "Unchecked: Initial alarm creation",
        .updated_ms = now_ms,
        .transitioned_ms = now_ms,
    };
    if (is_update)
        row = before;
    row.configuration = configuration;
    row.configured_ms = now_ms;
    alarm_row_save(call->store, &row);
    alarm_history_add_configuration(call->store, is_update ? &before : NULL, &row, now_ms);
    alarms_note(alarms_of(call), key, is_update ? ALARM_NEWS_UPDATED : ALARM_NEWS_CREATED);
}

static void set_time(cJSON *object, const char *name, int64_t ms)
{
    json_set_double(object, name, (double)ms / MS_PER_SECOND);
}

static void add_lists(cJSON *output, bool is_composite)
{
    static const char *const lists[] = { "OKActions", "AlarmActions", "InsufficientDataActions",
                                         "Dimensions" };
    for (size_t i = 0; i < COUNT_OF(lists) - is_composite; i++)
        if (!json_get(output, lists[i]))
            json_set_array(output, lists[i]);
}

/* AWS says of each query whether it returns data, also where the caller did not. */
static void add_return_data(cJSON *output)
{
    cJSON *query;
    cJSON_ArrayForEach(query, json_get(output, "Metrics"))
    {
        if (!json_get(query, "ReturnData"))
            json_set_bool(query, "ReturnData", true);
    }
}

cJSON *alarm_write(const struct alarm_row *row)
{
    struct arena arena = { 0 };
    cJSON *output = json_parse(text_from(row->configuration));
    if (!json_get(output, "ActionsEnabled"))
        json_set_bool(output, "ActionsEnabled", true);
    add_lists(output, row->is_composite);
    add_return_data(output);
    json_set_text(output, "AlarmName", row->key.name);
    json_set_text(output, "AlarmArn", alarm_arn(&arena, &row->key));
    set_time(output, "AlarmConfigurationUpdatedTimestamp", row->configured_ms);
    json_set_text(output, "StateValue", alarm_state_name(row->state));
    json_set_text(output, "StateReason", row->reason);
    json_set_text(output, "StateReasonData", row->reason_data);
    set_time(output, "StateUpdatedTimestamp", row->updated_ms);
    set_time(output, "StateTransitionedTimestamp", row->transitioned_ms);
    if (row->is_composite)
        alarm_actions_write_suppression(row, output);
    arena_clear(&arena);
    return output;
}

bool alarm_page_begin(struct call *call, const char **after_out)
{
    const char *token = json_text(call->input, "NextToken", NULL);
    *after_out = "";
    if (!token)
        return true;
    CLEANUP(freep) char *key = page_key(token);
    if (!key)
        return error_set(&call->error, &CLOUDWATCH_INVALID_NEXT_TOKEN,
                         "Request parameter NextToken is invalid");
    *after_out = arena_copy(&call->arena, text_from(key));
    return true;
}

void alarm_page_end(struct call *call, const char *last)
{
    CLEANUP(freep) char *token = page_marker(last);
    json_set_text(call_output(call), "NextToken", token);
}
