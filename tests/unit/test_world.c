/* world: its time passes as the rollout's does, whoever sets the machine's clock. */
#include "rollout/world.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "support/suite.h"

enum { HOUR_MS = 3600000, MINUTE_MS = 60000 };

/* What the machine's clocks say: they stand unless the test moves them. */
static int64_t real_ms = INT64_C(1760951412345);
static int64_t elapsed_ms = 5000;
static int64_t held_up_ms; /* how long this process is kept waiting behind each reading */

static void pass(int64_t ms)
{
    real_ms += ms;
    elapsed_ms += ms;
}

/* In place of libc's. */
int clock_gettime(clockid_t clock, struct timespec *time)
{
    int64_t now_ms = clock == CLOCK_REALTIME ? real_ms : elapsed_ms;
    if (clock != CLOCK_REALTIME && clock != CLOCK_BOOTTIME)
        return (int)syscall(SYS_clock_gettime, clock, time);
    *time = (struct timespec){ now_ms / 1000, now_ms % 1000 * 1000000 };
    pass(held_up_ms);
    return 0;
}

static struct world make_world(struct api *api)
{
    struct error error = { 0 };
    struct world world;
    ck_assert_msg(world_init(&world, api, NULL, false, &error), "%s", error.message);
    return world;
}

START_TEST(a_clock_that_is_set_makes_no_step_longer_or_shorter)
{
    static const int64_t sets_ms[] = { -HOUR_MS, HOUR_MS };
    for (size_t i = 0; i < COUNT_OF(sets_ms); i++) {
        struct api api = { 0 }; /* AWS's: asked nothing here */
        struct world world = make_world(&api);
        int64_t before_ms = world_now_ms(&world);
        ck_assert_int_eq(before_ms, real_ms);
        real_ms += sets_ms[i];
        ck_assert_int_eq(world_now_ms(&world), before_ms);
        pass(20);
        ck_assert_int_eq(world_now_ms(&world), before_ms + 20);
        world_clear(&world);
    }
}
END_TEST

/* A second is what nobody sets a clock by, and what lies at most between two readings. */
START_TEST(cloudwatch_is_asked_by_the_machines_clock_as_a_step_began)
{
    struct api api = { 0 };
    struct world world = make_world(&api);
    int64_t begun_ms = world_now_ms(&world);
    ck_assert_int_eq(world_aws_ms(&world, begun_ms), begun_ms);
    real_ms -= HOUR_MS;
    ck_assert_int_eq(world_aws_ms(&world, begun_ms), begun_ms);
    world_compare_clocks(&world);
    ck_assert_int_eq(world_aws_ms(&world, begun_ms), begun_ms - HOUR_MS);
    ck_assert_int_eq(world_own_ms(&world, begun_ms - HOUR_MS), begun_ms);
    pass(MINUTE_MS);
    real_ms += 999;
    world_compare_clocks(&world);
    ck_assert_int_eq(world_aws_ms(&world, begun_ms), begun_ms - HOUR_MS);
    real_ms += 1;
    world_compare_clocks(&world);
    ck_assert_int_eq(world_aws_ms(&world, begun_ms), begun_ms - HOUR_MS + 1000);
    world_clear(&world);
}
END_TEST

/* Another look tells what this one could not. */
/* What AWS has said of its time: the machine's clock may be minutes off, and whoever sets it
 * changes nothing. */
START_TEST(cloudwatch_is_asked_by_awss_clock_once_that_is_known)
{
    struct api api = { .aws_ahead_ms = real_ms - elapsed_ms + 3 * MINUTE_MS };
    struct world world = make_world(&api);
    int64_t begun_ms = world_now_ms(&world);
    ck_assert_int_eq(begun_ms, real_ms + 3 * MINUTE_MS);
    real_ms -= HOUR_MS;
    world_compare_clocks(&world);
    ck_assert_int_eq(world_aws_ms(&world, begun_ms), begun_ms);
    api.aws_ahead_ms -= MINUTE_MS; /* it was told better */
    world_compare_clocks(&world);
    ck_assert_int_eq(world_aws_ms(&world, begun_ms), begun_ms - MINUTE_MS);
    world_clear(&world);
}
END_TEST

START_TEST(a_process_that_was_held_up_takes_no_clock_for_set)
{
    struct api api = { 0 };
    struct world world = make_world(&api);
    int64_t begun_ms = world_now_ms(&world);
    held_up_ms = 5000;
    world_compare_clocks(&world);
    ck_assert_int_eq(world_aws_ms(&world, begun_ms), begun_ms);
    real_ms -= HOUR_MS;
    world_compare_clocks(&world);
    held_up_ms = 0;
    world_compare_clocks(&world);
    ck_assert_int_eq(world_aws_ms(&world, begun_ms), begun_ms - HOUR_MS);
    world_clear(&world);
}
END_TEST

/* Whoever sets it knows the time better than the step did when it began. */
START_TEST(a_clock_that_is_set_back_within_a_step_takes_its_metrics_along)
{
    static const struct {
        int64_t set_ms;
        int64_t live_ms; /* since when a minute may count, back from the one that has begun */
    } rows[] = { { HOUR_MS, HOUR_MS }, { HOUR_MS + 1, HOUR_MS }, { HOUR_MS - 1, 59 * MINUTE_MS } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct api api = { 0 };
        struct world world = make_world(&api);
        struct plan plan = { 0 };
        CLEANUP(error_clear) struct error error = { 0 };
        CLEANUP(evidence_clear) struct evidence seen = { 0 };
        int64_t begun_ms = world_now_ms(&world);
        int64_t minute_ms = begun_ms / MINUTE_MS * MINUTE_MS;
        world.plan = &plan;
        world.live_minutes.from_ms = minute_ms;
        real_ms -= rows[i].set_ms;
        ck_assert(world_observe(&world, false, &seen, &error));
        ck_assert_int_eq(seen.shifted_ms, rows[i].set_ms);
        ck_assert_int_eq(world_aws_ms(&world, begun_ms), begun_ms - rows[i].set_ms);
        ck_assert_int_eq(world.live_minutes.from_ms, minute_ms - rows[i].live_ms);
        ck_assert(world_observe(&world, false, &seen, &error));
        ck_assert_int_eq(seen.shifted_ms, 0); /* it is told once */
        world_clear(&world);
    }
}
END_TEST

SUITE("world", a_clock_that_is_set_makes_no_step_longer_or_shorter,
      cloudwatch_is_asked_by_the_machines_clock_as_a_step_began,
      cloudwatch_is_asked_by_awss_clock_once_that_is_known,
      a_process_that_was_held_up_takes_no_clock_for_set,
      a_clock_that_is_set_back_within_a_step_takes_its_metrics_along)
