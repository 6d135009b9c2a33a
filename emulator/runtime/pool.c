/*
 * Who runs what, when. An invocation is in exactly one place: a lane's waiting list, a sandbox,
 * or done. A sandbox is at work (booting, busy, settling), resting in its lane's idle or down
 * list and in the pool's list of resting ones, or discarded and only waiting for its process to
 * end. Growth and fairness are decided when invocations are handed out, when a sandbox becomes
 * free, and at a tick while anybody waits.
 */
#include "runtime/pool.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "clock.h"
#include "hash.h"
#include "log.h"
#include "runtime/discard.h"
#include "runtime/keep.h"
#include "runtime/lane.h"
#include "runtime/machine.h"
#include "runtime/package.h"
#include "runtime/pool_parts.h"
#include "runtime/process.h"
#include "runtime/strays.h"
#include "runtime/system_root.h"
#include "runtime/workspace.h"
#include "xalloc.h"

enum {
    BOOT_MAX_MS = 10000, /* Lambda's */
    TICK_MS = 25,
    PRESSED_TICKS = 4, /* somebody always waiting for so long: one more per processor */
    MEMORY_TICK_MS = 20,
    MEMORY_IDLE_TICK_MS = 1000,
    SWEEP_TICK_MS = 30 * 1000,
    SHORTAGE_PAUSE_US = 100 * 1000,
    SHORTAGE_LOG_US = 10 * 1000 * 1000,
    STUCK_US = 1000 * 1000,
    EXCESS = 2, /* times the ceiling: machine_ceiling() takes half of the memory */
};

/* Calls `function` for every lane; it may end that one lane. */
static void each_lane(struct pool *pool, void (*function)(struct pool *pool, struct lane *lane))
{
    struct link *next;
    for (struct link *at = pool->lanes.after; at != &pool->lanes; at = next) {
        next = at->after;
        function(pool, LANE(at, in_lanes));
    }
}

static struct lane *find_lane(struct pool *pool, const char *key, uint64_t hash)
{
    struct link *bucket = &pool->buckets[hash % BUCKETS];
    for (struct link *at = bucket->after; at != bucket; at = at->after) {
        struct lane *lane = LANE(at, in_bucket);
        if (lane->hash == hash && !lane->is_retired && strcmp(lane->plan->key, key) == 0)
            return lane;
    }
    return NULL;
}

static struct lane *get_lane(struct pool *pool, const struct sandbox_plan *plan)
{
    uint64_t hash = hash_string(plan->key);
    struct lane *lane = find_lane(pool, plan->key, hash);
    if (!lane) {
        lane = lane_create(plan, hash);
        link_insert_after(&pool->buckets[hash % BUCKETS], &lane->in_bucket);
        link_insert_before(&pool->lanes, &lane->in_lanes);
    }
    return lane;
}

static void on_memory_tick(void *owner);

static void start_memory_timer(struct pool *pool, int tick_ms)
{
    loop_timer_stop(&pool->memory_timer);
    pool->memory_timer = loop_timer_start(pool->loop, tick_ms, tick_ms, on_memory_tick, pool);
    pool->is_memory_timer_slow = tick_ms != MEMORY_TICK_MS;
}

void pool_watch_memory(struct pool *pool)
{
    if (!pool->memory_timer || pool->is_memory_timer_slow)
        start_memory_timer(pool, MEMORY_TICK_MS);
}

static void start(struct member *member)
{
    member->is_starting = true;
    member->has_run = false;
    member->is_short = false;
    member->lane->starting++;
    sandbox_start(member->sandbox);
    pool_watch_memory(member->pool);
}

static struct member *create_member(struct pool *pool, struct lane *lane)
{
    struct member *member = xcalloc(1, sizeof(*member));
    member->pool = pool;
    member->lane = lane;
    link_init(&member->in_lane);
    link_init(&member->in_resting);
    link_insert_before(&pool->all, &member->in_all);
    lane->count++;
    pool->count++;
    member->sandbox = sandbox_create(&pool->host, lane->plan, ++pool->last_id, member);
    return member;
}

