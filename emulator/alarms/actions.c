#include "alarms/actions.h"

#include <stdlib.h>
#include <string.h>

#include "alarms/history.h"
#include "alarms/message.h"
#include "alarms/mute_rule.h"
#include "alarms/notification.h"
#include "arn.h"
#include "clock.h"
#include "log.h"
#include "xalloc.h"

enum hold_kind { HOLD_NOTHING, HOLD_MUTE, HOLD_ALARM, HOLD_WAIT, HOLD_EXTENSION };

static const char *const hold_names[] = {
    [HOLD_NOTHING] = "",
    [HOLD_MUTE] = "Mute",
    [HOLD_ALARM] = "Alarm",
    [HOLD_WAIT] = "WaitPeriod",
    [HOLD_EXTENSION] = "ExtensionPeriod",
};

/* Why actions wait, and until when at the latest. */
struct hold {
    enum hold_kind kind;
    int64_t until_ms;
};

/* A row's actions and all that bears on them. */
struct matter {
    struct alarms *alarms;
    struct alarm_row *row;
    struct arena *arena;
    cJSON *configuration;
    struct hold hold; /* as it was */
    bool has_pending;
    struct alarm_snapshot pending; /* the state before, for actions that have not run */
};

/* NULL: nothing is. The caller owns it. */
static cJSON *parse_withheld(const struct alarm_row *row)
{
    return row->withheld ? json_parse(text_from(row->withheld)) : NULL;
}

/* ALARM_NEVER does not fit a double, so it is not json_int()'s to give. */
static int64_t read_until_ms(const cJSON *withheld)
{
    return json_get(withheld, "untilMs") ? json_int(withheld, "untilMs", 0) : ALARM_NEVER;
}

static void read_withheld(struct matter *matter)
{
    CLEANUP(json_deletep) cJSON *withheld = parse_withheld(matter->row);
    const cJSON *pending = json_get(withheld, "pending");
    const char *by = json_text(withheld, "by", "");
    for (size_t i = 0; i < COUNT_OF(hold_names); i++)
        if (strcmp(hold_names[i], by) == 0)
            matter->hold.kind = (enum hold_kind)i;
    matter->hold.until_ms = read_until_ms(withheld);
    matter->has_pending = pending != NULL;
    if (!pending)
        return;
    matter->pending = (struct alarm_snapshot){
        .state = (enum alarm_state)json_int(pending, "state", 0),
        .reason = arena_copy(matter->arena, text_from(json_text(pending, "reason", ""))),
        .reason_data = arena_copy_string(matter->arena, json_text(pending, "reasonData", NULL)),
        .time_ms = json_int(pending, "timeMs", 0),
    };
}

static void write_withheld(struct matter *matter, struct hold hold)
{
    matter->row->withheld = NULL;
    if (hold.kind == HOLD_NOTHING)
        return;
    CLEANUP(json_deletep) cJSON *withheld = cJSON_CreateObject();
    json_set_text(withheld, "by", hold_names[hold.kind]);
    if (hold.until_ms != ALARM_NEVER)
        json_set_double(withheld, "untilMs", (double)hold.until_ms);
    if (matter->has_pending) {
        cJSON *pending = json_set_object(withheld, "pending");
        json_set_double(pending, "state", matter->pending.state);
        json_set_text(pending, "reason", matter->pending.reason);
        json_set_text(pending, "reasonData", matter->pending.reason_data);
        json_set_double(pending, "timeMs", (double)matter->pending.time_ms);
    }
    CLEANUP(freep) char *text = json_print(withheld);
    matter->row->withheld = arena_copy(matter->arena, text_from(text));
}

static bool is_suppressor_in_alarm(const struct matter *matter, const char *suppressor)
{
    struct arena arena = { 0 };
    struct alarm_row row;
    struct alarm_key key = matter->row->key;
    key.name = alarm_name_of(&key, suppressor);
    bool is_in_alarm = key.name &&
                       alarm_row_find(matter->alarms->parts.store, &key, &arena, &row) &&
                       row.state == ALARM_STATE_ALARM;
    arena_clear(&arena);
    return is_in_alarm;
}

static int64_t period_end_ms(const struct matter *matter, const char *member)
{
    return clock_now_ms() +
           json_int(matter->configuration, member, 0) * (int64_t)ALARM_MS_PER_SECOND;
}

