/* backoff: how long a call is tried, and how far apart. */
#include "aws/backoff.h"

#include "support/suite.h"

enum { MINUTE_US = 60000000, US_PER_MS = 1000 };

/* Tries until it is given up, on a clock that only the waits move; how many there were. */
static int count_tries(struct random_stream *stream, bool is_throttled, int64_t patience_us,
                       int64_t *waited_us_out)
{
    struct backoff backoff = { .jitter = stream, .patient_until_us = patience_us };
    int64_t now_us = 0;
    int tries = 1;
    int64_t wait_ms;
    while ((wait_ms = backoff_next_ms(&backoff, is_throttled, 0, now_us)) >= 0) {
        int64_t limit_ms = tries < 9 ? (int64_t)BACKOFF_FIRST_MS << (tries - 1) : BACKOFF_MAX_MS;
        ck_assert_int_le(wait_ms, limit_ms < BACKOFF_MAX_MS ? limit_ms : BACKOFF_MAX_MS);
        now_us += wait_ms * US_PER_MS;
        tries++;
        ck_assert_int_lt(tries, 10000);
    }
    *waited_us_out = now_us;
    return tries;
}

START_TEST(throttling_is_waited_out_and_nothing_else)
{
    random_set_seed(20261126);
    struct random_stream stream = random_stream_for("backoff");
    for (int run = 0; run < 200; run++) {
        int64_t waited_us;
        ck_assert_int_eq(count_tries(&stream, false, 10 * MINUTE_US, &waited_us), BACKOFF_TRIES);
        ck_assert_int_le(waited_us, 1500 * US_PER_MS);
        ck_assert_int_eq(count_tries(&stream, true, 0, &waited_us), BACKOFF_TRIES);
        int tries = count_tries(&stream, true, 10 * MINUTE_US, &waited_us);
        ck_assert_int_ge(waited_us, 10 * MINUTE_US);
        ck_assert_int_le(waited_us, 10 * MINUTE_US + BACKOFF_MAX_MS * (int64_t)US_PER_MS);
        /* 8 quick ones, then one in 10 s on average: 59 of them, with a deviation of 4.4. */
        ck_assert_int_gt(tries, 8 + 59 - 30);
        ck_assert_int_lt(tries, 8 + 59 + 30);
    }
}
END_TEST

/* However long it was throttled before: what fails in another way is tried five times of its own.
 */
START_TEST(throttled_tries_are_not_counted_among_the_others)
{
    random_set_seed(20261126);
    struct random_stream stream = random_stream_for("backoff");
    struct backoff backoff = { .jitter = &stream, .patient_until_us = MINUTE_US };
    for (int i = 0; i < 20; i++)
        ck_assert_int_ge(backoff_next_ms(&backoff, true, 0, 0), 0);
    for (int i = 1; i < BACKOFF_TRIES; i++)
        ck_assert_int_ge(backoff_next_ms(&backoff, false, 0, 0), 0);
    ck_assert_int_eq(backoff_next_ms(&backoff, false, 0, 0), -1);
}
END_TEST

START_TEST(what_aws_asks_for_is_waited_while_there_is_patience)
{
    random_set_seed(20261126);
    struct random_stream stream = random_stream_for("backoff");
    struct backoff patient = { .jitter = &stream, .patient_until_us = MINUTE_US };
    ck_assert_int_eq(backoff_next_ms(&patient, true, 30000, 0), 30000);
    ck_assert_int_eq(backoff_next_ms(&patient, true, 3600000, MINUTE_US / 2), 30001);
    struct backoff hasty = { .jitter = &stream };
    ck_assert_int_eq(backoff_next_ms(&hasty, true, BACKOFF_HASTY_MS, 0), BACKOFF_HASTY_MS);
    ck_assert_int_eq(backoff_next_ms(&hasty, true, BACKOFF_HASTY_MS + 1, 0), -1);
    struct backoff failed = { .jitter = &stream, .patient_until_us = MINUTE_US };
    ck_assert_int_le(backoff_next_ms(&failed, false, 30000, 0), BACKOFF_FIRST_MS);
}
END_TEST

/* Who was refused at the same moment must not come back at the same moment. */
START_TEST(waits_are_spread_over_all_of_their_range)
{
    random_set_seed(20261126);
    struct random_stream stream = random_stream_for("backoff");
    int quarters[4] = { 0 };
    for (int run = 0; run < 4000; run++) {
        struct backoff backoff = { .jitter = &stream, .patient_until_us = 1, .tries = 20 };
        quarters[backoff_next_ms(&backoff, true, 0, 0) * 4 / BACKOFF_MAX_MS]++;
    }
    /* Of 4000, 1000 in each; deviation 27.4. Beyond six of them: 4 x 2e-9 by chance, and
     * the seed is fixed. */
    for (int i = 0; i < 4; i++)
        ck_assert_int_le(abs(quarters[i] - 1000), 164);
}
END_TEST

SUITE("backoff", throttling_is_waited_out_and_nothing_else,
      throttled_tries_are_not_counted_among_the_others,
      what_aws_asks_for_is_waited_while_there_is_patience, waits_are_spread_over_all_of_their_range)