/* Room for one more sandbox, at the cost of the one that rests longest if need be. Beyond the
 * ceiling those that rest are what others wait for again and again: they make room only for a lane
 * without a process. */
static bool make_room(struct pool *pool, const struct lane *lane)
{
    if (pool->count < pool->ceiling)
        return true;
    pool_hand_out_fresh(pool);
    struct member *idlest = pool_find_idlest(pool);
    if (!idlest || (pool->count > pool->ceiling && lane_active(lane) > 0))
        return false;
    pool_discard_resting(idlest);
    return true;
}

static bool start_another(struct pool *pool, struct lane *lane)
{
    if (!link_is_alone(&lane->down)) {
        struct member *member = MEMBER(lane->down.after, in_lane);
        pool_wake(member);
        start(member);
        return true;
    }
    if (!make_room(pool, lane))
        return false;
    start(create_member(pool, lane));
    return true;
}

/* Boots what the lane keeps and lacks. */
static void keep_up(struct pool *pool, struct lane *lane)
{
    while (!pool->is_stopping && keep_lacks(lane))
        if (clock_monotonic_us() < lane->short_until_us || !start_another(pool, lane)) {
            pool->is_keep_short = true;
            break;
        }
}

static void keep_all_up(struct pool *pool)
{
    if (!pool->is_keep_short)
        return;
    pool->is_keep_short = false;
    each_lane(pool, keep_up);
}

void pool_grow(struct pool *pool, struct lane *lane, bool is_forced)
{
    pool_hand_out_fresh(pool);
    if (lane_active(lane) > 0 && clock_monotonic_us() < lane->short_until_us)
        return;
    while (!pool->is_stopping && lane->waiting.count > lane->starting &&
           (is_forced || lane_wants_more(lane)) && start_another(pool, lane))
        is_forced = false;
}

/* Ticks. */

/* Those that only now came are handed out before the loop sleeps: nobody has made them wait yet. */
static void look_after_waiting(struct pool *pool, struct lane *lane)
{
    if (!lane_has_left_over(lane)) {
        lane->pressed_ticks = 0;
        return;
    }
    lane->pressed_ticks++;
    bool is_pressed = lane->pressed_ticks >= PRESSED_TICKS && lane_active(lane) < pool->cpu_count;
    if (is_pressed)
        lane->pressed_ticks = 0;
    pool_grow(pool, lane, is_pressed || lane_is_overdue(lane));
}

/* Functions at work that wait for what they have invoked would wait until they time out, if they
 * had all the processes. So while nothing moves, a function without a process gets one more. */
static void relieve(struct pool *pool)
{
    int64_t now_us = clock_monotonic_us();
    if (!pool->is_ceiling_soft || pool->count < pool->ceiling ||
        pool->count >= EXCESS * pool->ceiling || now_us - pool->moved_us < pool->stuck_us)
        return;
    struct lane *lane = pool_find_starving(pool);
    if (!lane || now_us - lane->waiting.first->submitted_us < pool->stuck_us)
        return;
    log_info(lane->plan->function_name,
             "all %d processes are at work, and this function has none: "
             "it gets one more",
             pool->count);
    pool->moved_us = now_us;
    start(create_member(pool, lane));
}

static void on_waiting_tick(void *owner)
{
    struct pool *pool = owner;
    each_lane(pool, look_after_waiting);
    relieve(pool);
    if (!pool->waiting)
        loop_timer_stop(&pool->waiting_timer);
}