/* A wait that has begun; a clock that was set back does not lengthen it. */
static struct hold shortened(const struct matter *matter)
{
    struct hold hold = matter->hold;
    int64_t latest_ms =
        period_end_ms(matter, hold.kind == HOLD_WAIT ? "ActionsSuppressorWaitPeriod"
                                                     : "ActionsSuppressorExtensionPeriod");
    if (hold.until_ms > latest_ms)
        hold.until_ms = latest_ms;
    return hold;
}

/* What a suppressor says now about actions that are about to run. */
static struct hold ask_suppressor(const struct matter *matter)
{
    const char *suppressor = json_text(matter->configuration, "ActionsSuppressor", NULL);
    struct hold hold = { HOLD_NOTHING, ALARM_NEVER };
    if (!suppressor)
        return hold;
    if (is_suppressor_in_alarm(matter, suppressor)) {
        hold.kind = HOLD_ALARM;
    } else if (matter->hold.kind == HOLD_ALARM) {
        hold.kind = HOLD_EXTENSION;
        hold.until_ms = period_end_ms(matter, "ActionsSuppressorExtensionPeriod");
    } else if (matter->hold.kind == HOLD_WAIT || matter->hold.kind == HOLD_EXTENSION) {
        hold = shortened(matter);
    } else {
        hold.kind = HOLD_WAIT;
        hold.until_ms = period_end_ms(matter, "ActionsSuppressorWaitPeriod");
    }
    if (hold.until_ms <= clock_now_ms())
        hold = (struct hold){ HOLD_NOTHING, ALARM_NEVER };
    return hold;
}

static struct hold find_hold(const struct matter *matter)
{
    int64_t muted_until_ms =
        mute_rule_until_ms(matter->alarms->parts.store, &matter->row->key, clock_now_ms());
    if (muted_until_ms > clock_now_ms())
        return (struct hold){ HOLD_MUTE, muted_until_ms };
    return ask_suppressor(matter);
}

static const char *const action_members[] = {
    [ALARM_STATE_OK] = "OKActions",
    [ALARM_STATE_ALARM] = "AlarmActions",
    [ALARM_STATE_INSUFFICIENT_DATA] = "InsufficientDataActions",
};

static void note_action(struct alarms *alarms, const struct alarm_row *row, const char *action,
                        const char *message, const char *failure)
{
    CLEANUP(json_deletep) cJSON *data = cJSON_CreateObject();
    CLEANUP(json_deletep) cJSON *published = cJSON_CreateObject();
    json_set_text(data, "actionState", failure ? "Failed" : "Succeeded");
    json_set_double(data, "stateUpdateTimestamp", (double)row->updated_ms);
    json_set_text(data, "notificationResource", action);
    json_set_text(published, "default", message);
    CLEANUP(freep) char *published_text = json_print(published);
    if (!failure)
        json_set_text(data, "publishedMessage", published_text);
    json_set_text(data, "error", failure);
    CLEANUP(freep)
    char *summary = xformat("%s execute%s action %s", failure ? "Failed to" : "Successfully",
                            failure ? "" : "d", action);
    alarm_history_add(alarms->parts.store, row, clock_now_ms(), ALARM_HISTORY_ACTION, summary,
                      data);
}

static const char *invoke(struct alarms *alarms, const struct alarm_row *row, const char *action,
                          const char *event)
{
    const struct alarm_invocation invocation = { row->key.account, row->key.region, action,
                                                 text_from(event) };
    switch (alarms->parts.on_invoke(alarms->parts.owner, &invocation)) {
    case ALARM_INVOCATION_SENT:
        return "invoked";
    case ALARM_INVOCATION_NO_FUNCTION:
        log_warn("cloudwatch",
                 "the action %s of alarm %s: there is no such function, version or alias", action,
                 row->key.name);
        return "failed";
    case ALARM_INVOCATION_ELSEWHERE:
        break;
    }
    return "kept";
}

static bool is_service(const char *action, const char *service)
{
    struct arn arn;
    return arn_parse(text_from(action), &arn) && text_equal(arn.service, service);
}

static void run_one(struct alarms *alarms, const struct alarm_occasion *occasion,
                    const char *action)
{
    bool is_lambda = is_service(action, "lambda");
    CLEANUP(freep)
    char *message = is_lambda ? alarm_message_for_lambda(occasion, clock_now_ms())
                              : alarm_message_for_sns(occasion);
    CLEANUP(freep)
    char *subject = is_service(action, "sns") ? alarm_message_subject(occasion) : NULL;
    struct alarm_notification notification = { occasion->row, action, "kept", subject, message };
    if (is_lambda)
        notification.status = invoke(alarms, occasion->row, action, message);
    bool is_failed = strcmp(notification.status, "failed") == 0;
    alarm_notification_add(alarms->parts.store, &notification, clock_now_ms());
    note_action(alarms, occasion->row, action, message,
                is_failed ? "The function, or that version or alias of it, does not exist" : NULL);
}

