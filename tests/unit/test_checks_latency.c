/* check of kind latency: limits and comparisons of histograms. */
#include "random.h"
#include "statistics/sample.h"
#include "statistics/statistics.h"
#include "support/judging.h"

enum { US_PER_MS = 1000 };

/* Latencies of a service: log-normal about `median_ms`, a tail as of real ones. */
static void serve(struct histogram *histogram, struct random_stream *stream, double median_ms,
                  uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        double normal =
            sqrt(-2 * log(1 - random_unit(stream))) * cos(2 * M_PI * random_unit(stream));
        histogram_add(histogram, (int64_t)(median_ms * US_PER_MS * exp(0.3 * normal)));
    }
}

static struct evidence serve_both(double canary_ms, uint64_t canary, double base_ms, uint64_t base)
{
    random_set_seed(21);
    struct random_stream stream = random_stream_for("latency");
    struct evidence evidence = evidence_of(canary, 0, base, 0);
    serve(&evidence.canary.latency, &stream, canary_ms, canary);
    serve(&evidence.base.latency, &stream, base_ms, base);
    return evidence;
}

START_TEST(a_percentile_is_held_against_its_limit)
{
    const struct {
        double median_ms;
        uint64_t count;
        bool is_final;
        enum check_result result;
        const char *word;
    } rows[] = {
        { 50, 400, true, CHECK_PASS, "took more than 100 ms" },
        { 50, 400, false, CHECK_CONTINUE, "may be above" },
        { 150, 400, true, CHECK_FAIL, "chance does not explain this" },
        { 90, 40, false, CHECK_FAIL, "chance explains this" },
        { 62, 400, true, CHECK_INCONCLUSIVE, "chance alone" },
        { 50, 20, true, CHECK_INCONCLUSIVE, "only 20" },
    };
    CLEANUP(check_clear)
    struct check check =
        check_of("{'kind': 'latency', 'percentile': '95%', 'max': '100ms', 'compare': false}");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(evidence_clear)
        struct evidence evidence = serve_both(rows[i].median_ms, rows[i].count, 50, 0);
        struct check_verdict verdict = judge_once(&check, &evidence, rows[i].is_final);
        assert_row(i, &verdict, rows[i].result, rows[i].word);
    }
}
END_TEST

START_TEST(both_versions_are_compared)
{
    const struct {
        double canary_ms;
        uint64_t count;
        bool is_final;
        enum check_result result;
        const char *word;
    } rows[] = {
        { 50, 200, true, CHECK_PASS, "not slower than allowed" },
        { 50, 100, false, CHECK_CONTINUE, "so far" },
        { 55, 200, true, CHECK_PASS, "shift" },                /* 10 %: within tolerance */
        { 80, 200, true, CHECK_FAIL, "is slower" },            /* 60 % */
        { 80, 400, false, CHECK_FAIL, "is slower" },           /* seen while running */
        { 63, 100, true, CHECK_INCONCLUSIVE, "seems slower" }, /* about what is allowed */
        { 50, 49, true, CHECK_INCONCLUSIVE, "50 of each" },
        { 50, 50, true, CHECK_PASS, "not slower than allowed" },
        { 50, 5000, false, CHECK_PASS, "surely" },
    };
    CLEANUP(check_clear) struct check check = check_of("{'kind': 'latency'}");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(evidence_clear)
        struct evidence evidence =
            serve_both(rows[i].canary_ms, rows[i].count, 50, 9 * rows[i].count);
        struct check_verdict verdict = judge_once(&check, &evidence, rows[i].is_final);
        assert_row(i, &verdict, rows[i].result, rows[i].word);
    }
}
END_TEST

/* All latencies of a version are alike: its quantile's interval is that value, as soon as it has
 * ends within the sample at all. */
static struct evidence even_latencies(int64_t canary_ms, uint64_t canary, int64_t base_ms)
{
    struct evidence evidence = evidence_of(canary, 0, 9 * canary, 0);
    for (uint64_t i = 0; i < canary; i++)
        histogram_add(&evidence.canary.latency, canary_ms * US_PER_MS);
    for (uint64_t i = 0; i < 9 * canary; i++)
        histogram_add(&evidence.base.latency, base_ms * US_PER_MS);
    return evidence;
}

static bool has_low(uint64_t n, double share, double risk)
{
    return quantile_ranks_anytime(n, share, risk).low >= 1;
}

