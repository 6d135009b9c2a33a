#include "alarms/evaluation.h"

#include <string.h>

#include "support/suite.h"

/* "0 – X" with newest on the right, as AWS prints its tables: 0 is well, X breaching, - missing. */
static int read_points(const char *picture, struct alarm_datapoint *points_out)
{
    int count = (int)strlen(picture);
    for (int i = 0; i < count; i++) {
        char c = picture[count - 1 - i];
        points_out[i] =
            (struct alarm_datapoint){ .start_s = -60 * i, .is_real = c != '-', .value = c == 'X' };
    }
    return count;
}

static char verdict_of(const char *picture, int periods, int needed, enum alarm_missing missing,
                       enum alarm_state present)
{
    struct alarm_datapoint points[32];
    const struct alarm_criteria criteria = { .comparison = ALARM_GREATER,
                                             .evaluation_periods = periods,
                                             .datapoints_to_alarm = needed,
                                             .missing = missing };
    int count = read_points(picture, points);
    struct alarm_verdict verdict = alarm_evaluate(&criteria, points, count, present);
    if (verdict.is_kept) {
        ck_assert_int_eq(verdict.state, present);
        return 'k';
    }
    return alarm_state_name(verdict.state)[0];
}

/* The order of enum alarm_missing: missing, ignore, breaching, notBreaching. */
static const struct {
    int needed;
    const char *picture;
    const char *verdicts;
} rows[] = {
    { 3, "0-X-X", "OOOO" }, { 3, "0----", "OOOO" }, { 3, "-----", "IkAO" }, { 3, "0XX-X", "AAAA" },
    { 3, "--X--", "AkAO" }, { 2, "0-X-X", "AAAA" }, { 2, "00X0X", "AAAA" }, { 2, "0-X--", "OOAO" },
    { 2, "----0", "OOAO" }, { 2, "---X-", "AkAO" },
};

START_TEST(the_ten_rows_of_aws_s_tables)
{
    ck_assert_int_eq(alarm_evaluation_range(3), 5);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int missing = 0; missing < 4; missing++)
            for (int present = 0; present < 3; present++)
                ck_assert_msg(verdict_of(rows[i].picture, 3, rows[i].needed,
                                         (enum alarm_missing)missing,
                                         (enum alarm_state)present) == rows[i].verdicts[missing],
                              "M=%d %s treatment %d", rows[i].needed, rows[i].picture, missing);
}
END_TEST

/* Whose oldest point is far enough back cannot be saved by what comes late. */
START_TEST(too_few_breaching_points_are_an_alarm_of_three_only_if_the_oldest_is_the_third)
{
    static const struct {
        const char *picture;
        char verdict;
    } cases[] = { { "----X", 'k' }, { "---X-", 'k' }, { "X----", 'k' }, { "-X---", 'k' },
                  { "---XX", 'k' }, { "X---X", 'k' }, { "--XX-", 'A' }, { "-XX--", 'A' } };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int present = 0; present < 3; present++)
            ck_assert_msg(verdict_of(cases[i].picture, 3, 3, ALARM_MISSING_MISSING,
                                     (enum alarm_state)present) == cases[i].verdict,
                          "%s", cases[i].picture);
}
END_TEST

START_TEST(a_single_period_looks_at_the_newest_real_point_of_its_range)
{
    ck_assert_int_eq(alarm_evaluation_range(1), 3);
    ck_assert_int_eq(alarm_evaluation_range(8), 10);
    ck_assert_int_eq(alarm_evaluation_range(9), 12); /* a third more */
    for (int missing = 0; missing < 4; missing++) {
        ck_assert_int_eq(verdict_of("X--", 1, 0, (enum alarm_missing)missing, ALARM_STATE_OK), 'A');
        ck_assert_int_eq(verdict_of("X0-", 1, 0, (enum alarm_missing)missing, ALARM_STATE_OK), 'O');
    }
}
END_TEST

START_TEST(the_four_comparisons)
{
    static const struct {
        enum alarm_comparison comparison;
        bool below;
        bool equal;
        bool above;
    } cases[] = { { ALARM_GREATER_OR_EQUAL, false, true, true },
                  { ALARM_GREATER, false, false, true },
                  { ALARM_LESS, true, false, false },
                  { ALARM_LESS_OR_EQUAL, true, true, false } };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct alarm_criteria criteria = { .comparison = cases[i].comparison,
                                                 .threshold = 2 };
        ck_assert_int_eq(alarm_is_breaching(&criteria, 1.9), cases[i].below);
        ck_assert_int_eq(alarm_is_breaching(&criteria, 2), cases[i].equal);
        ck_assert_int_eq(alarm_is_breaching(&criteria, 2.1), cases[i].above);
    }
}
END_TEST

START_TEST(too_few_samples_keep_the_state_of_a_percentile)
{
    struct alarm_datapoint points[3] = { { .is_real = true, .value = 9, .sample_count = 999 } };
    struct alarm_criteria criteria = { .comparison = ALARM_GREATER,
                                       .evaluation_periods = 1,
                                       .fewest_samples = 1000 };
    ck_assert(alarm_evaluate(&criteria, points, 3, ALARM_STATE_OK).is_kept);
    points[0].sample_count = 1000;
    ck_assert_int_eq(alarm_evaluate(&criteria, points, 3, ALARM_STATE_OK).state, ALARM_STATE_ALARM);
}
END_TEST

/* Skipping the evaluations of a stretch in which no point moves is right only because of this. */
START_TEST(evaluating_the_same_points_again_changes_nothing)
{
    static const char marks[] = "0X-";
    for (int number = 0; number < 243; number++) {
        char picture[6] = { 0 };
        for (int i = 0, rest = number; i < 5; i++, rest /= 3)
            picture[i] = marks[rest % 3];
        struct alarm_datapoint points[32];
        int count = read_points(picture, points);
        for (int i = 0; i < 36; i++) {
            const struct alarm_criteria criteria = { .comparison = ALARM_GREATER,
                                                     .evaluation_periods = 3,
                                                     .datapoints_to_alarm = 1 + i % 3,
                                                     .missing = (enum alarm_missing)(i / 3 % 4) };
            enum alarm_state once =
                alarm_evaluate(&criteria, points, count, (enum alarm_state)(i / 12)).state;
            ck_assert_int_eq(alarm_evaluate(&criteria, points, count, once).state, once);
        }
    }
}
END_TEST

START_TEST(states_have_names)
{
    for (int i = 0; i < 3; i++) {
        enum alarm_state state;
        ck_assert(alarm_state_parse(alarm_state_name((enum alarm_state)i), &state));
        ck_assert_int_eq(state, i);
    }
    enum alarm_state untouched = ALARM_STATE_ALARM;
    ck_assert(!alarm_state_parse("Ok", &untouched));
    ck_assert_int_eq(untouched, ALARM_STATE_ALARM);
}
END_TEST

SUITE("alarm_evaluation", the_ten_rows_of_aws_s_tables,
      too_few_breaching_points_are_an_alarm_of_three_only_if_the_oldest_is_the_third,
      a_single_period_looks_at_the_newest_real_point_of_its_range, the_four_comparisons,
      too_few_samples_keep_the_state_of_a_percentile,
      evaluating_the_same_points_again_changes_nothing, states_have_names)
