/* checks of kinds threshold and alarm: what CloudWatch says. */
#include "buffer.h"
#include "support/judging.h"

START_TEST(a_metric_is_held_against_limits)
{
    static const struct {
        const char *json;
        double values[5];
        bool is_final;
        enum check_result result;
        const char *word;
    } rows[] = {
        { "{'kind': 'threshold', 'metric': 'M', 'max': 10}",
          { 1, 2, 3, 4, 11 },
          false,
          CHECK_FAIL,
          "value 11" },
        { "{'kind': 'threshold', 'metric': 'M', 'max': 10}",
          { 1, 2, 30, 4, 10 },
          true,
          CHECK_PASS,
          "at most 10" },
        { "{'kind': 'threshold', 'metric': 'M', 'max': 10}",
          { 1, 2, 3, 4, 5 },
          false,
          CHECK_CONTINUE,
          "0 of the last 1" },
        { "{'kind': 'threshold', 'metric': 'M', 'min': 3}",
          { 9, 9, 9, 9, 2 },
          true,
          CHECK_FAIL,
          "at least 3" },
        { "{'kind': 'threshold', 'metric': 'M', 'max': 10, 'datapoints': 3, 'periods': 5}",
          { 11, 1, 12, 1, 13 },
          false,
          CHECK_FAIL,
          "3 of the last 5" },
        { "{'kind': 'threshold', 'metric': 'M', 'max': 10, 'datapoints': 3, 'periods': 5}",
          { 11, 1, 12, 1, 1 },
          true,
          CHECK_PASS,
          "2 of the last 5" },
        { "{'kind': 'threshold', 'metric': 'M', 'max': 10}",
          { NAN, NAN, NAN, NAN, NAN },
          true,
          CHECK_INCONCLUSIVE,
          "no values" },
        /* The last value counts, however old, unless missing ones do. */
        { "{'kind': 'threshold', 'metric': 'M', 'max': 10}",
          { 1, 11, NAN, NAN, NAN },
          true,
          CHECK_FAIL,
          "value 11" },
        { "{'kind': 'threshold', 'metric': 'M', 'max': 10, 'missing': 'notBreaching'}",
          { 1, 11, NAN, NAN, NAN },
          true,
          CHECK_PASS,
          "0 of the last 1" },
        { "{'kind': 'threshold', 'metric': 'M', 'max': 10, 'missing': 'breaching'}",
          { 1, 1, 1, 1, NAN },
          true,
          CHECK_FAIL,
          "1 of the last 1" },
        { "{'kind': 'threshold', 'metric': 'M', 'max': 10, 'missing': 'breaching', 'delay': '2m'}",
          { 1, 1, 1, 1, NAN },
          true,
          CHECK_PASS,
          "0 of the last 1" },
        { "{'kind': 'threshold', 'metric': 'M', 'max': 10, 'missing': 'notBreaching', 'delay': "
          "'0s', 'periods': 2}",
          { NAN, NAN, NAN, NAN, 11 },
          true,
          CHECK_FAIL,
          "1 of the last 2" },
        /* What begins where a period ends is the next one's. */
        { "{'kind': 'threshold', 'metric': 'M', 'max': 10, 'missing': 'breaching', 'delay': '2m'}",
          { 1, 1, 1, 2, 11 },
          true,
          CHECK_PASS,
          "value 2" },
        { "{'kind': 'threshold', 'metric': 'M', 'max': 10, 'minRequests': 200}",
          { 1, 1, 1, 1, 1 },
          true,
          CHECK_INCONCLUSIVE,
          "only 100" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(check_clear) struct check check = check_of(rows[i].json);
        CLEANUP(evidence_clear) struct evidence evidence = evidence_of(100, 0, 900, 0);
        evidence.now_ms = 6 * MINUTE_MS + 1;
        add_series(&evidence, "M", false, rows[i].values, COUNT_OF(rows[i].values));
        struct check_verdict verdict = judge_once(&check, &evidence, rows[i].is_final);
        assert_row(i, &verdict, rows[i].result, rows[i].word);
    }
}
END_TEST

START_TEST(a_value_that_is_read_again_takes_the_place_of_the_one_before)
{
    CLEANUP(evidence_clear) struct evidence evidence = { 0 };
    static const int64_t times[] = { 60000, 0, 120000, 60000, 0 };
    for (size_t i = 0; i < COUNT_OF(times); i++)
        evidence_set_metric(&evidence, "M", false, times[i], (double)i);
    const struct metric_series *series = &evidence_metric(&evidence, "M")->canary;
    static const double values[] = { 4, 3, 2 };
    ck_assert_uint_eq(series->count, COUNT_OF(values));
    for (size_t i = 0; i < series->count; i++) {
        ck_assert_int_eq(series->times_ms[i], (int64_t)i * MINUTE_MS);
        ck_assert_double_eq_tol(series->values[i], values[i], 1e-9);
    }
}
END_TEST

START_TEST(periods_before_the_step_are_not_missing)
{
    CLEANUP(check_clear)
    struct check check =
        check_of("{'kind': 'threshold', 'metric': 'M', 'max': 1, 'missing': 'breaching', "
                 "'datapoints': 2, 'periods': 3, 'delay': '0s'}");
    CLEANUP(evidence_clear) struct evidence evidence = evidence_of(100, 0, 900, 0);
    evidence.started_ms = 100 * MINUTE_MS;
    evidence.now_ms = 101 * MINUTE_MS + 5;
    struct check_verdict verdict = judge_once(&check, &evidence, false);
    assert_verdict(&verdict, CHECK_CONTINUE, "1 of the last 1");
    evidence.now_ms = 102 * MINUTE_MS;
    verdict = judge_once(&check, &evidence, false);
    assert_verdict(&verdict, CHECK_FAIL, "2 of the last 2");
}
END_TEST

/* A sum only grows: what a minute has come to is known when it is over, and when all of it was the
 * step's. */
START_TEST(too_little_is_told_of_whole_periods_only)
{
    CLEANUP(check_clear)
    struct check check = check_of("{'kind': 'threshold', 'metric': 'M', "
                                  "'min': 5}");
    CLEANUP(evidence_clear) struct evidence evidence = evidence_of(100, 0, 900, 0);
    evidence.started_ms = 100 * MINUTE_MS + 30000;
    evidence_set_metric(&evidence, "M", false, 100 * MINUTE_MS, 2);
    evidence.now_ms = 101 * MINUTE_MS + 10000;
    struct check_verdict verdict = judge_once(&check, &evidence, false);
    assert_verdict(&verdict, CHECK_CONTINUE, "no values yet");
    evidence_set_metric(&evidence, "M", false, 101 * MINUTE_MS, 3);
    verdict = judge_once(&check, &evidence, false);
    assert_verdict(&verdict, CHECK_CONTINUE, "no values yet");
    verdict = judge_once(&check, &evidence, true);
    assert_verdict(&verdict, CHECK_INCONCLUSIVE, "no values yet");
    evidence.now_ms = 102 * MINUTE_MS;
    verdict = judge_once(&check, &evidence, false);
    assert_verdict(&verdict, CHECK_FAIL, "value 3");
}
END_TEST

/* One failure among two requests is a rate of 50 %, until the rest of the minute comes in. */
START_TEST(a_rate_is_too_high_only_of_a_whole_period_if_wanted)
{
    static const char *const checks[] = {
        "{'kind': 'threshold', 'metric': 'M', 'max': 20, 'wholePeriods': true}",
        "{'kind': 'threshold', 'metric': 'M', 'max': 20}",
    };
    for (int is_early = 0; is_early <= 1; is_early++) {
        CLEANUP(check_clear) struct check check = check_of(checks[is_early]);
        CLEANUP(evidence_clear) struct evidence evidence = evidence_of(100, 0, 900, 0);
        evidence.started_ms = 100 * MINUTE_MS;
        evidence.now_ms = 100 * MINUTE_MS + 10000;
        evidence_set_metric(&evidence, "M", false, 100 * MINUTE_MS, 50);
        struct check_verdict verdict = judge_once(&check, &evidence, false);
        assert_verdict(&verdict, is_early ? CHECK_FAIL : CHECK_CONTINUE,
                       is_early ? "value 50" : "no values yet");
        verdict = judge_once(&check, &evidence, true);
        assert_verdict(&verdict, is_early ? CHECK_FAIL : CHECK_INCONCLUSIVE,
                       is_early ? "value 50" : "no values yet that can be judged");
        evidence.now_ms = 101 * MINUTE_MS + 10000;
        verdict = judge_once(&check, &evidence, false);
        assert_verdict(&verdict, CHECK_FAIL, "value 50");
        evidence_set_metric(&evidence, "M", false, 100 * MINUTE_MS, 2);
        evidence_set_metric(&evidence, "M", false, 101 * MINUTE_MS, 100);
        verdict = judge_once(&check, &evidence, true);
        assert_verdict(&verdict, is_early ? CHECK_FAIL : CHECK_PASS,
                       is_early ? "value 100" : "value 2");
    }
}
END_TEST

START_TEST(the_minute_in_which_a_step_begins_is_no_whole_period)
{
    CLEANUP(check_clear)
    struct check check =
        check_of("{'kind': 'threshold', 'metric': 'M', 'max': 1, 'missing': 'breaching', "
                 "'delay': '0s'}");
    CLEANUP(evidence_clear) struct evidence evidence = evidence_of(100, 0, 900, 0);
    evidence.started_ms = 100 * MINUTE_MS + 59000;
    evidence.now_ms = 101 * MINUTE_MS + 5000;
    struct check_verdict verdict = judge_once(&check, &evidence, false);
    assert_verdict(&verdict, CHECK_CONTINUE, "no period of 60 s");
    /* Missing data are bad, but nothing has been looked at. */
    verdict = judge_once(&check, &evidence, true);
    assert_verdict(&verdict, CHECK_INCONCLUSIVE, "no period of 60 s");
    evidence.now_ms = 102 * MINUTE_MS;
    verdict = judge_once(&check, &evidence, false);
    assert_verdict(&verdict, CHECK_FAIL, "1 of the last 1");
}
END_TEST

START_TEST(a_long_reason_is_not_cut_within_a_character)
{
    CLEANUP(check_clear) struct check check = check_of("{'kind': 'alarm', 'alarm': 'A'}");
    CLEANUP(evidence_clear) struct evidence evidence = evidence_of(100, 0, 900, 0);
    CLEANUP(buffer_clear) struct buffer reason = { 0 };
    for (int i = 0; i < 300; i++)
        buffer_add_string(&reason, "\xE2\x82\xAC");
    for (int more = 0; more < 4; more++) {
        buffer_add_char(&reason, 'x');
        memmove(reason.data + 1, reason.data, reason.size - 1);
        reason.data[0] = 'x';
        evidence_set_alarm(&evidence, "A", "ALARM", reason.data);
        struct check_verdict verdict = judge_once(&check, &evidence, false);
        ck_assert(text_is_utf8(text_from(verdict.sentence), NULL));
    }
}
END_TEST

START_TEST(an_alarm_must_not_fire)
{
    static const struct {
        const char *json;
        const char *state;
        bool is_final;
        enum check_result result;
        const char *word;
    } rows[] = {
        { "{'kind': 'alarm', 'alarm': 'A'}", "ALARM", false, CHECK_FAIL,
          "alarm A is in state ALARM: too many" },
        { "{'kind': 'alarm', 'alarm': 'A'}", "OK", false, CHECK_CONTINUE, "OK" },
        { "{'kind': 'alarm', 'alarm': 'A'}", "OK", true, CHECK_PASS, "OK" },
        { "{'kind': 'alarm', 'alarm': 'A'}", "INSUFFICIENT_DATA", true, CHECK_PASS, "INSUFF" },
        { "{'kind': 'alarm', 'alarm': 'A', 'insufficientData': 'inconclusive'}",
          "INSUFFICIENT_DATA", true, CHECK_INCONCLUSIVE, "INSUFF" },
        { "{'kind': 'alarm', 'alarm': 'A', 'insufficientData': 'fail'}", "INSUFFICIENT_DATA", true,
          CHECK_FAIL, "INSUFF" },
        { "{'kind': 'alarm', 'alarm': 'A', 'minRequests': 101}", "OK", true, CHECK_INCONCLUSIVE,
          "got only 100 requests" },
        { "{'kind': 'alarm', 'alarm': 'A', 'minRequests': 101}", "ALARM", true, CHECK_FAIL, "too" },
        { "{'kind': 'alarm', 'alarm': 'A'}", "", true, CHECK_INCONCLUSIVE, "there is no alarm A" },
        { "{'kind': 'alarm', 'alarm': 'B'}", "OK", true, CHECK_INCONCLUSIVE, "nothing is known" },
        { "{'kind': 'alarm', 'alarm': 'B'}", "OK", false, CHECK_CONTINUE, "nothing is known" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(check_clear) struct check check = check_of(rows[i].json);
        CLEANUP(evidence_clear) struct evidence evidence = evidence_of(100, 0, 900, 0);
        evidence_set_alarm(&evidence, "A", rows[i].state, "too many errors");
        struct check_verdict verdict = judge_once(&check, &evidence, rows[i].is_final);
        assert_row(i, &verdict, rows[i].result, rows[i].word);
        ck_assert_ptr_null(strstr(verdict.sentence, "fired before"));
    }
    /* A step that gives the new version no traffic does not want requests to it. */
    CLEANUP(check_clear)
    struct check check = check_of("{'kind': 'alarm', 'alarm': 'A', 'minRequests': 5}");
    CLEANUP(evidence_clear) struct evidence evidence = evidence_of(0, 0, 1000, 0);
    evidence_set_alarm(&evidence, "A", "OK", NULL);
    ck_assert_int_eq(judge_once(&check, &evidence, true).result, CHECK_INCONCLUSIVE);
    evidence.weight = 0;
    ck_assert_int_eq(judge_once(&check, &evidence, true).result, CHECK_PASS);
}
END_TEST

START_TEST(an_alarm_that_fired_before_counts_once_it_was_well)
{
    static const struct {
        const char *state;
        enum check_result result;
    } looks[] = { { "ALARM", CHECK_CONTINUE },
                  { "ALARM", CHECK_CONTINUE },
                  { "OK", CHECK_CONTINUE },
                  { "ALARM", CHECK_FAIL } };
    CLEANUP(check_clear)
    struct check check = check_of("{'kind': 'alarm', 'alarm': 'A', 'ignoreFiring': true}");
    CLEANUP(evidence_clear) struct evidence evidence = evidence_of(100, 0, 900, 0);
    struct check_memory memory = { 0 };
    for (size_t i = 0; i < COUNT_OF(looks); i++) {
        struct check_verdict verdict;
        evidence_set_alarm(&evidence, "A", looks[i].state, NULL);
        memory = read_again(&memory);
        check_judge(&check, &evidence, &memory, &verdict);
        ck_assert_msg(verdict.result == looks[i].result, "look %zu: %s", i, verdict.sentence);
        ck_assert_int_eq(strstr(verdict.sentence, "it fired before this step") != NULL, i < 2);
    }
}
END_TEST

SUITE("checks of metrics", a_metric_is_held_against_limits,
      a_value_that_is_read_again_takes_the_place_of_the_one_before,
      periods_before_the_step_are_not_missing, too_little_is_told_of_whole_periods_only,
      a_rate_is_too_high_only_of_a_whole_period_if_wanted,
      the_minute_in_which_a_step_begins_is_no_whole_period, an_alarm_must_not_fire,
      a_long_reason_is_not_cut_within_a_character,
      an_alarm_that_fired_before_counts_once_it_was_well)
