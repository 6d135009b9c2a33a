/* judge: decisions from observations, without time or network. */
#include "judge/judge.h"

#include <string.h>

#include "support/suite.h"

static const struct policy policy = { .weight = 0.1, .max_error_rate = 0.01, .min_requests = 10 };

START_TEST(the_end_of_the_traffic_has_one_verdict)
{
    static const struct {
        struct observation seen;
        enum verdict verdict;
        const char *word; /* of the reason */
    } rows[] = {
        { { 9, 0, 91, 0 }, VERDICT_INCONCLUSIVE, "only 9" },
        { { 100, 0, 900, 0 }, VERDICT_PROMOTE, "0 of 100" },
        { { 100, 1, 900, 9 }, VERDICT_PROMOTE, "1 of 100" },
        { { 100, 2, 900, 0 }, VERDICT_ROLL_BACK, "limit is 1 %" },
        { { 2000, 19, 18000, 20 }, VERDICT_ROLL_BACK, "Fisher" },
        { { 0, 0, 0, 0 }, VERDICT_INCONCLUSIVE, "only 0" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct judgement judgement = judge_final(&rows[i].seen, &policy);
        ck_assert_msg(judgement.verdict == rows[i].verdict, "row %zu: %s", i, judgement.reason);
        ck_assert_msg(strstr(judgement.reason, rows[i].word) != NULL, "row %zu: %s", i,
                      judgement.reason);
    }
}
END_TEST

START_TEST(a_running_canary_is_stopped_only_beyond_doubt)
{
    const struct observation good = { 500, 5, 4500, 40 };
    const struct observation unlucky = { 3, 1, 30, 0 };
    const struct observation bad = { 10, 6, 90, 0 };
    ck_assert_int_eq(judge_running(&good, &policy).verdict, VERDICT_CONTINUE);
    ck_assert_int_eq(judge_running(&unlucky, &policy).verdict, VERDICT_CONTINUE);
    ck_assert_int_eq(judge_running(&bad, &policy).verdict, VERDICT_ROLL_BACK);
}
END_TEST

START_TEST(no_errors_tolerated_means_none)
{
    const struct policy strict = { .weight = 0.1, .max_error_rate = 0, .min_requests = 1 };
    const struct observation one = { 50, 1, 450, 0 };
    const struct observation none = { 50, 0, 450, 0 };
    ck_assert_int_eq(judge_running(&one, &strict).verdict, VERDICT_ROLL_BACK);
    ck_assert_int_eq(judge_final(&none, &strict).verdict, VERDICT_PROMOTE);
}
END_TEST

START_TEST(a_split_that_does_not_fit_is_noticed)
{
    const struct observation right = { 100, 0, 900, 0 };
    const struct observation wrong = { 160, 0, 840, 0 };
    ck_assert(judge_split(&right, &policy) > 0.5);
    ck_assert(judge_split(&wrong, &policy) < SPLIT_ALARM);
}
END_TEST

SUITE("judge", the_end_of_the_traffic_has_one_verdict,
      a_running_canary_is_stopped_only_beyond_doubt, no_errors_tolerated_means_none,
      a_split_that_does_not_fit_is_noticed)