static void on_memory_tick(void *owner)
{
    struct pool *pool = owner;
    bool is_any_active = false;
    for (struct link *at = pool->all.after; at != &pool->all; at = at->after) {
        struct member *member = MEMBER(at, in_all);
        is_any_active |= link_is_alone(&member->in_resting);
        if (sandbox_check_use(member->sandbox))
            continue;
        pool_discard_resting(member);
        pool->is_keep_short = true; /* it may have been one that is kept */
    }
    if (link_is_alone(&pool->all))
        loop_timer_stop(&pool->memory_timer);
    else if (!is_any_active && !pool->is_memory_timer_slow)
        start_memory_timer(pool, MEMORY_IDLE_TICK_MS);
    keep_all_up(pool); /* there may be room again */
}

static void sweep_lane(struct pool *pool UNUSED, struct lane *lane)
{
    if (lane->count == 0 && lane->waiting.count == 0 && lane->keep_wanted == 0)
        lane_destroy(lane);
}

static void on_sweep_tick(void *owner)
{
    pool_return_excess(owner);
    each_lane(owner, sweep_lane);
}

/* What sandboxes tell. */

void pool_watch_waiting(struct pool *pool)
{
    if (!pool->waiting_timer)
        pool->waiting_timer = loop_timer_start(pool->loop, TICK_MS, TICK_MS, on_waiting_tick, pool);
}

static void end_starting(struct member *member)
{
    if (member->is_starting)
        member->lane->starting--;
    member->is_starting = false;
}

static struct job *on_take_job(void *owner)
{
    struct member *member = owner;
    pool_hand_out_fresh(member->pool);
    end_starting(member); /* it has failed, or is late and has its job */
    return pool_dequeue(member->pool, member->lane);
}

static bool on_can_spare(void *owner)
{
    struct member *member = owner;
    struct lane *lane = member->lane;
    int64_t now_us = clock_monotonic_us();
    bool can_spare = lane_active(lane) > 1; /* others work or boot */
    if (can_spare && now_us - lane->short_until_us > SHORTAGE_LOG_US)
        log_warn(lane->plan->function_name, "the machine has no room for one more process: "
                                            "invocations wait for those there are");
    lane->short_until_us = now_us + SHORTAGE_PAUSE_US;
    member->is_short = true;
    return can_spare;
}

static void feed_starving(struct pool *pool)
{
    struct lane *lane;
    while (pool->waiting && (lane = pool_find_starving(pool))) {
        pool_grow(pool, lane, false);
        if (lane_active(lane) == 0)
            break; /* no room */
    }
}

static void on_room(void *owner)
{
    struct member *member = owner;
    pool_send_ahead(member->pool, member->lane);
}

/* The process is slow, or ends: others see to those that it has not begun. */
static void on_returned(struct job_queue *jobs, void *owner)
{
    struct member *member = owner;
    struct pool *pool = member->pool;
    struct lane *lane = member->lane;
    pool_put_in_front(pool, lane, jobs);
    if (!pool->is_stopping)
        pool_hand_out(pool, lane);
    pool_grow(pool, lane, lane_active(lane) < pool->cpu_count);
}

static void discard_all_resting(struct lane *lane)
{
    while (!link_is_alone(&lane->idle))
        pool_discard_resting(MEMBER(lane->idle.after, in_lane));
    while (!link_is_alone(&lane->down))
        pool_discard_resting(MEMBER(lane->down.after, in_lane));
}

static void on_free(void *owner)
{
    struct member *member = owner;
    struct pool *pool = member->pool;
    struct lane *lane = member->lane;
    end_starting(member);
    pool->moved_us = clock_monotonic_us();
    if (!link_is_alone(&member->in_resting))
        pool_wake(member); /* its process ended while it was idle */
    link_remove(&member->in_lane);
    keep_judge(lane, member);
    if (pool_run_next(member))
        return;
    pool_put_to_rest(member);
    if (lane->is_retired && !lane->waiting.count)
        discard_all_resting(lane);
    feed_starving(pool);
    pool_grow(pool, lane, false);
    keep_up(pool, lane);
    keep_all_up(pool);
    keep_tell(lane);
}

