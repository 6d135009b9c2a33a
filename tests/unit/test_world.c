/* world: its time passes as the rollout's does, whoever sets the machine's clock. */
#include "rollout/world.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "support/suite.h"

enum { HOUR_MS = 3600000, MINUTE_MS = 60000 };

static int64_t set_s; /* by how much somebody has set the machine's clock */

/* In place of libc's. */
int clock_gettime(clockid_t clock, struct timespec *time)
{
    int failure = (int)syscall(SYS_clock_gettime, clock, time);
    if (clock == CLOCK_REALTIME)
        time->tv_sec += set_s;
    return failure;
}

static struct world make_world(struct api *api)
{
    struct error error = { 0 };
    struct world world;
    ck_assert_msg(world_init(&world, api, NULL, false, &error), "%s", error.message);
    return world;
}

/* The tests give what passes meanwhile a minute. */
static void check_near(int64_t time_ms, int64_t from_ms)
{
    ck_assert_int_ge(time_ms, from_ms);
    ck_assert_int_lt(time_ms, from_ms + MINUTE_MS);
}

START_TEST(a_clock_that_is_set_makes_no_step_longer_or_shorter)
{
    static const int64_t sets_s[] = { -3600, 3600 };
    for (size_t i = 0; i < COUNT_OF(sets_s); i++) {
        struct api api = { 0 }; /* AWS's: asked nothing here */
        struct world world = make_world(&api);
        int64_t before_ms = world_now_ms(&world);
        check_near(before_ms, clock_true_ms() - MINUTE_MS + 1);
        set_s = sets_s[i];
        check_near(world_now_ms(&world), before_ms);
        set_s = 0;
        world_clear(&world);
    }
}
END_TEST

START_TEST(cloudwatch_is_asked_by_the_machines_clock_as_a_step_began)
{
    struct api api = { 0 };
    struct world world = make_world(&api);
    int64_t begun_ms = world_now_ms(&world);
    ck_assert_int_eq(world_aws_ms(&world, begun_ms), begun_ms);
    set_s = -3600;
    ck_assert_int_eq(world_aws_ms(&world, begun_ms), begun_ms);
    world_compare_clocks(&world);
    int64_t aws_ms = world_aws_ms(&world, begun_ms);
    check_near(aws_ms, begun_ms - HOUR_MS - MINUTE_MS / 2);
    ck_assert_int_eq(world_own_ms(&world, aws_ms), begun_ms);
    world_compare_clocks(&world); /* nobody sets it by the milliseconds between two readings */
    ck_assert_int_eq(world_aws_ms(&world, begun_ms), aws_ms);
    world_clear(&world);
}
END_TEST

/* Whoever sets it knows the time better than the step did when it began. */
START_TEST(a_clock_that_is_set_back_within_a_step_takes_its_metrics_along)
{
    struct api api = { 0 };
    struct world world = make_world(&api);
    struct plan plan = { 0 };
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(evidence_clear) struct evidence seen = { 0 };
    int64_t begun_ms = world_now_ms(&world);
    world.plan = &plan;
    world.live_from_ms = begun_ms / MINUTE_MS * MINUTE_MS;
    set_s = -3600;
    ck_assert(world_observe(&world, false, &seen, &error));
    check_near(seen.shifted_ms, HOUR_MS - MINUTE_MS / 2);
    ck_assert_int_eq(world_aws_ms(&world, begun_ms), begun_ms - seen.shifted_ms);
    ck_assert_int_ge(world.live_from_ms, begun_ms / MINUTE_MS * MINUTE_MS - seen.shifted_ms);
    ck_assert_int_eq(world.live_from_ms % MINUTE_MS, 0);
    ck_assert(world_observe(&world, false, &seen, &error));
    ck_assert_int_eq(seen.shifted_ms, 0); /* it is told once */
    set_s = 0;
    world_clear(&world);
}
END_TEST

SUITE("world", a_clock_that_is_set_makes_no_step_longer_or_shorter,
      cloudwatch_is_asked_by_the_machines_clock_as_a_step_began,
      a_clock_that_is_set_back_within_a_step_takes_its_metrics_along)
