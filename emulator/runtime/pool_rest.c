/*
 * Sandboxes that rest: idle with their process, or down without one. They end when they have
 * rested for the keepalive time of the service clock, unless they are kept.
 */
#include <assert.h>

#include "clock.h"
#include "runtime/keep.h"
#include "runtime/pool_parts.h"

static void on_expiry(void *owner);

struct member *pool_find_idlest(const struct pool *pool)
{
    for (struct link *at = pool->resting.after; at != &pool->resting; at = at->after)
        if (!keep_holds(MEMBER(at, in_resting)->lane))
            return MEMBER(at, in_resting);
    return NULL;
}

/* Only the idlest counts; if it is gone by then, nothing happens too early. */
static void schedule_expiry(struct pool *pool)
{
    const struct member *idlest = pool->expiry.is_set ? NULL : pool_find_idlest(pool);
    if (idlest)
        schedule_set(pool->schedule, &pool->expiry, idlest->resting_since_ms + pool->keepalive_ms,
                     on_expiry, pool);
}

void pool_put_to_rest(struct member *member)
{
    struct lane *lane = member->lane;
    bool is_idle = sandbox_state(member->sandbox) == SANDBOX_IDLE;
    link_insert_after(is_idle ? &lane->idle : &lane->down, &member->in_lane);
    link_insert_before(&member->pool->resting, &member->in_resting);
    member->resting_since_ms = clock_now_ms();
    lane->resting++;
    schedule_expiry(member->pool);
}

void pool_wake(struct member *member)
{
    link_remove(&member->in_lane);
    link_remove(&member->in_resting);
    assert(member->lane);
    member->lane->resting--;
}

/* Of a member that is not in a resting list. The lane stays, even if it was the last. */
static void discard(struct member *member)
{
    struct lane *lane = member->lane;
    member->lane = NULL;
    lane->count--;
    member->pool->count--;
    sandbox_discard(member->sandbox);
}

void pool_discard_resting(struct member *member)
{
    pool_wake(member);
    discard(member);
}

void pool_return_excess(struct pool *pool)
{
    struct member *idlest;
    pool_hand_out_fresh(pool);
    while (pool->count > pool->ceiling && (idlest = pool_find_idlest(pool)))
        pool_discard_resting(idlest);
}

/* Where time was set back, rest begins anew. */
static void forget_future(struct pool *pool, int64_t now_ms)
{
    for (struct link *at = pool->resting.after; at != &pool->resting; at = at->after)
        if (MEMBER(at, in_resting)->resting_since_ms > now_ms)
            MEMBER(at, in_resting)->resting_since_ms = now_ms;
}

/* Stops what has rested for the keepalive time. */
static void on_expiry(void *owner)
{
    struct pool *pool = owner;
    int64_t now_ms = clock_now_ms();
    struct member *idlest;
    pool_hand_out_fresh(pool);
    forget_future(pool, now_ms);
    while ((idlest = pool_find_idlest(pool)) &&
           now_ms - idlest->resting_since_ms >= pool->keepalive_ms)
        pool_discard_resting(idlest);
    schedule_expiry(pool);
}
