/*
 * The pool's inside, for the files pool*.c: who runs what (pool.c), and those that rest
 * (pool_rest.c).
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
    int ceiling;
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
    struct link buckets[BUCKETS]; /* lanes by their hash */
};

#define MEMBER(link, name) CONTAINER_OF(link, struct member, name)
#define LANE(link, name) CONTAINER_OF(link, struct lane, name)

/* Of a member that works no more: into its lane's list, and the pool's of those that rest. */
void pool_put_to_rest(struct member *member);
/* Out of both. */
void pool_wake(struct member *member);
/* Ends a member that rests. Its lane stays, even if it was the last. */
void pool_discard_resting(struct member *member);
/* The one that rests longest of those that need not be kept; NULL if there is none. */
struct member *pool_find_idlest(const struct pool *pool);

#endif
