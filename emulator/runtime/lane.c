/*
 * Waiting lists and the arithmetic of growth. A new process costs a boot; it pays when the
 * expected wait (mean duration of the handler, times those who wait, over those who work) is not
 * well below that. A mean can be wrong, so nobody waits longer than two boots.
 */
#include "runtime/lane.h"

#include <assert.h>
#include <math.h>

#include "clock.h"
#include "runtime/frame_channel.h"
#include "xalloc.h"

enum { COLD_GUESS_MS = 100, OVERDUE_BOOTS = 2 };

static const double learning_rate = 0.2;
static const double worthwhile_share = 0.5; /* of a boot */
static const double quick_ms = 0.05;        /* a handler: less than it takes to wake a process */
static const double ahead_wait_ms = 0.4;

static const char *const *copy_all(struct arena *arena, const char *const *strings)
{
    size_t count = 0;
    while (strings && strings[count])
        count++;
    const char **copies = arena_alloc(arena, (count + 1) * sizeof(*copies));
    for (size_t i = 0; i < count; i++)
        copies[i] = arena_copy_string(arena, strings[i]);
    return copies;
}

void sandbox_plan_copy(const struct sandbox_plan *plan, struct arena *arena,
                       struct sandbox_plan *copy_out)
{
    *copy_out = *plan;
    copy_out->key = arena_copy_string(arena, plan->key);
    copy_out->runtime = arena_copy_string(arena, plan->runtime);
    copy_out->handler = arena_copy_string(arena, plan->handler);
    copy_out->code_directory = arena_copy_string(arena, plan->code_directory);
    copy_out->layers_directory = arena_copy_string(arena, plan->layers_directory);
    copy_out->function_name = arena_copy_string(arena, plan->function_name);
    copy_out->version = arena_copy_string(arena, plan->version);
    copy_out->region = arena_copy_string(arena, plan->region);
    copy_out->account = arena_copy_string(arena, plan->account);
    copy_out->role = arena_copy_string(arena, plan->role);
    copy_out->log_group = arena_copy_string(arena, plan->log_group);
    copy_out->variables = copy_all(arena, plan->variables);
}

struct lane *lane_create(const struct sandbox_plan *plan, uint64_t hash)
{
    struct lane *lane = xcalloc(1, sizeof(*lane));
    struct sandbox_plan *kept = arena_alloc(&lane->arena, sizeof(*kept));
    sandbox_plan_copy(plan, &lane->arena, kept);
    lane->plan = kept;
    lane->hash = hash;
    lane->average_ms = -1;
    lane->handler_ms = -1;
    lane->cold_ms = COLD_GUESS_MS;
    link_init(&lane->in_bucket);
    link_init(&lane->in_lanes);
    link_init(&lane->in_fresh);
    link_init(&lane->busy);
    link_init(&lane->idle);
    link_init(&lane->down);
    return lane;
}

void lane_destroy(struct lane *lane)
{
    assert(lane->count == 0 && lane->waiting.count == 0);
    link_remove(&lane->in_bucket);
    link_remove(&lane->in_lanes);
    link_remove(&lane->in_fresh);
    arena_clear(&lane->arena);
    free(lane);
}

int lane_active(const struct lane *lane)
{
    return lane->count - lane->resting;
}

bool lane_has_left_over(const struct lane *lane)
{
    return lane->waiting.count > lane->fresh;
}

bool lane_wants_more(const struct lane *lane)
{
    int active = lane_active(lane);
    if (lane->waiting.count <= lane->starting)
        return false;
    if (active == 0 || lane->average_ms < 0)
        return true;
    return lane->average_ms * lane->waiting.count / active > lane->cold_ms * worthwhile_share;
}

bool lane_is_overdue(const struct lane *lane)
{
    if (!lane->waiting.first || lane->waiting.count <= lane->starting)
        return false;
    int64_t waited_us = clock_monotonic_us() - lane->waiting.first->submitted_us;
    return (double)waited_us / 1000 > OVERDUE_BOOTS * lane->cold_ms;
}

int lane_ahead_max(const struct lane *lane)
{
    if (lane->handler_ms < 0 || lane->handler_ms > quick_ms || lane->has_unmarked)
        return 0;
    return lane->handler_ms * FRAMES_AHEAD_MAX <= ahead_wait_ms
               ? FRAMES_AHEAD_MAX
               : (int)(ahead_wait_ms / lane->handler_ms);
}

/* A moving mean; < 0: of nothing. */
static void learn(double *mean, double value)
{
    *mean = *mean < 0 ? value : *mean + learning_rate * (value - *mean);
}

/* A process that had to leave its processor took long, and says little of the handler. */
static double temper(double value, double mean)
{
    return mean < 0 ? value : fmin(value, 2 * fmax(mean, quick_ms / 10));
}

/* What a process prints that is about to end says nothing of the others. */
void lane_learn(struct lane *lane, const struct invocation_result *result)
{
    lane->has_unmarked |= result->has_unmarked && result->end == INVOCATION_OK;
    if (result->init_ms >= 0)
        learn(&lane->cold_ms, result->init_ms);
    learn(&lane->average_ms, result->duration_ms);
    learn(&lane->handler_ms, temper(result->handler_ms, lane->handler_ms));
}