static void on_done(const struct job *job, const struct invocation_result *result, void *owner)
{
    struct member *member = owner;
    member->pool->pending--;
    if (member->lane)
        lane_learn(member->lane, result);
    job->on_done(result, job->owner);
}

static void on_gone(void *owner)
{
    struct member *member = owner;
    link_remove(&member->in_all);
    free(member);
}

static bool is_sandbox(const struct pool *pool, pid_t pid)
{
    for (struct link *at = pool->all.after; at != &pool->all; at = at->after)
        if (sandbox_pid(MEMBER(at, in_all)->sandbox) == pid)
            return true;
    return false;
}

/* A sandbox's process that has ended meanwhile is left to the signal that it has sent. */
static void reap_orphans(const struct pool *pool)
{
    pid_t pid;
    while ((pid = process_find_orphan()) != 0 && !is_sandbox(pool, pid))
        process_wait(pid);
}

static void on_child_ended(uv_signal_t *handle, int number UNUSED)
{
    struct pool *pool = handle->data;
    struct link *next;
    for (struct link *at = pool->all.after; at != &pool->all; at = next) {
        next = at->after;
        sandbox_reap(MEMBER(at, in_all)->sandbox);
    }
    reap_orphans(pool);
}

/* The public side. */

void pool_submit(struct pool *pool, const struct sandbox_plan *plan,
                 const struct invocation *invocation)
{
    struct lane *lane = get_lane(pool, plan);
    pool->pending++;
    pool_enqueue(pool, lane, job_create(invocation));
}

static int count_kept(const struct pool *pool)
{
    int count = 0;
    for (const struct link *at = pool->lanes.after; at != &pool->lanes; at = at->after)
        count += LANE(at, in_lanes)->keep_wanted;
    return count;
}

/* Those that the lane keeps no more become like all others, and those that rest go at once. */
static void let_go(struct lane *lane)
{
    struct link *const lists[] = { &lane->down, &lane->idle };
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        while (!keep_holds(lane) && !link_is_alone(lists[i]))
            pool_discard_resting(MEMBER(lists[i]->after, in_lane));
}

struct pool_kept pool_keep(struct pool *pool, const struct sandbox_plan *plan,
                           const struct pool_keep *keep)
{
    struct lane *lane = get_lane(pool, plan);
    int others = count_kept(pool) - lane->keep_wanted;
    lane->keep = *keep;
    lane->keep_wanted = keep_fit(pool->ceiling, others, keep->count);
    lane->has_keep_failed = false;
    pool_hand_out_fresh(pool);
    let_go(lane);
    feed_starving(pool);
    keep_up(pool, lane);
    keep_all_up(pool);
    return keep_state(lane);
}

static void retire_lane(struct pool *pool, struct lane *lane)
{
    pool_hand_out_fresh(pool);
    lane->is_retired = true;
    lane->keep_wanted = 0;
    lane->keep = (struct pool_keep){ 0 };
    if (!lane->waiting.count)
        discard_all_resting(lane);
}

void pool_retire(struct pool *pool, const char *key)
{
    struct lane *lane = find_lane(pool, key, hash_string(key));
    if (lane)
        retire_lane(pool, lane);
    feed_starving(pool);
    keep_all_up(pool);
}

void pool_retire_all(struct pool *pool)
{
    each_lane(pool, retire_lane);
}

const struct function_api *pool_api(const struct pool *pool)
{
    return &pool->api;
}

size_t pool_pending(const struct pool *pool)
{
    return pool->pending;
}

/* Processes end: their exits must be seen, and writing to them must not end the server. */
static void watch_children(struct pool *pool)
{
    signal(SIGPIPE, SIG_IGN);
    pool->child_signal = xcalloc(1, sizeof(*pool->child_signal));
    uv_signal_init(loop_uv(pool->loop), pool->child_signal);
    pool->child_signal->data = pool;
    uv_signal_start(pool->child_signal, on_child_ended, SIGCHLD);
}

static void kill_predecessors(void *runtime_directory)
{
    strays_kill_predecessors(runtime_directory);
}

