/* checks of kinds threshold, alarm and score: what CloudWatch says. */
#include "buffer.h"
#include "random.h"
#include "support/judging.h"

enum { MINUTE_MS = 60000 };

/* One value a minute from the beginning; NAN: none. */
static void add_series(struct evidence *evidence, const char *name, bool is_baseline,
                       const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isnan(values[i]))
            evidence_set_metric(evidence, name, is_baseline, (int64_t)i * MINUTE_MS, values[i]);
    }
}

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
    }
}
END_TEST

enum { POINTS = 60 };

/* A noisy series about `level`; the same noise for the same name. */
static void add_noise(struct evidence *evidence, const char *name, bool is_baseline, double level)
{
    double values[POINTS];
    random_set_seed(9);
    CLEANUP(freep) char *stream_name = xformat("%s %d", name, is_baseline);
    struct random_stream stream = random_stream_for(stream_name);
    for (size_t i = 0; i < POINTS; i++)
        values[i] = level * (0.9 + 0.2 * random_unit(&stream));
    add_series(evidence, name, is_baseline, values, POINTS);
}

static struct evidence score_evidence(double a, double b, double c)
{
    struct evidence evidence = evidence_of(100, 0, 900, 0);
    const struct {
        const char *name;
        double ratio;
    } metrics[] = { { "a", a }, { "b", b }, { "c", c } };
    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        if (isnan(metrics[i].ratio))
            continue;
        add_noise(&evidence, metrics[i].name, true, 100);
        add_noise(&evidence, metrics[i].name, false, 100 * metrics[i].ratio);
    }
    return evidence;
}

START_TEST(metrics_are_scored_as_kayenta_does)
{
    static const struct {
        const char *json;
        double ratios[3]; /* canary to baseline; NAN: no data */
        enum check_result result;
        double score;
        const char *word;
    } rows[] = {
        { "{'kind': 'score', 'metrics': ['a', 'b', 'c']}",
          { 1, 1, 1 },
          CHECK_PASS,
          100,
          "3 metrics pass" },
        { "{'kind': 'score', 'metrics': ['a', 'b', 'c']}",
          { 2, 1, 1 },
          CHECK_INCONCLUSIVE,
          66.67,
          "a is bad (effect 1.9" },
        { "{'kind': 'score', 'metrics': ['a', 'b', 'c']}",
          { 2, 0.5, 1 },
          CHECK_FAIL,
          33.33,
          "1 are high, 1 low" },
        { "{'kind': 'score', 'metrics': ['a', 'b', 'c'], 'pass': 60}",
          { 2, 1, 1 },
          CHECK_PASS,
          66.67,
          "60 passes" },
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'critical': true}, 'b', 'c']}",
          { 2, 1, 1 },
          CHECK_FAIL,
          0,
          "a is critical" },
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'critical': true, 'criticalIncrease': 3}, "
          "'b', 'c']}",
          { 2, 1, 1 },
          CHECK_INCONCLUSIVE,
          66.67,
          "a is bad" },
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'direction': 'decrease'}, 'b', 'c']}",
          { 2, 1, 1 },
          CHECK_PASS,
          100,
          "pass" },
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'muted': true}, 'b', 'c']}",
          { 2, 1, 1 },
          CHECK_PASS,
          100,
          "1 are high" },
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'allowedIncrease': 2.5}, 'b', 'c']}",
          { 2, 1, 1 },
          CHECK_PASS,
          100,
          "pass" },
        { "{'kind': 'score', 'metrics': ['a', 'b', 'c']}",
          { NAN, 1, 1 },
          CHECK_PASS,
          100,
          "1 without enough data" },
        { "{'kind': 'score', 'metrics': ['a', 'b', 'c']}",
          { NAN, NAN, 1 },
          CHECK_INCONCLUSIVE,
          0,
          "have no data" },
        { "{'kind': 'score', 'metrics': ['a', 'b']}",
          { NAN, 1, 1 },
          CHECK_INCONCLUSIVE,
          0,
          "half of the metrics" },
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'noData': 'fail'}, 'b', 'c']}",
          { NAN, 1, 1 },
          CHECK_INCONCLUSIVE,
          66.67,
          "a is bad" },
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'noData': 'pass'}, {'metric': 'b', "
          "'noData': 'pass'}, 'c']}",
          { NAN, NAN, 1 },
          CHECK_PASS,
          100,
          "2 without enough data" },
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'noData': 'fail', 'critical': true}, 'b', "
          "'c']}",
          { NAN, 1, 1 },
          CHECK_FAIL,
          0,
          "critical" },
        /* Groups: 'a' alone has 80 of 100, the others share 20. */
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'group': 'g'}, 'b', 'c'], 'groups': {'g': "
          "80}}",
          { 2, 1, 1 },
          CHECK_FAIL,
          20,
          "score 20" },
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'group': 'g'}, 'b', 'c'], 'groups': {'g': "
          "80}}",
          { 1, 2, 1 },
          CHECK_PASS,
          90,
          "score 90" },
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'group': 'g'}, {'metric': 'b', 'group': "
          "'h'}], 'groups': {'g': 30, 'h': 10}}",
          { 1, 2, 1 },
          CHECK_PASS,
          75,
          "score 75" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(check_clear) struct check check = check_of(rows[i].json);
        CLEANUP(evidence_clear)
        struct evidence evidence =
            score_evidence(rows[i].ratios[0], rows[i].ratios[1], rows[i].ratios[2]);
        struct check_verdict verdict = judge_once(&check, &evidence, true);
        assert_row(i, &verdict, rows[i].result, rows[i].word);
        ck_assert_double_eq_tol(number_of(&verdict, "score"), rows[i].score, 1e-9);
        verdict = judge_once(&check, &evidence, false);
        ck_assert_int_eq(verdict.result, CHECK_CONTINUE);
    }
}
END_TEST

