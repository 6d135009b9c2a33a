/*
 * Waiting lists and the arithmetic of growth. A new process costs a boot; it pays when the
 * expected wait (mean duration of the handler, times those who wait, over those who work) is not
 * well below that. A mean can be wrong, so nobody waits longer than two boots.
 */
#include "runtime/lane.h"

#include <assert.h>

#include "clock.h"
#include "xalloc.h"

enum { COLD_GUESS_MS = 100, OVERDUE_BOOTS = 2 };

static const double learning_rate = 0.2;
static const double worthwhile_share = 0.5; /* of a boot */

/* FNV-1a, 64 bits (Fowler, Noll, Vo). */
uint64_t lane_hash(const char *key)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 0x100000001b3;
    return hash;
}

static const char *copy(struct arena *arena, const char *string)
{
    return string ? arena_copy(arena, text_from(string)) : NULL;
}

static const char *const *copy_all(struct arena *arena, const char *const *strings)
{
    size_t count = 0;
    while (strings && strings[count])
        count++;
    const char **copies = arena_alloc(arena, (count + 1) * sizeof(*copies));
    for (size_t i = 0; i < count; i++)
        copies[i] = copy(arena, strings[i]);
    return copies;
}

void sandbox_plan_copy(const struct sandbox_plan *plan, struct arena *arena,
                       struct sandbox_plan *copy_out)
{
    *copy_out = *plan;
    copy_out->key = copy(arena, plan->key);
    copy_out->runtime = copy(arena, plan->runtime);
    copy_out->handler = copy(arena, plan->handler);
    copy_out->code_directory = copy(arena, plan->code_directory);
    copy_out->layers_directory = copy(arena, plan->layers_directory);
    copy_out->function_name = copy(arena, plan->function_name);
    copy_out->version = copy(arena, plan->version);
    copy_out->region = copy(arena, plan->region);
    copy_out->account = copy(arena, plan->account);
    copy_out->log_group = copy(arena, plan->log_group);
    copy_out->variables = copy_all(arena, plan->variables);
}

struct lane *lane_create(const struct sandbox_plan *plan, uint64_t hash)
{
    struct lane *lane = xcalloc(1, sizeof(*lane));
    struct sandbox_plan *kept = arena_alloc(&lane->arena, sizeof(*kept));
    sandbox_plan_copy(plan, &lane->arena, kept);
    lane->plan = kept;
    lane->hash = hash;
    lane->last_waiting = &lane->first_waiting;
    lane->average_ms = -1;
    lane->cold_ms = COLD_GUESS_MS;
    link_init(&lane->in_bucket);
    link_init(&lane->in_lanes);
    link_init(&lane->idle);
    link_init(&lane->down);
    return lane;
}

void lane_destroy(struct lane *lane)
{
    assert(lane->count == 0 && lane->waiting == 0);
    link_remove(&lane->in_bucket);
    link_remove(&lane->in_lanes);
    arena_clear(&lane->arena);
    free(lane);
}

void lane_enqueue(struct lane *lane, struct job *job)
{
    job->next = NULL;
    *lane->last_waiting = job;
    lane->last_waiting = &job->next;
    lane->waiting++;
}

struct job *lane_dequeue(struct lane *lane)
{
    struct job *job = lane->first_waiting;
    if (!job)
        return NULL;
    lane->first_waiting = job->next;
    if (!lane->first_waiting)
        lane->last_waiting = &lane->first_waiting;
    lane->waiting--;
    return job;
}

int lane_active(const struct lane *lane)
{
    return lane->count - lane->resting;
}

bool lane_wants_more(const struct lane *lane)
{
    int active = lane_active(lane);
    if (lane->waiting <= lane->starting)
        return false;
    if (active == 0 || lane->average_ms < 0)
        return true;
    return lane->average_ms * lane->waiting / active > lane->cold_ms * worthwhile_share;
}

bool lane_is_overdue(const struct lane *lane)
{
    if (!lane->first_waiting || lane->waiting <= lane->starting)
        return false;
    int64_t waited_us = clock_monotonic_us() - lane->first_waiting->submitted_us;
    return (double)waited_us / 1000 > OVERDUE_BOOTS * lane->cold_ms;
}

static double mix(double old, double new)
{
    return old + learning_rate * (new - old);
}

void lane_learn(struct lane *lane, const struct invocation_result *result)
{
    if (result->init_ms >= 0)
        lane->cold_ms = mix(lane->cold_ms, result->init_ms);
    lane->average_ms =
        lane->average_ms < 0 ? result->duration_ms : mix(lane->average_ms, result->duration_ms);
}
