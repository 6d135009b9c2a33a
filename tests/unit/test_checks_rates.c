/* checks of kinds errors, invocation-errors, errors-compared and split: verdicts from counts. */
#include "statistics/statistics.h"
#include "support/judging.h"

enum { RUNNING, FINAL };

struct row {
    struct evidence evidence;
    bool is_final;
    enum check_result result;
    const char *word; /* of the sentence */
};

static struct row row(uint64_t requests, uint64_t errors, uint64_t base_requests,
                      uint64_t base_errors, bool is_final, enum check_result result,
                      const char *word)
{
    return (struct row){ evidence_of(requests, errors, base_requests, base_errors), is_final,
                         result, word };
}

static void assert_rows(const char *json, const struct row *rows, size_t count)
{
    CLEANUP(check_clear) struct check check = check_of(json);
    for (size_t i = 0; i < count; i++) {
        struct check_verdict verdict = judge_once(&check, &rows[i].evidence, rows[i].is_final);
        assert_row(i, &verdict, rows[i].result, rows[i].word);
    }
}

START_TEST(an_error_rate_is_held_against_its_limit)
{
    const struct row rows[] = {
        row(9, 0, 91, 0, FINAL, CHECK_INCONCLUSIVE, "only 9"),
        row(0, 0, 0, 0, FINAL, CHECK_INCONCLUSIVE, "only 0"),
        row(100, 0, 900, 0, FINAL, CHECK_PASS, "0 of 100"),
        row(100, 1, 900, 9, FINAL, CHECK_PASS, "the limit is 1 %"),
        row(100, 2, 900, 0, FINAL, CHECK_INCONCLUSIVE, "chance alone brings so many in 26 %"),
        row(100, 6, 900, 0, FINAL, CHECK_FAIL, "1 of 1871 good canaries"),
        row(100, 2, 900, 0, RUNNING, CHECK_CONTINUE, "2 of 100"),
        row(3, 1, 30, 0, RUNNING, CHECK_CONTINUE, "1 of 3"),
        row(3, 3, 30, 0, RUNNING, CHECK_FAIL, "3 of 3"),
        row(10, 6, 90, 0, RUNNING, CHECK_FAIL, "good canaries"),
        row(500, 5, 4500, 40, RUNNING, CHECK_CONTINUE, "5 of 500"),
        row(1000, 1000, 9000, 0, RUNNING, CHECK_FAIL, "interval 99.6 to 100 %"),
    };
    assert_rows("{'kind': 'errors', 'maxRate': '1%'}", rows, COUNT_OF(rows));
}
END_TEST

/* Weight 0 publishes a version; to wait then is not to want an answer. */
START_TEST(without_traffic_there_is_nothing_to_judge)
{
    static const char threshold[] = "{'kind': 'threshold', 'metric': 'M', 'max': 1, "
                                    "'missing': 'notBreaching', 'minRequests': 5}";
    static const char *const checks[] = {
        "{'kind': 'errors'}",
        "{'kind': 'errors', 'badRate': '5%'}",
        "{'kind': 'errors', 'method': 'sprt', 'badRate': '5%'}",
        "{'kind': 'latency', 'max': '100ms'}",
        threshold,
    };
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        CLEANUP(check_clear) struct check check = check_of(checks[i]);
        struct evidence evidence = evidence_of(0, 0, 1000, 0);
        ck_assert_int_eq(judge_once(&check, &evidence, FINAL).result, CHECK_INCONCLUSIVE);
        evidence.weight = 0;
        ck_assert_int_eq(judge_once(&check, &evidence, RUNNING).result, CHECK_CONTINUE);
        ck_assert_int_eq(judge_once(&check, &evidence, FINAL).result, CHECK_PASS);
    }
}
END_TEST

