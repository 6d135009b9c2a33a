/* checks: how they are read, and how several make one verdict. */
#include "judge/check.h"

#include "statistics/statistics.h"
#include "support/judging.h"

START_TEST(what_is_wrong_with_a_check_is_told_with_its_path)
{
    static const struct {
        const char *json;
        const char *fault;
    } rows[] = {
        { "{}", "a check is an object with a \"kind\"" },
        { "{'kind': 'errrors'}",
          "kind: there is no check of kind 'errrors'; did you mean 'errors'?" },
        { "{'kind': 'errors', 'maxrate': 1}", "did you mean 'maxRate'?" },
        { "{'kind': 'errors', 'alpha': 0.7}", "alpha: must be from 1e-10% to 50%" },
        { "{'kind': 'errors', 'badRate': '0.5%'}", "badRate must be above maxRate" },
        { "{'kind': 'errors', 'method': 'sprt'}", "maxRate and badRate must be given" },
        { "{'kind': 'errors', 'method': 'wald'}", "not one of always-valid, sprt" },
        { "{'kind': 'threshold', 'max': 3}", "metric is missing" },
        { "{'kind': 'threshold', 'metric': 'M'}", "max or min is missing" },
        { "{'kind': 'threshold', 'metric': 'M', 'max': 1, 'datapoints': 2}",
          "datapoints must not be above periods" },
        { "{'kind': 'alarm'}", "alarm is missing" },
        { "{'kind': 'latency', 'compare': false}", "max is missing" },
        { "{'kind': 'latency', 'max': 5}", "is not a time" },
        { "{'kind': 'score'}", "metrics is missing" },
        { "{'kind': 'score', 'metrics': []}", "must be a list of 1 to 200" },
        { "{'kind': 'score', 'metrics': [{}]}", "metrics[0]: metric is missing" },
        { "{'kind': 'score', 'metrics': [5]}", "metrics[0]: must be an object" },
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'directon': 'increase'}]}",
          "metrics[0].directon: there is no member 'directon'; did you mean 'direction'?" },
        { "{'kind': 'score', 'metrics': [{'metric': 'a', 'missing': 'replce'}]}",
          "metrics[0].missing" },
        { "{'kind': 'score', 'metrics': ['a'], 'groups': {'b': 50}}", "no metric is of group 'b'" },
        { "{'kind': 'score', 'metrics': ['a'], 'groups': {'all': 101}}", "more than 100" },
        { "{'kind': 'score', 'metrics': ['a'], 'marginal': 90}", "marginal must not be above" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(freep) char *fault = fault_of(rows[i].json);
        ck_assert_msg(strstr(fault, rows[i].fault) != NULL, "%s: %s", rows[i].json, fault);
    }
}
END_TEST

START_TEST(a_check_has_a_name_for_people)
{
    CLEANUP(check_clear) struct check plain = check_of("{'kind': 'split'}");
    CLEANUP(check_clear) struct check named = check_of("{'kind': 'split', 'name': 'routing'}");
    ck_assert_str_eq(plain.name, "split");
    ck_assert_str_eq(named.name, "routing");
}
END_TEST

START_TEST(a_check_names_its_metrics_one_after_the_other)
{
    static const struct {
        const char *json;
        const char *names[3];
    } rows[] = {
        { "{'kind': 'errors'}", { NULL } },
        { "{'kind': 'threshold', 'metric': 'Duration', 'max': 5}", { "Duration" } },
        { "{'kind': 'score', 'metrics': ['Errors', {'metric': 'mine'}]}", { "Errors", "mine" } },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(check_clear) struct check check = check_of(rows[i].json);
        for (size_t j = 0; j < COUNT_OF(rows[i].names); j++)
            ck_assert_pstr_eq(check_metric(&check, j), rows[i].names[j]);
    }
}
END_TEST

