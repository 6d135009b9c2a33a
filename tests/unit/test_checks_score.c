/* check of kind score: many metrics, new version against old. */
#include "random.h"
#include "support/judging.h"

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
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'critical': true}, 'b', 'c']}",
          { 0.5, 1, 1 },
          CHECK_FAIL,
          0,
          "a is critical" },
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'critical': true, 'criticalDecrease': "
          "0.3}, 'b', 'c']}",
          { 0.5, 1, 1 },
          CHECK_INCONCLUSIVE,
          66.67,
          "a is bad" },
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'critical': true, 'criticalDecrease': "
          "0.3}, 'b', 'c']}",
          { 0.2, 1, 1 },
          CHECK_FAIL,
          0,
          "a is critical" },
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'critical': true, 'criticalIncrease': "
          "1.5}, {'metric': 'b', 'allowedDecrease': 0.3}, 'c']}",
          { 2, 0.5, 1 },
          CHECK_FAIL,
          0,
          "a is critical" },
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
        /* A group of which nothing is known is no worse for that. */
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'group': 'g'}, 'b', 'c'], 'groups': {'g': "
          "80}}",
          { NAN, 2, 1 },
          CHECK_PASS,
          90,
          "1 without enough data" },
        { "{'kind': 'score', 'metrics': ['a', 'b', 'c'], 'minRequests': 101}",
          { 1, 1, 1 },
          CHECK_INCONCLUSIVE,
          100,
          "only 100" },
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'group': 'g'}, {'metric': 'b', 'group': "
          "'h'}], 'groups': {'g': 30, 'h': 70}}",
          { 1, 2, 1 },
          CHECK_FAIL,
          30,
          "score 30" },
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

START_TEST(a_score_has_its_numbers)
{
    CLEANUP(check_clear)
    struct check check = check_of("{'kind': 'score', 'metrics': ['a', 'b', 'c', "
                                  "{'metric': 'a', 'muted': true}]}");
    CLEANUP(evidence_clear) struct evidence evidence = score_evidence(2, 0.5, NAN);
    struct check_verdict verdict = judge_once(&check, &evidence, true);
    const struct named_number numbers[] = {
        { "score", 0 }, { "passed", 0 }, { "high", 2 }, { "low", 1 }, { "noData", 1 }
    };
    ck_assert_uint_eq(verdict.number_count, COUNT_OF(numbers));
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        ck_assert_double_eq_tol(number_of(&verdict, numbers[i].name), numbers[i].value, 1e-9);
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

SUITE("check of scores", metrics_are_scored_as_kayenta_does, a_score_has_its_numbers,
      a_period_without_a_value_is_left_out_or_has_none, only_whole_periods_of_the_step_lack_a_value)