/* Of alpha one half is for what is seen on the way, the other for the end. */
START_TEST(on_the_way_half_of_alpha_is_spent)
{
    const struct row rows[] = {
        row(200, 9, 1800, 0, RUNNING, CHECK_CONTINUE, "9 of 200"),
        row(500, 16, 4500, 0, RUNNING, CHECK_FAIL, "1 of 341 good canaries"),
    };
    static const char json[] = "{'kind': 'errors', 'maxRate': '1%', 'alpha': '1%'}";
    assert_rows(json, rows, COUNT_OF(rows));
    /* By integration with mpmath: the mean of two factors, of priors Beta(1, 1) and Beta(1, 24)
     * above 1 %. */
    CLEANUP(check_clear) struct check check = check_of(json);
    struct check_verdict verdict = judge_once(&check, &rows[0].evidence, false);
    ck_assert_double_eq_tol(number_of(&verdict, "anytimePValue"), 0.0062406018381629, 1e-12);
    verdict = judge_once(&check, &rows[1].evidence, false);
    ck_assert_double_eq_tol(number_of(&verdict, "anytimePValue"), 0.0029342201077025, 1e-12);
    /* The greatest limits that have a second prior at all: Beta(1, 2) above 8 %. */
    CLEANUP(check_clear) struct check high = check_of("{'kind': 'errors', 'maxRate': '8%'}");
    struct evidence evidence = evidence_of(60, 12, 540, 0);
    verdict = judge_once(&high, &evidence, false);
    ck_assert_double_eq_tol(number_of(&verdict, "anytimePValue"), 0.0726365418915888, 1e-12);
}
END_TEST

static struct evidence more_errors(int step)
{
    return evidence_of(400, (uint64_t)step, 3600, 360);
}

static struct evidence more_traffic(int step)
{
    return evidence_of(100 + (uint64_t)step, 0, 900 - (uint64_t)step, 0);
}

START_TEST(each_test_has_half_of_alpha)
{
    const struct judging_sweep sweeps[] = {
        { "{'kind': 'errors', 'maxRate': '10%', 'alpha': '20%'}", more_errors, 100, 0.1, true },
        { "{'kind': 'errors-compared', 'alpha': '20%'}", more_errors, 100, 0.1, true },
        { "{'kind': 'split', 'alpha': '20%'}", more_traffic, 100, 0.1, true },
    };
    for (size_t i = 0; i < COUNT_OF(sweeps); i++)
        assert_level(&sweeps[i]);
}
END_TEST

START_TEST(a_strict_limit_leaves_nothing_to_chance)
{
    const struct row rows[] = {
        row(100, 2, 900, 0, FINAL, CHECK_FAIL, "2 of 100"),
        row(100, 1, 900, 0, FINAL, CHECK_PASS, "1 of 100"),
        row(9, 2, 900, 0, FINAL, CHECK_INCONCLUSIVE, "only 9"),
    };
    assert_rows("{'kind': 'errors', 'maxRate': 0.01, 'strict': true}", rows, COUNT_OF(rows));
}
END_TEST

START_TEST(no_errors_tolerated_means_none_and_all_means_any)
{
    const struct row rows[] = {
        row(50, 1, 450, 0, RUNNING, CHECK_FAIL, "one is too many"),
        row(50, 0, 450, 3, FINAL, CHECK_PASS, "0 of 50"),
        row(50, 0, 450, 3, RUNNING, CHECK_CONTINUE, "0 of 50"),
    };
    assert_rows("{'kind': 'errors', 'maxRate': 0}", rows, COUNT_OF(rows));
    const struct row all[] = {
        row(50, 50, 450, 0, RUNNING, CHECK_CONTINUE, "50 of 50"),
        row(50, 49, 450, 0, RUNNING, CHECK_CONTINUE, "49 of 50"),
        row(50, 50, 450, 0, FINAL, CHECK_PASS, "the limit is 100 %"),
    };
    assert_rows("{'kind': 'errors', 'maxRate': '100%'}", all, COUNT_OF(all));
}
END_TEST

