/*
 * The actions of a state that an alarm has come to: run, or withheld while a mute rule or a
 * composite's suppressor says so (cloudwatch-api.md sections 4.8 and 4.9).
 *
 * What is withheld stands in the row as JSON: {"by": "Mute" | "Alarm" | "WaitPeriod" |
 * "ExtensionPeriod", "untilMs": ..., "reason": ..., "pending": {the state before}}. Without
 * "pending" it is an extension period that no change of state has met yet.
 */
#ifndef COALMINE_ALARM_ACTIONS_H
#define COALMINE_ALARM_ACTIONS_H

#include "alarms/state.h"

/* After a change of state from `before`. Sets row->withheld, which the caller saves; texts are made
 * in the arena. Inside a savepoint. */
void alarm_actions_start(struct alarms *alarms, const struct alarm_row *before,
                         struct alarm_row *row, struct arena *arena);

enum alarm_suppressor_news {
    ALARM_SUPPRESSOR_SAME,
    ALARM_SUPPRESSOR_LEFT_ALARM,
};

/* Mute rules, the suppressor, the configuration or the time are others now: runs what need not wait
 * any more, and drops what waits if actions are disabled. Returns true if the row was changed.
 * Inside a savepoint. */
bool alarm_actions_look_again(struct alarms *alarms, struct alarm_row *row,
                              enum alarm_suppressor_news news, struct arena *arena);

/* When alarm_actions_look_again() has something to do by itself; ALARM_NEVER: not. */
int64_t alarm_actions_due_ms(const struct alarm_row *row);

/* Some actions of its present state have not run yet, for whatever reason. */
bool alarm_actions_are_waiting(const struct alarm_row *row);

/* ActionsSuppressedBy and ActionsSuppressedReason, if a suppressor withholds actions. */
void alarm_actions_write_suppression(const struct alarm_row *row, cJSON *output);

#endif
