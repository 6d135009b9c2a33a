#include "rollout/minutes.h"

enum { SETTLING_MS = 60000, SAME_MS = 20000 };

static int64_t minute_of(int64_t time_ms)
{
    return time_ms / MINUTES_MS * MINUTES_MS;
}

void minutes_begin(struct minutes *minutes, int64_t now_ms)
{
    int64_t from_ms = minute_of(now_ms + MINUTES_MS - 1);
    *minutes = (struct minutes){ .from_ms = from_ms, .settled_ms = from_ms };
}

/* The minutes before, by a clock that was ahead, have been counted and stay so. */
void minutes_set_back(struct minutes *minutes, int64_t by_ms)
{
    int64_t settled_ms = minute_of(minutes->settled_ms - by_ms);
    int64_t routed_ms = minutes->routed_ms - by_ms;
    minutes_begin(minutes, minutes->from_ms - by_ms);
    minutes->routed_ms = routed_ms;
    if (settled_ms > minutes->from_ms)
        minutes->settled_ms = settled_ms;
}

static void add(struct version_metrics *sum, const struct version_metrics *more)
{
    sum->invocations += more->invocations;
    sum->errors += more->errors;
    sum->throttles += more->throttles;
}

static bool is_same(double a, double b)
{
    return !(a < b) && !(a > b);
}

static bool are_same(const struct version_metrics *a, const struct version_metrics *b)
{
    return is_same(a->invocations, b->invocations) && is_same(a->errors, b->errors) &&
           is_same(a->throttles, b->throttles);
}

/* Is the next minute, as it is told now, told to its end? */
static bool is_settled(struct minutes *minutes, const struct minute_counts *told, int64_t now_ms)
{
    int64_t age_ms = now_ms - minutes->settled_ms - MINUTES_MS;
    bool is_as_before = minutes->last_ms == minutes->settled_ms &&
                        are_same(&minutes->last.base, &told->base) &&
                        are_same(&minutes->last.canary, &told->canary);
    if (age_ms >= MINUTES_LATE_MS)
        return true;
    if (!is_as_before) {
        minutes->last = *told;
        minutes->last_ms = minutes->settled_ms;
        minutes->same_since_ms = now_ms;
        return false;
    }
    return age_ms >= SETTLING_MS && now_ms - minutes->same_since_ms >= SAME_MS &&
           told->base.invocations > 0 && told->has_base_errors && told->canary.invocations > 0 &&
           told->has_canary_errors;
}

struct minute_counts minutes_take(struct minutes *minutes, const struct minute_counts *told,
                                  size_t count, int64_t now_ms)
{
    struct minute_counts sums = { 0 };
    for (size_t i = 0; i < count; i++) {
        int64_t start_ms = minutes->from_ms + (int64_t)i * MINUTES_MS;
        if (start_ms == minutes->settled_ms && is_settled(minutes, &told[i], now_ms))
            minutes->settled_ms += MINUTES_MS;
        if (start_ms >= minutes->settled_ms)
            break;
        add(&sums.base, &told[i].base);
        add(&sums.canary, &told[i].canary);
        if (start_ms >= minutes->routed_ms)
            continue;
        sums.base_early += told[i].base.invocations;
        sums.canary_early += told[i].canary.invocations;
    }
    return sums;
}

bool minutes_are_behind(const struct minutes *minutes, int64_t until_ms)
{
    return minutes->settled_ms < minute_of(until_ms);
}