START_TEST(a_rate_that_must_be_excluded_decides_what_is_enough)
{
    const struct row rows[] = {
        row(40, 0, 360, 0, FINAL, CHECK_INCONCLUSIVE, "that takes 45 requests"),
        row(45, 0, 405, 0, FINAL, CHECK_PASS, "0 of 45"),
        row(70, 0, 630, 0, RUNNING, CHECK_CONTINUE, "0 of 70"),
        row(71, 0, 639, 0, RUNNING, CHECK_PASS, "5 % is excluded"), /* (mpmath) */
        row(200, 1, 1800, 0, RUNNING, CHECK_PASS, "5 % is excluded"),
    };
    assert_rows("{'kind': 'errors', 'maxRate': '1%', 'badRate': '5%'}", rows, COUNT_OF(rows));
}
END_TEST

/* What users met counts for the limit with all their requests, not with their errors alone; the
 * split and the comparison go by canary's own. */
START_TEST(requests_of_others_count_for_the_limit)
{
    CLEANUP(check_clear) struct check check = check_of("{'kind': 'errors', 'maxRate': '1%'}");
    struct evidence evidence = evidence_of(100, 0, 900, 0);
    evidence.others = (struct version_evidence){ .requests = 900, .errors = 9 };
    struct check_verdict verdict = judge_once(&check, &evidence, true);
    assert_verdict(&verdict, CHECK_PASS, "9 of 1000 requests to the new version failed");
    ck_assert_msg(strstr(verdict.sentence, "900 of them only CloudWatch tells of"), "%s",
                  verdict.sentence);
    evidence.others.errors = 90;
    verdict = judge_once(&check, &evidence, true);
    assert_verdict(&verdict, CHECK_FAIL, "90 of 1000");
    CLEANUP(check_clear) struct check split = check_of("{'kind': 'split'}");
    verdict = judge_once(&split, &evidence, true);
    assert_verdict(&verdict, CHECK_PASS, "100 of 1000");
}
END_TEST

/* They name no version: all requests count, and the new version need not have answered any. */
START_TEST(errors_of_lambda_itself_are_held_against_a_limit)
{
    struct row rows[] = {
        row(0, 0, 0, 0, FINAL, CHECK_PASS, "0 of 0"),
        row(10, 0, 90, 90, FINAL, CHECK_PASS, "0 of 100"),
        row(100, 0, 880, 0, RUNNING, CHECK_CONTINUE, "5 of 985 requests through the alias"),
        row(100, 0, 880, 0, FINAL, CHECK_PASS, "the limit is 1 %"),
        row(0, 0, 98, 0, FINAL, CHECK_INCONCLUSIVE, "2 of 100"),
        row(0, 0, 40, 0, RUNNING, CHECK_FAIL, "5 of 45"),
        row(5, 0, 89, 0, FINAL, CHECK_FAIL, "6 of 100"),
    };
    static const uint64_t counts[] = { 0, 0, 5, 5, 2, 5, 6 };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        rows[i].evidence.invocation_errors = counts[i];
    assert_rows("{'kind': 'invocation-errors'}", rows, COUNT_OF(rows));
    CLEANUP(freep)
    char *fault = fault_of("{'kind': 'invocation-errors', 'maxRate': '5%', 'badRate': '2%'}");
    ck_assert_msg(strstr(fault, "badRate must be above maxRate"), "%s", fault);
}
END_TEST

