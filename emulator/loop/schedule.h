/*
 * What becomes due at a service time: retries, alarms, expiries. The schedule follows the clock
 * however that runs, and can be advanced: then everything that falls due on the way happens at its
 * own time, one after the other, and each is waited for before the next.
 */
#ifndef COALMINE_SCHEDULE_H
#define COALMINE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/loop.h"

struct schedule;

/* Entries run on the loop, before it sleeps. */
struct schedule *schedule_create(struct loop *loop);
/* Entries that are still set are forgotten; accepts NULL. Before loop_destroy(). */
void schedule_destroy(struct schedule *schedule);

/* One thing that becomes due; part of its owner, zeroed at birth. */
struct schedule_entry {
    struct schedule_entry *next;
    bool is_set;
    int64_t due_ms; /* service time */
    void (*function)(void *owner);
    void *owner;
};

/* Calls `function(owner)` once, on the loop and never inside this call, when service time has come
 * to due_ms, or was set back, also by the machine's own clock. Replaces an earlier time of the same
 * entry. */
void schedule_set(struct schedule *schedule, struct schedule_entry *entry, int64_t due_ms,
                  void (*function)(void *owner), void *owner);
void schedule_clear(struct schedule *schedule, struct schedule_entry *entry);

/* The clock was set or its mode changed; before that it said `before_ms`. If it went back, all that
 * is set is called: a lapse that had begun would last until the time that was left, so whoever
 * waits finds out anew what is due when. An advance under way goes on from the new time. */
void schedule_clock_changed(struct schedule *schedule, int64_t before_ms);

/* `is_busy(owner)` says that work which a due time began is still under way: advancing waits, and
 * meanwhile time goes as it would anyway. */
void schedule_wait_for(struct schedule *schedule, bool (*is_busy)(void *owner), void *owner);

/* Moves service time on by `by_ms` as if it had been lived, then calls `on_done(owner)`. One after
 * the other, in the order of calling: the next begins where the one before has ended. */
void schedule_advance(struct schedule *schedule, int64_t by_ms, void (*on_done)(void *owner),
                      void *owner);

/* Calls `on_done(owner)` once, on the loop and never inside this call, when all that is due by now
 * has been called; work that it began may go on. */
void schedule_when_done(struct schedule *schedule, void (*on_done)(void *owner), void *owner);

#endif
