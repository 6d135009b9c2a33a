/*
 * An alarm changes its state: row, history, actions, and news for the composites above it.
 */
#ifndef COALMINE_ALARM_TRANSITION_H
#define COALMINE_ALARM_TRANSITION_H

#include "alarms/state.h"

struct alarm_change {
    enum alarm_state state;
    const char *reason;
    const char *reason_data; /* JSON; NULL: none */
};

/* Inside a savepoint. To the state it is in: reason and time of update are rewritten, and nothing
 * else happens. */
void alarm_change_state(struct alarms *alarms, struct alarm_row *row,
                        const struct alarm_change *change, struct arena *arena);

/* In a savepoint of its own, for what runs by itself: in the state it is in already, nothing is
 * rewritten (the plan may lag behind the row by one piece of news). */
void alarm_change_alone(struct alarms *alarms, const struct alarm_key *key,
                        const struct alarm_change *change);

#endif