/* Whatever is asked for: it would be asked for in vain. */
START_TEST(of_live_traffic_no_errors_of_lambda_itself_are_known)
{
    struct row rows[] = {
        row(0, 0, 0, 0, FINAL, CHECK_PASS, "nobody knows"),
        row(100, 0, 900, 0, FINAL, CHECK_PASS, "nobody knows"),
        row(100, 0, 900, 0, RUNNING, CHECK_CONTINUE, "nobody knows"),
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        rows[i].evidence.is_live = true;
    assert_rows("{'kind': 'invocation-errors', 'badRate': '5%', 'minRequests': 2000}", rows,
                COUNT_OF(rows));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        rows[i].evidence.is_live = false;
    rows[0] = row(0, 0, 0, 0, FINAL, CHECK_INCONCLUSIVE, "5 % is not excluded");
    assert_rows("{'kind': 'invocation-errors', 'badRate': '5%'}", rows, 1);
}
END_TEST

START_TEST(an_sprt_decides_between_two_rates)
{
    const struct row rows[] = {
        row(54, 0, 500, 0, RUNNING, CHECK_CONTINUE, "between the bounds"),
        row(55, 0, 500, 0, RUNNING, CHECK_PASS, "good"),
        row(2, 2, 20, 0, RUNNING, CHECK_FAIL, "bad"),
        row(54, 0, 500, 0, FINAL, CHECK_INCONCLUSIVE, "it takes about 81 requests"),
        row(95, 1, 900, 0, RUNNING, CHECK_PASS, "-2.27"),
    };
    assert_rows("{'kind': 'errors', 'maxRate': '1%', 'badRate': '5%', 'method': 'sprt', "
                "'alpha': '5%'}",
                rows, COUNT_OF(rows));
    const struct row few[] = {
        row(99, 0, 900, 0, RUNNING, CHECK_CONTINUE, "not decided"),
        row(100, 0, 900, 0, RUNNING, CHECK_PASS, "below the bound"),
    };
    assert_rows("{'kind': 'errors', 'maxRate': '1%', 'badRate': '5%', 'method': 'sprt', "
                "'minRequests': 100}",
                few, COUNT_OF(few));
}
END_TEST

START_TEST(two_versions_are_compared)
{
    const struct row rows[] = {
        row(5, 0, 45, 0, FINAL, CHECK_INCONCLUSIVE, "only 5"),
        row(0, 0, 45, 0, FINAL, CHECK_INCONCLUSIVE, "only 0"),
        row(50, 0, 0, 0, FINAL, CHECK_INCONCLUSIVE, "nothing to compare"),
        row(100, 1, 900, 9, FINAL, CHECK_PASS, "would have been found"),
        row(100, 0, 900, 0, FINAL, CHECK_PASS, "Fisher"),
        row(100, 12, 900, 30, FINAL, CHECK_FAIL, "(3.33 %) (Fisher's exact test, p = 0.00045)"),
        row(100, 12, 900, 30, RUNNING, CHECK_CONTINUE, "so far"),
        row(3, 3, 27, 0, RUNNING, CHECK_FAIL, "chance would explain this"),
        row(100, 1, 900, 200, RUNNING, CHECK_CONTINUE, "so far"),
        /* Many errors that hit both alike are no fault of the new version. */
        row(100, 50, 900, 450, FINAL, CHECK_PASS, "50 %"),
    };
    assert_rows("{'kind': 'errors-compared'}", rows, COUNT_OF(rows));
}
END_TEST

/* minRequests 0 lets such a step end; there is still nothing to reckon with. */
START_TEST(without_any_request_no_number_is_made_up)
{
    const struct row rows[] = { row(0, 0, 450, 4, FINAL, CHECK_INCONCLUSIVE, "got no requests") };
    assert_rows("{'kind': 'errors-compared', 'minRequests': 0}", rows, COUNT_OF(rows));
    assert_rows("{'kind': 'errors-compared', 'minRequests': 0, 'detect': '5%'}", rows,
                COUNT_OF(rows));
}
END_TEST

START_TEST(an_effect_worth_finding_decides_what_is_enough)
{
    const struct row rows[] = {
        row(50, 0, 450, 4, FINAL, CHECK_INCONCLUSIVE, "requests to the new version"),
        row(300, 5, 2700, 27, FINAL, CHECK_PASS, "% power"),
        row(1000, 9, 9000, 90, RUNNING, CHECK_PASS, "an increase by 5 points is excluded"),
        row(4000, 800, 36000, 7200, RUNNING, CHECK_PASS, "an increase by 5 points is excluded"),
        row(157, 0, 1413, 0, RUNNING, CHECK_CONTINUE, "so far"), /* (mpmath) */
        row(158, 0, 1422, 0, RUNNING, CHECK_PASS, "is excluded"),
    };
    assert_rows("{'kind': 'errors-compared', 'detect': '5%'}", rows, COUNT_OF(rows));
    const struct row few = row(9, 0, 81, 0, RUNNING, CHECK_CONTINUE, "so far");
    assert_rows("{'kind': 'errors-compared', 'detect': '90%'}", &few, 1);
    CLEANUP(check_clear)
    struct check check = check_of("{'kind': 'errors-compared', 'detect': 0.05}");
    struct evidence evidence = evidence_of(50, 0, 450, 4);
    struct check_verdict verdict = judge_once(&check, &evidence, true);
    double base = 4.5 / 451;
    double needed = two_rates_sample_size(base + 0.05, base, 9, 0.005, 0.9, ONE_SIDED);
    ck_assert_double_eq_tol(number_of(&verdict, "neededRequests"), ceil(needed), 0.5);
    ck_assert(number_of(&verdict, "power") < 0.9);
}
END_TEST

/* Of one request to the old version nothing can be told: that even a rate of 100 % would have been
 * found was not true. */
START_TEST(what_could_not_have_been_found_is_not_promised)
{
    const struct row rows[] = {
        row(10, 1, 1, 0, FINAL, CHECK_PASS, "no rate would have been found with 90 % power"),
        row(10, 1, 10, 5, FINAL, CHECK_PASS, "no rate would have been found with 90 % power"),
        row(10, 1, 90, 0, FINAL, CHECK_PASS, "a rate of 45 % or more would have been found"),
    };
    assert_rows("{'kind': 'errors-compared'}", rows, COUNT_OF(rows));
    CLEANUP(check_clear) struct check check = check_of("{'kind': 'errors-compared'}");
    struct evidence evidence = evidence_of(10, 1, 1, 0);
    struct check_verdict verdict = judge_once(&check, &evidence, true);
    ck_assert(isnan(number_of(&verdict, "detectableRate")));
}
END_TEST

/* What the split does wrong is not laid at the new version's door. */
START_TEST(a_drifted_split_does_not_make_errors_look_unequal)
{
    CLEANUP(check_clear) struct check check = check_of("{'kind': 'errors-compared'}");
    struct evidence evidence = evidence_of(500, 25, 500, 25); /* half, not a tenth */
    struct check_verdict verdict = judge_once(&check, &evidence, false);
    assert_verdict(&verdict, CHECK_CONTINUE, "so far");
}
END_TEST

START_TEST(a_split_is_held_against_its_weight)
{
    const struct row rows[] = {
        row(0, 0, 0, 0, FINAL, CHECK_PASS, "0 of 0"),
        row(100, 0, 900, 0, FINAL, CHECK_PASS, "from "),
        row(100, 0, 900, 0, RUNNING, CHECK_CONTINUE, "so far"),
        row(160, 0, 840, 0, FINAL, CHECK_FAIL, "does not fit"),
        row(160, 0, 840, 0, RUNNING, CHECK_FAIL, "does not fit"),
        row(133, 0, 867, 0, RUNNING, CHECK_CONTINUE, "so far"),
        row(140, 0, 860, 0, FINAL, CHECK_FAIL, "does not fit"),
        row(0, 0, 300, 0, RUNNING, CHECK_FAIL, "0 of 300"),
    };
    assert_rows("{'kind': 'split'}", rows, COUNT_OF(rows));
}
END_TEST

/* Above one half a share that is too small takes more requests than one that is too great. */
START_TEST(the_drift_that_is_harder_to_find_is_told)
{
    static const struct {
        const char *check;
        double weight;
        const char *text;
    } cases[] = {
        { "{'kind': 'split'}", 0.1, "a share of 12 % is noticed" },
        { "{'kind': 'split'}", 0.9, "a share of 88 % is noticed" },
        { "{'kind': 'split', 'detect': '5%'}", 0.9, "a share of 85 % is noticed" },
        /* What is more than all, or less than nothing, cannot be. */
        { "{'kind': 'split', 'detect': '95%'}", 0.2, "a share of 60 % is noticed" },
        { "{'kind': 'split', 'detect': '95%'}", 0.8, "a share of 40 % is noticed" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(check_clear) struct check check = check_of(cases[i].check);
        uint64_t hits = (uint64_t)lround(10000 * cases[i].weight);
        struct evidence evidence = evidence_of(hits, 0, 10000 - hits, 0);
        evidence.weight = cases[i].weight;
        struct check_verdict verdict = judge_once(&check, &evidence, true);
        assert_verdict(&verdict, CHECK_PASS, cases[i].text);
    }
}
END_TEST

START_TEST(a_drift_worth_finding_decides_what_is_enough)
{
    const struct row rows[] = {
        row(100, 0, 900, 0, FINAL, CHECK_INCONCLUSIVE, "from 5384 requests on"),
        row(500, 0, 4500, 0, FINAL, CHECK_PASS, "fits the weight"),
        /* The share must be surely within 8 and 12 % (mpmath). */
        row(191, 0, 1719, 0, RUNNING, CHECK_CONTINUE, "so far"),
        row(192, 0, 1728, 0, RUNNING, CHECK_PASS, "fits the weight"),
        row(603, 0, 6097, 0, RUNNING, CHECK_CONTINUE, "so far"),
        row(612, 0, 6188, 0, RUNNING, CHECK_PASS, "fits the weight"),
        row(100, 0, 900, 0, RUNNING, CHECK_CONTINUE, "so far"),
    };
    assert_rows("{'kind': 'split', 'detect': '2%'}", rows, COUNT_OF(rows));
}
END_TEST

/* AWS routes by the old weights for a while; errors of that while count. */
START_TEST(requests_that_old_weights_may_have_routed_count_for_no_split)
{
    struct row rows[] = {
        row(100, 0, 1900, 0, FINAL, CHECK_FAIL, "100 of 2000"),
        row(100, 0, 1900, 0, FINAL, CHECK_PASS, "100 of 1000 requests"),
        row(100, 0, 1900, 0, RUNNING, CHECK_CONTINUE,
            "1000 more came in the weight's first minute"),
        row(1, 0, 1999, 0, FINAL, CHECK_PASS, "0 of 0"),
    };
    rows[1].evidence.base.early = rows[2].evidence.base.early = 1000;
    rows[3].evidence.base.early = 1999;
    rows[3].evidence.canary.early = 1;
    assert_rows("{'kind': 'split'}", rows, COUNT_OF(rows));
    struct row few = row(20, 0, 180, 0, FINAL, CHECK_INCONCLUSIVE, "only 5");
    few.evidence.canary.early = 15;
    few.evidence.base.early = 135;
    assert_rows("{'kind': 'split', 'minRequests': 10}", &few, 1);
    few = row(20, 20, 180, 0, FINAL, CHECK_FAIL, "20 of 20");
    few.evidence.canary.early = 15;
    assert_rows("{'kind': 'errors'}", &few, 1);
}
END_TEST

START_TEST(a_step_without_a_split_has_nothing_to_compare)
{
    static const char *const kinds[] = { "{'kind': 'split'}", "{'kind': 'errors-compared'}",
                                         "{'kind': 'latency'}",
                                         "{'kind': 'score', 'metrics': ['Errors']}" };
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        CLEANUP(check_clear) struct check check = check_of(kinds[i]);
        struct evidence evidence = evidence_of(100, 50, 3, 0);
        for (int weight = 0; weight <= 1; weight++) {
            evidence.weight = weight;
            struct check_verdict verdict = judge_once(&check, &evidence, true);
            assert_verdict(&verdict, CHECK_PASS, "one version alone");
            verdict = judge_once(&check, &evidence, false);
            ck_assert_int_eq(verdict.result, CHECK_CONTINUE);
        }
    }
}
END_TEST

START_TEST(what_a_test_once_found_stays_found)
{
    CLEANUP(check_clear) struct check check = check_of("{'kind': 'errors', 'dryRun': true}");
    struct check_memory memory = { 0 };
    struct check_verdict verdict;
    struct evidence evidence = evidence_of(3, 3, 30, 0);
    check_judge(&check, &evidence, &memory, &verdict);
    ck_assert_int_eq(verdict.result, CHECK_FAIL);
    double peak = memory.peak;
    struct check_memory again = read_again(&memory);
    evidence = evidence_of(3000, 3, 27000, 0);
    check_judge(&check, &evidence, &again, &verdict);
    ck_assert_int_eq(verdict.result, CHECK_FAIL);
    ck_assert(again.peak >= peak && again.peak <= peak);
    evidence = evidence_of(3000, 3000, 27000, 0); /* what is said goes by the look that decided */
    check_judge(&check, &evidence, &again, &verdict);
    ck_assert(again.peak >= peak && again.peak <= peak);
}
END_TEST

START_TEST(an_sprt_that_has_decided_stays_with_it)
{
    CLEANUP(check_clear)
    struct check check = check_of("{'kind': 'errors', 'badRate': '5%', 'method': 'sprt'}");
    struct check_memory memory = { 0 };
    struct check_verdict verdict;
    struct evidence evidence = evidence_of(60, 0, 540, 0);
    check_judge(&check, &evidence, &memory, &verdict);
    assert_verdict(&verdict, CHECK_PASS, "below the bound: good");
    evidence = evidence_of(100, 2, 900, 0); /* by itself between the bounds */
    ck_assert_int_eq(judge_once(&check, &evidence, true).result, CHECK_INCONCLUSIVE);
    evidence.is_final = true;
    check_judge(&check, &evidence, &memory, &verdict);
    assert_verdict(&verdict, CHECK_PASS, "it was below the bound: good");
    /* But not with what is found to be bad. */
    evidence = evidence_of(200, 20, 1800, 0);
    check_judge(&check, &evidence, &memory, &verdict);
    assert_verdict(&verdict, CHECK_FAIL, "above the bound: bad");
}
END_TEST

START_TEST(what_was_once_excluded_stays_excluded)
{
    CLEANUP(check_clear) struct check check = check_of("{'kind': 'split', 'detect': '3%'}");
    struct check_memory memory = { 0 };
    struct check_verdict verdict;
    struct evidence evidence = evidence_of(150, 0, 1350, 0);
    check_judge(&check, &evidence, &memory, &verdict);
    assert_verdict(&verdict, CHECK_PASS, "that fits the weight");
    evidence = evidence_of(184, 0, 1376, 0); /* by itself too near to 13 % */
    memory = read_again(&memory);
    check_judge(&check, &evidence, &memory, &verdict);
    ck_assert_int_eq(verdict.result, CHECK_PASS);
    ck_assert_int_eq(judge_once(&check, &evidence, false).result, CHECK_CONTINUE);
    /* But not what is found to be wrong. */
    evidence = evidence_of(500, 0, 1500, 0);
    check_judge(&check, &evidence, &memory, &verdict);
    ck_assert_int_eq(verdict.result, CHECK_FAIL);
}
END_TEST

static void assert_numbers(const char *json, const struct evidence *evidence,
                           const struct named_number *numbers, size_t count)
{
    CLEANUP(check_clear) struct check check = check_of(json);
    struct check_verdict verdict = judge_once(&check, evidence, true);
    ck_assert_uint_eq(verdict.number_count, count);
    for (size_t i = 0; i < count; i++) {
        double value = number_of(&verdict, numbers[i].name);
        ck_assert_msg(fabs(value - numbers[i].value) <= 1e-12 * fabs(value), "%s of %s is %.15g",
                      numbers[i].name, json, value);
    }
}

START_TEST(verdicts_have_their_numbers)
{
    const struct interval exact = clopper_pearson(6, 100, 0.95);
    const struct interval near = wilson(100, 1000, 0.95);
    const struct two_rates seen = { 6, 100, 9, 900 };
    const struct sprt test = { 0.01, 0.05, 0.01, 1 - 0.9 };
    const double mean = 9.5 / 901;
    const struct evidence evidence = evidence_of(100, 6, 900, 9);
    /* The mean of two factors, of priors Beta(1, 1) and Beta(1, 24) above 1 % (mpmath). */
    const struct named_number errors[] = {
        { "requests", 100 },
        { "bad", 6 },
        { "rate", 0.06 },
        { "rateLow", exact.low },
        { "limit", 0.01 },
        { "rateHigh", exact.high },
        { "anytimePValue", 0.0117200385801235 },
        { "pValue", binomial_greater(6, 100, 0.01) },
    };
    /* Wald's test has no such p-value. */
    const struct named_number sprt[] = {
        { "requests", 100 },
        { "bad", 6 },
        { "rate", 0.06 },
        { "rateLow", exact.low },
        { "rateHigh", exact.high },
        { "limit", 0.01 },
        { "badRate", 0.05 },
        { "logRatio", sprt_log_ratio(&test, 6, 100) },
        { "lowerBound", sprt_bounds(&test).low },
        { "upperBound", sprt_bounds(&test).high },
        { "expectedIfGood", sprt_expected_good(&test) },
        { "expectedIfBad", sprt_expected_bad(&test) },
    };
    const struct named_number compared[] = {
        { "requests", 100 },
        { "errors", 6 },
        { "rate", 0.06 },
        { "baseRequests", 900 },
        { "baseErrors", 9 },
        { "baseRate", 0.01 },
        { "differenceLow", newcombe(&seen, 0.95).low },
        { "differenceHigh", newcombe(&seen, 0.95).high },
        { "anytimePValue", exp(-mixture_log_greater(6, 15, 0.1, UNIFORM)) },
        { "pValue", fisher_greater(6, 100, 9, 900) },
        { "chanceOfWorse", beta_posterior(&seen).is_higher },
        { "detectableRate", two_rates_detectable(mean, 100, 900, 0.5e-9, 0.9, ONE_SIDED) },
        { "power", two_rates_power(1, mean, 100, 900, 0.5e-9, ONE_SIDED) },
        { "neededRequests", ceil(two_rates_sample_size(1, mean, 9, 0.5e-9, 0.9, ONE_SIDED)) },
    };
    const struct named_number split[] = {
        { "requests", 100 },
        { "all", 1000 },
        { "share", 0.1 },
        { "shareLow", near.low },
        { "shareHigh", near.high },
        { "weight", 0.1 },
        { "anytimePValue", 1 },
        { "pValue", 1 },
        { "drift", 0.02 },
        { "neededRequests", ceil(share_sample_size(0.1, 0.12, 0.0005, 0.9, TWO_SIDED)) },
    };
    assert_numbers("{'kind': 'errors'}", &evidence, errors, COUNT_OF(errors));
    assert_numbers("{'kind': 'errors', 'badRate': '5%', 'method': 'sprt'}", &evidence, sprt,
                   COUNT_OF(sprt));
    assert_numbers("{'kind': 'errors-compared', 'alpha': 1e-9, 'detect': '100%'}", &evidence,
                   compared, COUNT_OF(compared));
    assert_numbers("{'kind': 'split'}", &evidence, split, COUNT_OF(split));
}
END_TEST

SUITE("checks of rates", an_error_rate_is_held_against_its_limit,
      without_traffic_there_is_nothing_to_judge, on_the_way_half_of_alpha_is_spent,
      each_test_has_half_of_alpha, a_strict_limit_leaves_nothing_to_chance,
      no_errors_tolerated_means_none_and_all_means_any,
      a_rate_that_must_be_excluded_decides_what_is_enough, requests_of_others_count_for_the_limit,
      errors_of_lambda_itself_are_held_against_a_limit,
      of_live_traffic_no_errors_of_lambda_itself_are_known, an_sprt_decides_between_two_rates,
      two_versions_are_compared, without_any_request_no_number_is_made_up,
      an_effect_worth_finding_decides_what_is_enough,
      what_could_not_have_been_found_is_not_promised, the_drift_that_is_harder_to_find_is_told,
      requests_that_old_weights_may_have_routed_count_for_no_split,
      a_drifted_split_does_not_make_errors_look_unequal, a_split_is_held_against_its_weight,
      a_drift_worth_finding_decides_what_is_enough, a_step_without_a_split_has_nothing_to_compare,
      what_a_test_once_found_stays_found, an_sprt_that_has_decided_stays_with_it,
      what_was_once_excluded_stays_excluded, verdicts_have_their_numbers)
