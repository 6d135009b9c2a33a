/*
 * The pool's inside, for the files pool*.c: growth, and what sandboxes tell (pool.c), those who
 * wait (pool_queue.c), and sandboxes that rest (pool_rest.c).
 */
#ifndef COALMINE_POOL_PARTS_H
#define COALMINE_POOL_PARTS_H

#include "loop/schedule.h"
#include "runtime/lane.h"
#include "runtime/pool.h"

enum { BUCKETS = 256 };

struct pool {
    struct loop *loop;
    struct sandbox_host host;
    char *directory;
    char *runtime_directory;
    struct function_api api; /* its url is owned */
    int ceiling;
    bool is_ceiling_soft; /* nobody has asked for it */
    int64_t stuck_us;     /* nothing has moved for so long: those at work may wait for others */
    int64_t moved_us;     /* monotonic: a sandbox became free, or was started beyond the ceiling */
    int cpu_count;
    int count; /* sandboxes that are not discarded */
    unsigned last_id;
    size_t pending;
    int waiting; /* of those pending, those that no sandbox has */
    bool is_stopping;
    bool is_keep_short; /* a lane lacks a sandbox that it keeps: there was no room */
    uv_signal_t *child_signal;
    struct loop_timer *waiting_timer;
    struct loop_timer *memory_timer;
    bool is_memory_timer_slow; /* nobody works */
    struct loop_timer *sweep_timer;
    struct schedule *schedule;
    struct schedule_entry expiry; /* of the one that rests longest */
    int64_t keepalive_ms;
    struct link all;
    struct link resting; /* longest first */
    struct link lanes;
    struct link fresh;            /* lanes that an invocation came for in this turn */
    struct link buckets[BUCKETS]; /* lanes by their hash */
};

#define MEMBER(link, name) CONTAINER_OF(link, struct member, name)
#define LANE(link, name) CONTAINER_OF(link, struct lane, name)

/* Boots sandboxes for those who wait in the lane, as many as pay; one at least if it is forced. */
void pool_grow(struct pool *pool, struct lane *lane, bool is_forced);
/* Somebody waits: looks after them by and by. */
void pool_watch_waiting(struct pool *pool);
/* Somebody works: memory is looked at often. */
void pool_watch_memory(struct pool *pool);

/* To be handed out before the loop sleeps, or when some have come: so a process is woken once for
 * several events, but has something to do meanwhile. */
void pool_enqueue(struct pool *pool, struct lane *lane, struct job *job);
/* Before the loop sleeps; `owner` is the pool. */
bool pool_dispatch(void *owner);
/* In front of all who wait in the lane, in their order; takes all out of the queue. */
void pool_put_in_front(struct pool *pool, struct lane *lane, struct job_queue *jobs);
/* The one that waits longest; NULL if none. */
struct job *pool_dequeue(struct pool *pool, struct lane *lane);
/* Gives those who wait to processes of the lane, as far as there are. */
void pool_hand_out(struct pool *pool, struct lane *lane);
/* Those that came in this turn get the processes that rest now: before one is started for them, is
 * charged to them or ends. */
void pool_hand_out_fresh(struct pool *pool);
/* Only to those at work. */
void pool_send_ahead(struct pool *pool, struct lane *lane);
/* The member is in no list. False if it is not idle, or nobody waits whose turn it is. */
bool pool_run_next(struct member *member);
/* The lane where nobody works and whose first has waited longest; NULL if there is none. */
struct lane *pool_find_starving(const struct pool *pool);

/* Of a member that works no more: into its lane's list, and the pool's of those that rest. */
void pool_put_to_rest(struct member *member);
/* Out of both. */
void pool_wake(struct member *member);
/* Ends a member that rests. Its lane stays, even if it was the last. */
void pool_discard_resting(struct member *member);
/* Ends those that rest longest, as long as there are more than the ceiling. */
void pool_return_excess(struct pool *pool);
/* The one that rests longest of those that need not be kept; NULL if there is none. */
struct member *pool_find_idlest(const struct pool *pool);

#endif