static bool has_high(uint64_t n, double share, double risk)
{
    return quantile_ranks_anytime(n, share, risk).high <= n;
}

/* Half of alpha is for the median's and the percentile's intervals, of both versions each. */
START_TEST(intervals_that_hold_at_every_time_tell_who_is_slower)
{
    CLEANUP(check_clear)
    struct check check = check_of("{'kind': 'latency', 'minRequests': 0, 'alpha': '8%'}");
    bool was_slower = false;
    for (uint64_t n = 1; n < 40; n++) {
        CLEANUP(evidence_clear) struct evidence evidence = even_latencies(100, n, 50);
        bool is_slower = (has_low(n, 0.5, 0.01) && has_high(9 * n, 0.5, 0.01)) ||
                         (has_low(n, 0.95, 0.01) && has_high(9 * n, 0.95, 0.01));
        struct check_verdict verdict = judge_once(&check, &evidence, false);
        ck_assert_msg((verdict.result == CHECK_FAIL) == is_slower, "%d requests: %s", (int)n,
                      verdict.sentence);
        ck_assert(is_slower || !was_slower);
        was_slower = is_slower;
    }
    ck_assert(was_slower);
}
END_TEST

/* Of the power's rest each of four intervals has a quarter. */
START_TEST(what_is_surely_no_slower_passes_early)
{
    enum { STEP = 20, MOST = 600 };
    CLEANUP(check_clear) struct check check = check_of("{'kind': 'latency', 'power': 0.92}");
    bool passed = false;
    for (uint64_t n = STEP; n < MOST; n += STEP) {
        CLEANUP(evidence_clear) struct evidence evidence = even_latencies(50, n, 50);
        bool is_sure = n >= 50 && has_high(n, 0.5, 0.02) && has_low(9 * n, 0.5, 0.02) &&
                       has_high(n, 0.95, 0.02) && has_low(9 * n, 0.95, 0.02);
        struct check_verdict verdict = judge_once(&check, &evidence, false);
        ck_assert_msg((verdict.result == CHECK_PASS) == is_sure, "%d requests: %s", (int)n,
                      verdict.sentence);
        ck_assert(is_sure || !passed);
        passed = is_sure;
    }
    ck_assert(passed);
}
END_TEST

/* Of sixty requests so many take 400 ms, all others 50: by its p-value alone the tail decides. The
 * intervals are apart from the level 2 P(Bin(60, 0.95) <= 60 - slow) on. */
START_TEST(at_the_end_a_tail_is_judged_by_exact_intervals)
{
    static const struct {
        uint64_t slow;
        enum check_result result;
        double p_value;
    } rows[] = {
        { 4, CHECK_PASS, 0.70543797680 }, /* a p95 of few requests is above it easily */
        { 5, CHECK_INCONCLUSIVE, 0.36067011239 },
        { 10, CHECK_FAIL, 0.00147606270 },
    };
    CLEANUP(check_clear) struct check check = check_of("{'kind': 'latency'}");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(evidence_clear) struct evidence evidence = evidence_of(60, 0, 540, 0);
        for (uint64_t n = 0; n < 540; n++)
            histogram_add(&evidence.base.latency, 50 * US_PER_MS);
        for (uint64_t n = 0; n < 60; n++)
            histogram_add(&evidence.canary.latency, (n < rows[i].slow ? 400 : 50) * US_PER_MS);
        ck_assert_int_eq(judge_once(&check, &evidence, false).result, CHECK_CONTINUE);
        struct check_verdict verdict = judge_once(&check, &evidence, true);
        ck_assert_msg(verdict.result == rows[i].result, "%s", verdict.sentence);
        ck_assert_double_eq_tol(number_of(&verdict, "tailPValue"), rows[i].p_value, 1e-9);
        ck_assert_double_eq_tol(number_of(&verdict, "pValue"), fmin(1, 2 * rows[i].p_value), 1e-9);
        ck_assert_double_eq_tol(number_of(&verdict, "shiftMs"), 0, 1e-9);
    }
}
END_TEST