START_TEST(the_schema_has_every_kind_and_its_members)
{
    CLEANUP(json_deletep) cJSON *schema = check_schema();
    const cJSON *list = json_get(schema, "oneOf");
    int count = 0;
    for (const struct check_kind *kind = check_kinds; kind->name; kind++, count++) {
        const cJSON *properties = json_get(cJSON_GetArrayItem(list, count), "properties");
        ck_assert_str_eq(json_text(json_get(properties, "kind"), "const", ""), kind->name);
        for (const struct member_row *row = kind->members; row->name; row++)
            ck_assert_msg(json_get(properties, row->name) != NULL, "%s.%s", kind->name, row->name);
    }
    ck_assert_int_eq(cJSON_GetArraySize(list), count);
}
END_TEST

struct panel {
    struct check checks[4];
    struct check_memory memories[4];
    struct check_verdict verdicts[4];
    size_t count;
};

static void panel_clear(struct panel *panel)
{
    for (size_t i = 0; i < panel->count; i++)
        check_clear(&panel->checks[i]);
}

static void panel_add(struct panel *panel, const char *json)
{
    panel->checks[panel->count++] = check_of(json);
}

static enum check_result panel_judge(struct panel *panel, const struct evidence *evidence,
                                     bool is_final, size_t *deciding_out)
{
    struct evidence now = *evidence;
    now.is_final = is_final;
    return judge_step(panel->checks, panel->count, &now, panel->memories, panel->verdicts,
                      deciding_out);
}

START_TEST(the_worst_check_decides_and_dry_runs_do_not)
{
    CLEANUP(panel_clear) struct panel panel = { .count = 0 };
    size_t deciding = 9;
    struct evidence bad = evidence_of(10, 10, 90, 0);
    struct evidence good = evidence_of(100, 0, 900, 0);
    ck_assert_int_eq(panel_judge(&panel, &bad, true, &deciding), CHECK_PASS);
    panel_add(&panel, "{'kind': 'split'}");
    panel_add(&panel, "{'kind': 'errors', 'dryRun': true}");
    ck_assert_int_eq(panel_judge(&panel, &bad, true, &deciding), CHECK_PASS);
    ck_assert_int_eq(panel.verdicts[1].result, CHECK_FAIL);
    ck_assert(panel.verdicts[1].is_dry_run);
    panel_add(&panel, "{'kind': 'errors'}");
    ck_assert_int_eq(panel_judge(&panel, &bad, false, &deciding), CHECK_FAIL);
    ck_assert_uint_eq(deciding, 2);
    memset(panel.memories, 0, sizeof(panel.memories));
    ck_assert_int_eq(panel_judge(&panel, &good, false, &deciding), CHECK_CONTINUE);
    ck_assert_int_eq(panel_judge(&panel, &good, true, &deciding), CHECK_PASS);
    panel_add(&panel, "{'kind': 'errors', 'badRate': '2%'}");
    ck_assert_int_eq(panel_judge(&panel, &good, true, &deciding), CHECK_INCONCLUSIVE);
    ck_assert_uint_eq(deciding, 3);
}
END_TEST

/* 12 % of 1,000: p = 0.0396 for a split of 10 %. Alone that is below half of alpha; with other
 * tests about, Holm wants it below half of alpha over their number. */
START_TEST(at_the_end_the_number_of_tests_is_corrected_for)
{
    CLEANUP(panel_clear) struct panel panel = { .count = 0 };
    struct evidence evidence = evidence_of(120, 0, 880, 0);
    size_t deciding;
    panel_add(&panel, "{'kind': 'split', 'alpha': '10%'}");
    ck_assert_int_eq(panel_judge(&panel, &evidence, true, &deciding), CHECK_FAIL);
    ck_assert(isnan(number_of(&panel.verdicts[0], "adjustedPValue")));
    panel_add(&panel, "{'kind': 'errors'}");
    ck_assert_int_eq(panel_judge(&panel, &evidence, true, &deciding), CHECK_INCONCLUSIVE);
    ck_assert_uint_eq(deciding, 0);
    assert_verdict(&panel.verdicts[0], CHECK_INCONCLUSIVE, "among 2 tests that is no proof");
    ck_assert_double_eq_tol(number_of(&panel.verdicts[0], "adjustedPValue"), 2 * 0.0396077196416,
                            1e-10);
    /* Dry runs do not count, nor do checks without a test. */
    check_clear(&panel.checks[1]);
    panel.count = 1;
    panel_add(&panel, "{'kind': 'errors', 'dryRun': true}");
    panel_add(&panel, "{'kind': 'alarm', 'alarm': 'A'}");
    evidence_set_alarm(&evidence, "A", "OK", NULL);
    ck_assert_int_eq(panel_judge(&panel, &evidence, true, &deciding), CHECK_FAIL);
    evidence_clear(&evidence);
}
END_TEST

