/* minutes: which of them CloudWatch has told to their end. */
#include "rollout/minutes.h"

#include "support/suite.h"

enum { MINUTE_MS = MINUTES_MS, SECOND_MS = 1000, READ_MS = 10000 };

static const int64_t base_ms = INT64_C(1760951400000); /* a whole minute */

static struct minutes begin(void)
{
    struct minutes minutes;
    ck_assert_int_eq(base_ms % MINUTE_MS, 0);
    minutes_begin(&minutes, base_ms);
    ck_assert_int_eq(minutes.from_ms, base_ms);
    minutes_begin(&minutes, base_ms + 1 - MINUTE_MS);
    ck_assert_int_eq(minutes.from_ms, base_ms);
    return minutes;
}

static struct minute_counts counts(double base, double canary)
{
    return (struct minute_counts){ .base = { .invocations = base },
                                   .canary = { .invocations = canary },
                                   .has_base_errors = base > 0,
                                   .has_canary_errors = canary > 0 };
}

/* Reads every ten seconds, and is told each time the same of each minute; how old the first one
 * was, behind its end, when it counted. */
static int64_t age_when_counted(struct minute_counts told)
{
    struct minutes minutes = begin();
    const struct minute_counts all[8] = { told, told, told, told, told, told, told, told };
    for (int64_t now_ms = base_ms;; now_ms += READ_MS) {
        struct minute_counts sums =
            minutes_take(&minutes, all, (size_t)((now_ms - base_ms) / MINUTE_MS) + 1, now_ms);
        ck_assert_int_lt(now_ms, base_ms + 6 * (int64_t)MINUTE_MS);
        if (minutes.settled_ms > base_ms)
            return now_ms - base_ms - MINUTE_MS;
        ck_assert(sums.base.invocations <= 0 && sums.canary.invocations <= 0);
    }
}

START_TEST(a_minute_counts_when_it_is_told_of_both_versions_and_does_not_change)
{
    struct minute_counts whole = counts(90, 10);
    ck_assert_int_eq(age_when_counted(whole), 60 * SECOND_MS);
    ck_assert_int_eq(age_when_counted(counts(1, 1)), 60 * SECOND_MS);
    ck_assert_int_eq(age_when_counted(counts(90, 0)), MINUTES_LATE_MS);
    ck_assert_int_eq(age_when_counted(counts(0, 10)), MINUTES_LATE_MS);
    ck_assert_int_eq(age_when_counted(counts(0, 0)), MINUTES_LATE_MS);
    whole.has_canary_errors = false;
    ck_assert_int_eq(age_when_counted(whole), MINUTES_LATE_MS);
    whole.has_canary_errors = true;
    whole.has_base_errors = false;
    ck_assert_int_eq(age_when_counted(whole), MINUTES_LATE_MS);
    /* Of errors it may have been told before the requests. */
    whole.has_base_errors = true;
    whole.base.invocations = 0;
    ck_assert_int_eq(age_when_counted(whole), MINUTES_LATE_MS);
    whole.base.invocations = 90;
    whole.canary.invocations = 0;
    ck_assert_int_eq(age_when_counted(whole), MINUTES_LATE_MS);
}
END_TEST

START_TEST(a_minute_that_grows_is_not_counted_until_it_stands)
{
    struct minutes minutes = begin();
    struct minute_counts told = counts(90, 1);
    int64_t now_ms = base_ms + 2 * (int64_t)MINUTE_MS;
    for (int i = 0; i < 4; i++) {
        told.canary.invocations++;
        ck_assert(minutes_take(&minutes, &told, 1, now_ms).base.invocations <= 0);
        now_ms += READ_MS;
    }
    told.canary.errors = 1;
    ck_assert(minutes_take(&minutes, &told, 1, now_ms).base.invocations <= 0);
    ck_assert(minutes_take(&minutes, &told, 1, now_ms + 19999).base.invocations <= 0);
    struct minute_counts sums = minutes_take(&minutes, &told, 1, now_ms + 20000);
    ck_assert_double_eq(sums.base.invocations, 90);
    ck_assert_double_eq(sums.canary.invocations, 5);
    ck_assert_double_eq(sums.canary.errors, 1);
}
END_TEST

/* What comes still later is added; the minutes behind one that is not told wait for it. */
START_TEST(minutes_count_in_their_order)
{
    struct minutes minutes = begin();
    struct minute_counts told[3] = { counts(90, 0), counts(80, 8), counts(70, 7) };
    int64_t old_ms = base_ms + MINUTE_MS + MINUTES_LATE_MS;
    ck_assert(minutes_take(&minutes, told, 3, old_ms - 1).base.invocations <= 0);
    ck_assert(minutes_are_behind(&minutes, base_ms + MINUTE_MS));
    ck_assert(!minutes_are_behind(&minutes, base_ms + MINUTE_MS - 1));
    ck_assert_double_eq(minutes_take(&minutes, told, 3, old_ms).base.invocations, 90);
    ck_assert(!minutes_are_behind(&minutes, base_ms + 2 * MINUTE_MS - 1));
    ck_assert(minutes_are_behind(&minutes, base_ms + 2 * MINUTE_MS));
    told[0].canary = (struct version_metrics){ .invocations = 9, .throttles = 2 };
    told[2].canary.throttles = 3;
    struct minute_counts sums = minutes_take(&minutes, told, 3, old_ms + 2 * MINUTE_MS);
    ck_assert_double_eq(sums.base.invocations, 240);
    ck_assert_double_eq(sums.canary.invocations, 24);
    ck_assert_double_eq(sums.canary.throttles, 5);
}
END_TEST

START_TEST(minutes_that_began_while_the_weights_were_new_are_early)
{
    struct minutes minutes = begin();
    const struct minute_counts told[3] = { counts(90, 1), counts(80, 2), counts(70, 7) };
    minutes.routed_ms = base_ms + MINUTE_MS + 1;
    minutes_take(&minutes, told, 1, base_ms + 6 * (int64_t)MINUTE_MS);
    minutes_take(&minutes, told, 2, base_ms + 6 * (int64_t)MINUTE_MS);
    struct minute_counts sums = minutes_take(&minutes, told, 3, base_ms + 6 * (int64_t)MINUTE_MS);
    ck_assert_double_eq(sums.base.invocations, 240);
    ck_assert_double_eq(sums.base_early, 170);
    ck_assert_double_eq(sums.canary_early, 3);
    minutes_set_back(&minutes, MINUTE_MS);
    ck_assert_int_eq(minutes.routed_ms, base_ms + 1);
}
END_TEST

START_TEST(a_clock_that_is_set_back_makes_no_minute_count_twice)
{
    struct minutes minutes = begin();
    minutes.settled_ms = base_ms + 5 * (int64_t)MINUTE_MS;
    minutes_set_back(&minutes, 90 * (int64_t)SECOND_MS);
    ck_assert_int_eq(minutes.from_ms, base_ms - MINUTE_MS);
    ck_assert_int_eq(minutes.settled_ms, base_ms + 3 * (int64_t)MINUTE_MS);
    minutes_set_back(&minutes, 10 * (int64_t)MINUTE_MS);
    ck_assert_int_eq(minutes.from_ms, base_ms - 11 * (int64_t)MINUTE_MS);
}
END_TEST

SUITE("minutes", a_minute_counts_when_it_is_told_of_both_versions_and_does_not_change,
      a_minute_that_grows_is_not_counted_until_it_stands, minutes_count_in_their_order,
      minutes_that_began_while_the_weights_were_new_are_early,
      a_clock_that_is_set_back_makes_no_minute_count_twice)