START_TEST(a_tail_alone_is_enough_to_fail)
{
    CLEANUP(check_clear) struct check check = check_of("{'kind': 'latency', 'percentile': '90%'}");
    CLEANUP(evidence_clear) struct evidence evidence = serve_both(50, 800, 50, 9000);
    random_set_seed(5);
    struct random_stream stream = random_stream_for("tail");
    serve(&evidence.canary.latency, &stream, 400, 150); /* one in six takes eight times as long */
    struct check_verdict verdict = judge_once(&check, &evidence, true);
    assert_verdict(&verdict, CHECK_FAIL, "is slower");
}
END_TEST

START_TEST(a_limit_and_a_comparison_are_both_heeded)
{
    CLEANUP(check_clear) struct check check = check_of("{'kind': 'latency', 'max': '200ms'}");
    CLEANUP(evidence_clear) struct evidence slow = serve_both(80, 400, 50, 3600);
    struct check_verdict verdict = judge_once(&check, &slow, true);
    assert_verdict(&verdict, CHECK_FAIL, "slower than the old one");
    CLEANUP(evidence_clear) struct evidence both_slow = serve_both(300, 400, 300, 3600);
    verdict = judge_once(&check, &both_slow, true);
    assert_verdict(&verdict, CHECK_FAIL, "more than 200 ms");
    CLEANUP(evidence_clear) struct evidence good = serve_both(50, 400, 50, 3600);
    verdict = judge_once(&check, &good, true);
    ck_assert_int_eq(verdict.result, CHECK_PASS);
}
END_TEST

static struct evidence slower_canary(int step)
{
    return serve_both(50 + 0.5 * step, 200, 50, 1800);
}

static struct evidence slower_versions(int step)
{
    return serve_both(50 + 0.5 * step, 200, 50 + 0.5 * step, 1800);
}

START_TEST(each_test_has_half_of_alpha_and_a_quarter_beside_a_limit)
{
    const struct judging_sweep sweeps[] = {
        { "{'kind': 'latency', 'alpha': '20%'}", slower_canary, 60, 0.1, false },
        { "{'kind': 'latency', 'alpha': '20%', 'max': '1h'}", slower_canary, 60, 0.05, false },
        { "{'kind': 'latency', 'alpha': '20%', 'max': '100ms', 'compare': false}", slower_canary,
          60, 0.1, true },
    };
    for (size_t i = 0; i < COUNT_OF(sweeps); i++)
        assert_level(&sweeps[i]);
}
END_TEST

/* Neither version is slower than the other. */
START_TEST(a_limit_beside_a_comparison_has_half_of_its_alpha)
{
    bool was_near = false;
    CLEANUP(check_clear)
    struct check check = check_of("{'kind': 'latency', 'alpha': '20%', 'max': '100ms'}");
    for (int step = 0; step < 60; step++) {
        CLEANUP(evidence_clear) struct evidence evidence = slower_versions(step);
        struct check_verdict verdict = judge_once(&check, &evidence, true);
        if (!strstr(verdict.sentence, "more than 100 ms"))
            continue; /* the limit is kept, or the comparison decided */
        bool is_bad = verdict.p_value <= 0.05 || number_of(&verdict, "anytimePValue") <= 0.05;
        was_near |= judging_is_near(verdict.p_value, 0.05);
        ck_assert_msg((verdict.result == CHECK_FAIL) == is_bad, "step %d, p-value %g: %s", step,
                      verdict.p_value, verdict.sentence);
    }
    ck_assert(was_near);
}
END_TEST

START_TEST(a_small_shift_of_a_fast_function_is_no_matter)
{
    CLEANUP(check_clear) struct check check = check_of("{'kind': 'latency'}");
    CLEANUP(evidence_clear) struct evidence evidence = serve_both(3, 1000, 1.5, 9000);
    struct check_verdict verdict = judge_once(&check, &evidence, true);
    ck_assert_msg(verdict.result == CHECK_PASS, "%s", verdict.sentence);
    CLEANUP(check_clear) struct check keen = check_of("{'kind': 'latency', 'leastShift': '0ms'}");
    verdict = judge_once(&keen, &evidence, true);
    ck_assert_msg(verdict.result == CHECK_FAIL, "%s", verdict.sentence);
}
END_TEST

START_TEST(latencies_that_nobody_knows_are_not_called_good)
{
    CLEANUP(check_clear) struct check check = check_of("{'kind': 'latency', 'max': '1s'}");
    struct evidence evidence = evidence_of(1000, 0, 9000, 0);
    struct check_verdict verdict = judge_once(&check, &evidence, true);
    assert_verdict(&verdict, CHECK_INCONCLUSIVE, "no latencies");
    verdict = judge_once(&check, &evidence, false);
    ck_assert_int_eq(verdict.result, CHECK_CONTINUE);
}
END_TEST