/* Both take from 40 to 60 ms, the new version's latencies being 13 ms more. */
static void add_latencies(struct evidence *evidence)
{
    for (int64_t i = 0; i < 120; i++)
        histogram_add(&evidence->canary.latency, 53000 + 167 * i);
    for (int64_t i = 0; i < 880; i++)
        histogram_add(&evidence->base.latency, 40000 + 23 * i);
}

/* A level one and a half times the p-value: enough alone, but not of two. */
START_TEST(each_test_at_the_end_is_one_of_so_many)
{
    static const char *const kinds[] = {
        "{'kind': 'errors', 'maxRate': '10%', 'alpha': 1e-12}",
        "{'kind': 'errors-compared', 'alpha': 1e-12}",
        "{'kind': 'split', 'alpha': 1e-12}",
        "{'kind': 'latency', 'alpha': 1e-12}",
        "{'kind': 'latency', 'max': '72ms', 'compare': false, 'alpha': 1e-12}",
    };
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        CLEANUP(panel_clear) struct panel panel = { .count = 0 };
        CLEANUP(evidence_clear) struct evidence evidence = evidence_of(120, 20, 880, 90);
        add_latencies(&evidence);
        panel_add(&panel, kinds[i]);
        ck_assert_msg(panel_judge(&panel, &evidence, true, NULL) != CHECK_FAIL, "%s: %s", kinds[i],
                      panel.verdicts[0].sentence);
        panel.checks[0].alpha = 3 * panel.verdicts[0].p_value;
        ck_assert_int_eq(panel_judge(&panel, &evidence, true, NULL), CHECK_FAIL);
        panel_add(&panel, "{'kind': 'errors', 'maxRate': '50%'}");
        ck_assert_int_eq(panel_judge(&panel, &evidence, true, NULL), CHECK_INCONCLUSIVE);
        assert_verdict(&panel.verdicts[0], CHECK_INCONCLUSIVE, "among 2 tests that is no proof");
    }
}
END_TEST

START_TEST(what_a_sequential_test_found_is_not_taken_back)
{
    CLEANUP(panel_clear) struct panel panel = { .count = 0 };
    struct evidence evidence = evidence_of(10, 4, 90, 0);
    panel_add(&panel, "{'kind': 'errors'}");
    panel_add(&panel, "{'kind': 'split'}");
    panel_add(&panel, "{'kind': 'errors-compared'}");
    ck_assert_int_eq(panel_judge(&panel, &evidence, true, NULL), CHECK_FAIL);
    ck_assert(!panel.verdicts[0].is_by_final_test);
}
END_TEST

/* Whatever the counts: with is_final nothing is left open, and a verdict has a sentence. */
START_TEST(at_the_end_no_check_goes_on)
{
    static const uint64_t counts[] = { 0, 1, 2, 10, 50, 300 };
    CLEANUP(panel_clear) struct panel panel = { .count = 0 };
    panel_add(&panel, "{'kind': 'errors', 'badRate': '3%'}");
    panel_add(&panel, "{'kind': 'errors-compared', 'detect': '2%'}");
    panel_add(&panel, "{'kind': 'split', 'detect': '2%'}");
    panel_add(&panel, "{'kind': 'latency', 'max': '10ms'}");
    for (size_t n = 0; n < COUNT_OF(counts); n++) {
        for (size_t k = 0; k <= n; k++) {
            for (size_t m = 0; m < COUNT_OF(counts); m++) {
                struct evidence evidence =
                    evidence_of(counts[n], counts[k], counts[m], counts[m] / 2);
                histogram_add_bucket(&evidence.canary.latency, 5000, counts[n]);
                histogram_add_bucket(&evidence.base.latency, 5000, counts[m]);
                memset(panel.memories, 0, sizeof(panel.memories));
                (void)panel_judge(&panel, &evidence, true, NULL);
                for (size_t i = 0; i < panel.count; i++) {
                    ck_assert_int_ne(panel.verdicts[i].result, CHECK_CONTINUE);
                    ck_assert_uint_gt(strlen(panel.verdicts[i].sentence), 10);
                }
                evidence_clear(&evidence);
            }
        }
    }
}
END_TEST