/* Runs what is pending, and has waited for what is told. */
static void run(struct matter *matter, enum hold_kind waited)
{
    bool is_suppressed = waited != HOLD_NOTHING && waited != HOLD_MUTE;
    const struct alarm_occasion occasion = { matter->row, matter->configuration, matter->pending,
                                             waited == HOLD_MUTE,
                                             is_suppressed ? hold_names[waited] : NULL };
    const cJSON *action;
    cJSON_ArrayForEach(action, json_get(matter->configuration, action_members[matter->row->state]))
        run_one(matter->alarms, &occasion, action->valuestring);
    matter->has_pending = false;
}

static bool are_enabled(const struct matter *matter)
{
    return json_bool(matter->configuration, "ActionsEnabled", true);
}

static struct matter matter_of(struct alarms *alarms, struct alarm_row *row, struct arena *arena)
{
    struct matter matter = { .alarms = alarms,
                             .row = row,
                             .arena = arena,
                             .configuration = json_parse(text_from(row->configuration)),
                             .hold = { HOLD_NOTHING, ALARM_NEVER } };
    read_withheld(&matter);
    return matter;
}

void alarm_actions_start(struct alarms *alarms, const struct alarm_row *before,
                         struct alarm_row *row, struct arena *arena)
{
    struct matter matter = matter_of(alarms, row, arena);
    bool is_back = matter.has_pending && matter.pending.state == row->state;
    if (!matter.has_pending)
        matter.pending = (struct alarm_snapshot){ before->state, before->reason,
                                                  before->reason_data, before->updated_ms };
    matter.has_pending = !is_back && are_enabled(&matter);
    struct hold hold = matter.hold;
    if (matter.has_pending)
        hold = find_hold(&matter);
    else if (hold.kind != HOLD_EXTENSION)
        hold.kind = HOLD_NOTHING;
    if (matter.has_pending && hold.kind == HOLD_NOTHING)
        run(&matter, HOLD_NOTHING);
    write_withheld(&matter, hold);
    cJSON_Delete(matter.configuration);
}

/* A suppressor that leaves ALARM begins an extension period even if nothing is pending. */
static struct hold next_hold(struct matter *matter, enum alarm_suppressor_news news)
{
    struct hold none = { HOLD_NOTHING, ALARM_NEVER };
    if (matter->has_pending)
        return find_hold(matter);
    if (news == ALARM_SUPPRESSOR_LEFT_ALARM) {
        matter->hold.kind = HOLD_ALARM;
        return ask_suppressor(matter);
    }
    return matter->hold.kind == HOLD_EXTENSION && matter->hold.until_ms > clock_now_ms()
               ? matter->hold
               : none;
}

bool alarm_actions_look_again(struct alarms *alarms, struct alarm_row *row,
                              enum alarm_suppressor_news news, struct arena *arena)
{
    if (!row->withheld && news == ALARM_SUPPRESSOR_SAME)
        return false;
    struct matter matter = matter_of(alarms, row, arena);
    matter.has_pending = matter.has_pending && are_enabled(&matter);
    struct hold hold = next_hold(&matter, news);
    if (matter.has_pending && hold.kind == HOLD_NOTHING)
        run(&matter, matter.hold.kind);
    write_withheld(&matter, hold);
    cJSON_Delete(matter.configuration);
    return true;
}

int64_t alarm_actions_due_ms(const struct alarm_row *row)
{
    CLEANUP(json_deletep) cJSON *withheld = parse_withheld(row);
    return read_until_ms(withheld);
}

bool alarm_actions_are_waiting(const struct alarm_row *row)
{
    CLEANUP(json_deletep) cJSON *withheld = parse_withheld(row);
    return json_get(withheld, "pending") != NULL;
}

void alarm_actions_write_suppression(const struct alarm_row *row, cJSON *output)
{
    CLEANUP(json_deletep) cJSON *withheld = parse_withheld(row);
    const char *by = json_text(withheld, "by", "");
    if (!json_get(withheld, "pending") || strcmp(by, hold_names[HOLD_MUTE]) == 0)
        return;
    CLEANUP(freep) char *reason = alarm_suppression_reason(by);
    json_set_text(output, "ActionsSuppressedBy", by);
    json_set_text(output, "ActionsSuppressedReason", reason);
}