/* One value a minute from minute 100 on; NAN: none. Ten minutes and a half later it is judged. */
enum { STEP_MINUTES = 10 };

static struct evidence gaps_evidence(const double *canary, const double *baseline)
{
    struct evidence evidence = evidence_of(100, 0, 900, 0);
    const double *const sides[] = { canary, baseline };
    evidence.started_ms = 100 * MINUTE_MS;
    evidence.now_ms = (100 + STEP_MINUTES) * MINUTE_MS + 30000;
    for (size_t side = 0; side < COUNT_OF(sides); side++) {
        for (int i = 0; i < STEP_MINUTES; i++) {
            if (!isnan(sides[side][i]))
                evidence_set_metric(&evidence, "M", side == 1, (100 + i) * MINUTE_MS,
                                    sides[side][i]);
        }
    }
    return evidence;
}

#define NO NAN
#define MISSING(words) "{'kind': 'score', 'metrics': [{'metric': 'M'" words "}]}"

START_TEST(a_period_without_a_value_is_left_out_or_has_none)
{
    static const struct {
        const char *json;
        double canary[STEP_MINUTES];
        double baseline[STEP_MINUTES];
        enum check_result result;
        double replaced;
        const char *word;
    } rows[] = {
        /* Errors that are only told of when there are some, and the old version has none. */
        { MISSING(""),
          { 9, 7, 8, 9, 6, 9, 7, 8, 9, 6 },
          { NO, NO, NO, NO, NO, NO, NO, NO, NO, NO },
          CHECK_INCONCLUSIVE,
          NAN,
          "1 without enough data" },
        { MISSING(", 'missing': 'remove'"),
          { 9, 7, 8, 9, 6, 9, 7, 8, 9, 6 },
          { NO, NO, NO, NO, NO, NO, NO, NO, NO, NO },
          CHECK_INCONCLUSIVE,
          NAN,
          "1 without enough data" },
        { MISSING(", 'missing': 'replace'"),
          { 9, 7, 8, 9, 6, 9, 7, 8, 9, 6 },
          { NO, NO, NO, NO, NO, NO, NO, NO, NO, NO },
          CHECK_FAIL,
          10,
          "1 are high, 0 low, 0 without enough data; M is bad (effect inf); 10 missing values "
          "count as 0" },
        { MISSING(", 'missing': 'replace', 'direction': 'decrease'"),
          { NO, NO, NO, NO, NO, NO, NO, NO, NO, NO },
          { 9, 7, 8, 9, 6, 9, 7, 8, 9, 6 },
          CHECK_FAIL,
          10,
          "1 low" },
        /* Nobody has any: all are 0, and alike. The last minute is over, but not yet old. */
        { MISSING(", 'missing': 'replace'"),
          { NO, NO, NO, NO, NO, NO, NO, NO, NO, NO },
          { NO, NO, NO, NO, NO, NO, NO, NO, NO, NO },
          CHECK_PASS,
          18,
          "1 metrics pass" },
        /* As often as before: what is missing is missing on both sides. */
        { MISSING(", 'missing': 'replace'"),
          { 1, NO, NO, 1, NO, NO, 1, NO, NO, NO },
          { NO, 1, NO, NO, 1, NO, NO, 1, NO, NO },
          CHECK_PASS,
          12,
          "12 missing values count as 0" },
        /* Latencies: no request is no fast one. */
        { MISSING(""),
          { 100, NO, 102, NO, 101, NO, 99, NO, 100, NO },
          { 100, 101, 102, 98, 99, 100, 101, 102, 98, 99 },
          CHECK_PASS,
          NAN,
          "1 metrics pass" },
        { MISSING(", 'missing': 'replace', 'period': '5m'"),
          { 9, NO, NO, NO, NO, 9, NO, NO, NO, NO },
          { NO, NO, NO, NO, NO, NO, NO, NO, NO, NO },
          CHECK_INCONCLUSIVE,
          2,
          "1 without enough data; half of the metrics or more have no data" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(check_clear) struct check check = check_of(rows[i].json);
        CLEANUP(evidence_clear)
        struct evidence evidence = gaps_evidence(rows[i].canary, rows[i].baseline);
        struct check_verdict verdict = judge_once(&check, &evidence, true);
        assert_row(i, &verdict, rows[i].result, rows[i].word);
        if (!isnan(rows[i].replaced))
            ck_assert_double_eq_tol(number_of(&verdict, "replaced"), rows[i].replaced, 1e-9);
        else
            ck_assert_ptr_null(strstr(verdict.sentence, "count as 0"));
    }
}
END_TEST

/* The minute in which a step begins is another step's, too, and the last one may still come. */
START_TEST(only_whole_periods_of_the_step_lack_a_value)
{
    CLEANUP(check_clear) struct check check = check_of(MISSING(", 'missing': 'replace'"));
    CLEANUP(evidence_clear) struct evidence evidence = evidence_of(100, 0, 900, 0);
    evidence.started_ms = 100 * MINUTE_MS + 1;
    evidence.now_ms = 102 * MINUTE_MS + 59999;
    struct check_verdict verdict = judge_once(&check, &evidence, true);
    assert_verdict(&verdict, CHECK_INCONCLUSIVE, "1 without enough data");
    evidence.now_ms = 103 * MINUTE_MS;
    verdict = judge_once(&check, &evidence, true);
    assert_verdict(&verdict, CHECK_PASS, "2 missing values");
    /* Once the other version's value of a minute has come, so would this one's have. */
    evidence_set_metric(&evidence, "M", true, 102 * MINUTE_MS, 0);
    verdict = judge_once(&check, &evidence, true);
    assert_verdict(&verdict, CHECK_PASS, "3 missing values");
    evidence_set_metric(&evidence, "M", true, 103 * MINUTE_MS, 0);
    verdict = judge_once(&check, &evidence, true);
    assert_verdict(&verdict, CHECK_PASS, "3 missing values");
}
END_TEST

SUITE("checks of metrics", a_metric_is_held_against_limits,
      a_value_that_is_read_again_takes_the_place_of_the_one_before,
      periods_before_the_step_are_not_missing, too_little_is_told_of_whole_periods_only,
      a_rate_is_too_high_only_of_a_whole_period_if_wanted,
      the_minute_in_which_a_step_begins_is_no_whole_period, an_alarm_must_not_fire,
      a_long_reason_is_not_cut_within_a_character,
      an_alarm_that_fired_before_counts_once_it_was_well, metrics_are_scored_as_kayenta_does,
      a_period_without_a_value_is_left_out_or_has_none, only_whole_periods_of_the_step_lack_a_value)