START_TEST(an_old_version_without_latencies_is_nothing_to_compare_with)
{
    CLEANUP(check_clear) struct check check = check_of("{'kind': 'latency'}");
    CLEANUP(evidence_clear) struct evidence evidence = serve_both(50, 60, 50, 0);
    struct check_verdict verdict = judge_once(&check, &evidence, false);
    assert_verdict(&verdict, CHECK_CONTINUE, "no latencies of the old version");
    ck_assert_msg(strstr(verdict.sentence, "nan") == NULL, "%s", verdict.sentence);
    verdict = judge_once(&check, &evidence, true);
    assert_verdict(&verdict, CHECK_INCONCLUSIVE, "0 to the old one");
}
END_TEST

/* Of errors that CloudWatch told of, and of throttled requests, no latencies are known. */
START_TEST(requests_without_latencies_do_not_count_for_a_limit)
{
    CLEANUP(check_clear)
    struct check check = check_of("{'kind': 'latency', 'max': '100ms', 'compare': false}");
    CLEANUP(evidence_clear) struct evidence evidence = serve_both(50, 3, 50, 0);
    evidence.canary.requests = 1000;
    struct check_verdict verdict = judge_once(&check, &evidence, true);
    assert_verdict(&verdict, CHECK_INCONCLUSIVE, "only 3");
}
END_TEST

START_TEST(comparisons_have_their_numbers)
{
    CLEANUP(check_clear) struct check check = check_of("{'kind': 'latency'}");
    CLEANUP(evidence_clear) struct evidence evidence = serve_both(60, 500, 50, 4500);
    struct check_verdict verdict = judge_once(&check, &evidence, true);
    ck_assert_double_eq_tol(number_of(&verdict, "shiftMs"), 10, 3);
    ck_assert(number_of(&verdict, "shiftLowMs") < number_of(&verdict, "shiftMs"));
    ck_assert(number_of(&verdict, "shiftHighMs") > number_of(&verdict, "shiftMs"));
    ck_assert(number_of(&verdict, "percentileLowMs") < number_of(&verdict, "percentileMs"));
    ck_assert(number_of(&verdict, "percentileHighMs") > number_of(&verdict, "percentileMs"));
    ck_assert(number_of(&verdict, "chanceOfSlower") > 0.5);
    ck_assert_double_eq_tol(number_of(&verdict, "allowedMs"), 10, 1);
    ck_assert_double_eq_tol(number_of(&verdict, "requests"), 500, 1e-9);
    ck_assert_double_eq_tol(number_of(&verdict, "baseRequests"), 4500, 1e-9);
    ck_assert_double_eq_tol(number_of(&verdict, "medianMs"), 60, 3);
    ck_assert_double_eq_tol(number_of(&verdict, "baseMedianMs"), 50, 1);
    ck_assert_double_eq_tol(number_of(&verdict, "basePercentileMs"), 50 * exp(0.3 * 1.645), 4);
    ck_assert(number_of(&verdict, "basePercentileLowMs") < number_of(&verdict, "basePercentileMs"));
    ck_assert(number_of(&verdict, "basePercentileHighMs") >
              number_of(&verdict, "basePercentileMs"));
    ck_assert(number_of(&verdict, "shiftPValue") > 0 && number_of(&verdict, "tailPValue") > 0);
}
END_TEST

SUITE("check of latency", a_percentile_is_held_against_its_limit, both_versions_are_compared,
      at_the_end_a_tail_is_judged_by_exact_intervals,
      intervals_that_hold_at_every_time_tell_who_is_slower, what_is_surely_no_slower_passes_early,
      a_tail_alone_is_enough_to_fail, a_limit_and_a_comparison_are_both_heeded,
      each_test_has_half_of_alpha_and_a_quarter_beside_a_limit,
      a_limit_beside_a_comparison_has_half_of_its_alpha,
      a_small_shift_of_a_fast_function_is_no_matter,
      latencies_that_nobody_knows_are_not_called_good,
      an_old_version_without_latencies_is_nothing_to_compare_with,
      requests_without_latencies_do_not_count_for_a_limit, comparisons_have_their_numbers)
