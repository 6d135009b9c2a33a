/*
 * Those who wait: who of them gets which process, in the order of their coming. What a turn of the
 * loop brings is handed out together, and what is quick is sent ahead to a process at work.
 */
#include "runtime/keep.h"
#include "runtime/pool_parts.h"

enum { TOGETHER_MAX = 4 /* events that leave at once */ };

struct job *pool_dequeue(struct pool *pool, struct lane *lane)
{
    struct job *job = job_queue_take(&lane->waiting);
    if (job)
        pool->waiting--;
    return job;
}

void pool_put_in_front(struct pool *pool, struct lane *lane, struct job_queue *jobs)
{
    pool->waiting += jobs->count;
    job_queue_append(jobs, &lane->waiting);
    lane->waiting = *jobs;
    *jobs = (struct job_queue){ 0 };
    pool_watch_waiting(pool);
}

static void put_back(struct pool *pool, struct lane *lane, struct job *job)
{
    struct job_queue oldest = { 0 };
    job_queue_add(&oldest, job);
    pool_put_in_front(pool, lane, &oldest);
}

/* Of a member that is in no list. */
static void run(struct member *member, struct job *job)
{
    member->has_run = true;
    link_insert_after(&member->lane->busy, &member->in_lane);
    sandbox_run(member->sandbox, job);
    pool_watch_memory(member->pool);
}

struct lane *pool_find_starving(const struct pool *pool)
{
    struct lane *found = NULL;
    for (struct link *at = pool->lanes.after; at != &pool->lanes; at = at->after) {
        struct lane *lane = LANE(at, in_lanes);
        if (lane_has_left_over(lane) && lane_active(lane) == 0 &&
            (!found || lane->waiting.first->submitted_us < found->waiting.first->submitted_us))
            found = lane;
    }
    return found;
}

/* Whether the next invocation of this lane leaves its turn to an older one elsewhere, for which its
 * process makes room. */
static bool must_yield(const struct pool *pool, const struct lane *lane)
{
    if (pool->count < pool->ceiling || pool->waiting == lane->waiting.count || keep_holds(lane))
        return false;
    const struct lane *starving = pool_find_starving(pool);
    return starving && starving->waiting.first->submitted_us < lane->waiting.first->submitted_us;
}

/* Sends the oldest that waits ahead to the first process that has room: so few are at work, and
 * none need be woken. */
static bool send_ahead(struct pool *pool, struct lane *lane)
{
    int ahead_max = lane_ahead_max(lane);
    if (!ahead_max || link_is_alone(&lane->busy) || must_yield(pool, lane))
        return false;
    struct job *job = pool_dequeue(pool, lane);
    for (struct link *at = lane->busy.after; at != &lane->busy; at = at->after)
        if (sandbox_run_ahead(MEMBER(at, in_lane)->sandbox, job, ahead_max))
            return true;
    put_back(pool, lane, job);
    return false;
}

static bool run_in_idle(struct pool *pool, struct lane *lane)
{
    if (link_is_alone(&lane->idle))
        return false;
    struct member *member = MEMBER(lane->idle.after, in_lane);
    pool_wake(member);
    run(member, pool_dequeue(pool, lane));
    return true;
}

void pool_hand_out(struct pool *pool, struct lane *lane)
{
    while (lane->waiting.count && (send_ahead(pool, lane) || run_in_idle(pool, lane)))
        ;
}

void pool_hand_out_fresh(struct pool *pool)
{
    if (pool->is_stopping)
        return;
    for (struct link *at = pool->fresh.after; at != &pool->fresh; at = at->after)
        pool_hand_out(pool, LANE(at, in_fresh));
}

void pool_send_ahead(struct pool *pool, struct lane *lane)
{
    while (lane->waiting.count && send_ahead(pool, lane))
        ;
}

bool pool_run_next(struct member *member)
{
    struct pool *pool = member->pool;
    struct lane *lane = member->lane;
    if (sandbox_state(member->sandbox) != SANDBOX_IDLE || !lane->waiting.count ||
        must_yield(pool, lane))
        return false;
    run(member, pool_dequeue(pool, lane));
    pool_send_ahead(pool, lane);
    return true;
}

static void see_to(struct pool *pool, struct lane *lane)
{
    link_remove(&lane->in_fresh);
    lane->fresh = 0;
    pool_hand_out(pool, lane);
    if (!lane->waiting.count)
        return;
    pool_watch_waiting(pool);
    pool_grow(pool, lane, false);
}

void pool_enqueue(struct pool *pool, struct lane *lane, struct job *job)
{
    pool->waiting++;
    job_queue_add(&lane->waiting, job);
    if (link_is_alone(&lane->in_fresh))
        link_insert_before(&pool->fresh, &lane->in_fresh);
    if (++lane->fresh >= TOGETHER_MAX && !pool->is_stopping)
        see_to(pool, lane);
}

bool pool_dispatch(void *owner)
{
    struct pool *pool = owner;
    if (link_is_alone(&pool->fresh) || pool->is_stopping)
        return false;
    while (!link_is_alone(&pool->fresh))
        see_to(pool, LANE(pool->fresh.after, in_fresh));
    return true;
}