static struct version_evidence counts_of(uint64_t number)
{
    struct version_evidence version = { .requests = 1000 * number,
                                        .errors = 100 * number,
                                        .early = 20 * number,
                                        .throttles = 7 * number,
                                        .cold_starts = 3 * number };
    histogram_add_bucket(&version.latency, 5000, 40 * number);
    return version;
}

static void assert_counts(const struct version_evidence *version, uint64_t number)
{
    ck_assert_uint_eq(version->requests, 1000 * number);
    ck_assert_uint_eq(version->errors, 100 * number);
    ck_assert_uint_eq(version->early, 20 * number);
    ck_assert_uint_eq(version->throttles, 7 * number);
    ck_assert_uint_eq(version->cold_starts, 3 * number);
    ck_assert_uint_eq(version->latency.count, 40 * number);
}

START_TEST(what_a_version_did_is_added_up_and_read_as_it_was_written)
{
    CLEANUP(version_evidence_clear) struct version_evidence sum = counts_of(2);
    CLEANUP(version_evidence_clear) struct version_evidence more = counts_of(3);
    version_evidence_merge(&sum, &more);
    assert_counts(&sum, 5);
    CLEANUP(version_evidence_clear)
    struct version_evidence since = version_evidence_since(&sum, &more);
    assert_counts(&since, 2);
    CLEANUP(json_deletep) cJSON *json = version_evidence_json(&since);
    ck_assert(version_evidence_add_json(&sum, json));
    assert_counts(&sum, 7);
    static const char *const damaged[] = { "5",
                                           "{'requests': -1}",
                                           "{'errors': 1e16}",
                                           "{'early': -1}",
                                           "{'throttles': -1}",
                                           "{'coldStarts': -1}",
                                           "{'latency': {'buckets': 5}}" };
    for (size_t i = 0; i < COUNT_OF(damaged); i++) {
        CLEANUP(json_deletep) cJSON *bad = json_of(damaged[i]);
        ck_assert_msg(!version_evidence_add_json(&sum, bad), "%s", damaged[i]);
    }
}
END_TEST

/* Who has set the clock back has set it for all that was read before. */
START_TEST(all_values_of_all_metrics_are_shifted_alike)
{
    CLEANUP(evidence_clear) struct evidence evidence = { 0 };
    static const char *const names[] = { "a", "b" };
    for (int i = 7; i >= 0; i--)
        evidence_set_metric(&evidence, names[i / 4], i / 2 % 2 == 1, i % 2 * 60000, i);
    evidence_shift_metrics(&evidence, -5);
    for (int i = 0; i < 8; i++) {
        const struct metric_evidence *metric = evidence_metric(&evidence, names[i / 4]);
        const struct metric_series *series = i / 2 % 2 == 1 ? &metric->baseline : &metric->canary;
        ck_assert_int_eq(series->times_ms[i % 2], i % 2 * 60000 - 5);
        ck_assert_double_eq_tol(series->values[i % 2], i, 1e-9);
    }
}
END_TEST

SUITE("checks", what_is_wrong_with_a_check_is_told_with_its_path, a_check_has_a_name_for_people,
      a_check_names_its_metrics_one_after_the_other, the_schema_has_every_kind_and_its_members,
      the_worst_check_decides_and_dry_runs_do_not, at_the_end_the_number_of_tests_is_corrected_for,
      each_test_at_the_end_is_one_of_so_many, what_a_sequential_test_found_is_not_taken_back,
      at_the_end_no_check_goes_on, what_a_version_did_is_added_up_and_read_as_it_was_written,
      all_values_of_all_metrics_are_shifted_alike)
