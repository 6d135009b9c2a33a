/*
 * What PutMetricAlarm and PutCompositeAlarm have in common: actions, the place, the row.
 */
#include <stdlib.h>
#include <string.h>

#include "alarms/fields.h"
#include "alarms/history.h"
#include "arn.h"
#include "clock.h"
#include "cloudwatch/faults.h"
#include "xalloc.h"

enum { ALARMS_MAX = 5000 };

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

static bool check_region(struct call *call, struct text region)
{
    return region.size == 0 || text_equal(region, call->region) ||
           error_set(&call->error, &CLOUDWATCH_VALIDATION,
                     "Invalid region %.*s specified. Only %s is supported.", TEXT_ARGS(region),
                     call->region);
}

/* An alarm acts in its own region only. */
static bool check_place_of_action(struct call *call, const struct arn *arn)
{
    const char *partition = arn_partition(call->region);
    if (!text_equal(arn->partition, partition))
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "Invalid partition %.*s specified. Only %s is supported.",
                         TEXT_ARGS(arn->partition), partition);
    return check_region(call, arn->region);
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
        struct text region = text_cut(&rest, ':');
        if (is_composite || !rest.data || !is_listed(rest, for_instances))
            return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                             "Invalid use of EC2 '%.*s' action", TEXT_ARGS(rest));
        return check_region(call, region);
    }
    bool is_arn = arn_parse(text, &arn) && arn.service.size > 0 && arn.resource.size > 0;
    if (is_arn && !is_listed(arn.service, for_metric))
        return error_set(&call->error, &CLOUDWATCH_VALIDATION, "Unsupported AWS vendor %.*s",
                         TEXT_ARGS(arn.service));
    if (!is_arn || (is_composite && !is_listed(arn.service, for_composite)))
        return error_set(&call->error, &CLOUDWATCH_VALIDATION, "Invalid arn syntax: %s", action);
    return check_place_of_action(call, &arn);
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

bool alarm_check_action_configuration(struct call *call)
{
    return !json_get(call->input, "ActionConfiguration") ||
           error_set(&call->error, &CLOUDWATCH_VALIDATION,
                     "ActionConfiguration: tags in notifications are not supported by Coalmine");
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
