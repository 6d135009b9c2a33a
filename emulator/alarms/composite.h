/*
 * Composite alarms in the plan: their rules are looked at when they are made or changed, and when
 * a child changes its state.
 */
#ifndef COALMINE_ALARM_COMPOSITE_H
#define COALMINE_ALARM_COMPOSITE_H

#include "alarms/state.h"

/* After creation or an update; `verb` is "created" or "updated". */
void alarm_composite_begin(struct alarms *alarms, struct alarm *composite, const char *verb);

/* All composites that name the child, which is in another state now. */
void alarm_composites_of_child(struct alarms *alarms, const struct alarm *child);

/* How many composites other than `but` name the alarm in their rules. What was put in this turn of
 * the loop is not in the plan yet. */
size_t alarm_composite_count_parents(struct alarms *alarms, const struct alarm_key *child,
                                     const struct alarm_key *but);

/* It is in the plan, and hears from now on of those that its rule names and of its suppressor.
 * Other alarms have none of either. */
void alarm_composite_follow(struct alarms *alarms, struct alarm *alarm);
/* It leaves the plan. */
void alarm_composite_unfollow(struct alarms *alarms, const struct alarm *alarm);

#endif