struct pool *pool_create(struct loop *loop, const struct pool_settings *settings,
                         struct error *error)
{
    bool is_left = access(settings->directory, F_OK) == 0; /* by a server that was killed */
    discard_take(settings->discard, settings->directory);
    if (!workspace_prepare(settings->directory, error))
        return NULL;
    char *directory = realpath(settings->directory, NULL);
    if (!directory) {
        error_set(error, NULL, "cannot find '%s': %s", settings->directory, strerror(errno));
        return NULL;
    }
    struct pool *pool = xcalloc(1, sizeof(*pool));
    pool->loop = loop;
    pool->directory = directory;
    pool->runtime_directory = workspace_runtime(directory);
    pool->api = settings->api;
    pool->api.url = settings->api.url ? xstrdup(settings->api.url) : NULL;
    pool->cpu_count = (int)sysconf(_SC_NPROCESSORS_ONLN);
    pool->ceiling = settings->ceiling ? settings->ceiling : machine_ceiling(pool->cpu_count);
    pool->is_ceiling_soft = !settings->ceiling;
    pool->stuck_us = STUCK_US;
    pool->host = (struct sandbox_host){ .loop = loop,
                                        .directory = pool->directory,
                                        .runtime_directory = pool->runtime_directory,
                                        .api = &pool->api,
                                        .system_root = system_root_create(pool->directory),
                                        .is_isolated = settings->is_isolated,
                                        .boot_max_ms = BOOT_MAX_MS,
                                        .take_job = on_take_job,
                                        .can_spare = on_can_spare,
                                        .on_free = on_free,
                                        .on_room = on_room,
                                        .on_returned = on_returned,
                                        .on_done = on_done,
                                        .on_gone = on_gone };
    link_init(&pool->all);
    link_init(&pool->resting);
    link_init(&pool->lanes);
    link_init(&pool->fresh);
    for (int i = 0; i < BUCKETS; i++)
        link_init(&pool->buckets[i]);
    pool->schedule = settings->schedule;
    pool->keepalive_ms = settings->keepalive_ms;
    pool->sweep_timer = loop_timer_start(loop, SWEEP_TICK_MS, SWEEP_TICK_MS, on_sweep_tick, pool);
    loop_before_sleep(loop, pool_dispatch, pool);
    watch_children(pool);
    if (is_left)
        loop_work(loop, kill_predecessors, free, xstrdup(pool->runtime_directory));
    return pool;
}

static void end_lane(struct pool *pool, struct lane *lane)
{
    struct job *job;
    while ((job = pool_dequeue(pool, lane))) {
        pool->pending--;
        job_end_unserved(job, lane->plan);
    }
}

static void forget_lane(struct pool *pool UNUSED, struct lane *lane)
{
    lane->count = 0;
    lane_destroy(lane);
}

static void on_signal_closed(uv_handle_t *handle)
{
    free(handle);
}

void pool_destroy(struct pool *pool)
{
    if (!pool)
        return;
    pool->is_stopping = true;
    loop_forget_hook(pool->loop, pool);
    while (!link_is_alone(&pool->all)) {
        struct member *member = MEMBER(pool->all.after, in_all);
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): on_gone unlinks what it frees */
        sandbox_destroy(member->sandbox);
        on_gone(member);
    }
    while (pool->waiting)
        each_lane(pool, end_lane);
    each_lane(pool, forget_lane);
    loop_timer_stop(&pool->waiting_timer);
    loop_timer_stop(&pool->memory_timer);
    loop_timer_stop(&pool->sweep_timer);
    schedule_clear(pool->schedule, &pool->expiry);
    uv_close((uv_handle_t *)pool->child_signal, on_signal_closed);
    package_remove(pool->directory);
    system_root_destroy(pool->host.system_root);
    free(pool->directory);
    free(pool->runtime_directory);
    free(pool->api.url);
    free(pool);
}
