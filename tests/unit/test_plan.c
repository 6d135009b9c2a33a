/* plan: strategies, faults with line and path, defaults, the schema, comments. */
#include "plan/plan.h"

#include "buffer.h"
#include "canary.h"
#include "options.h"
#include "plan/source.h"
#include "support/judging.h"
#include "xalloc.h"

#define TARGET "\"function\":\"f\",\"alias\":\"a\""

static struct plan *parse(const char *json)
{
    struct member_faults faults = { 0 };
    struct plan *plan = plan_parse(text_from(json), &faults);
    ck_assert_msg(plan != NULL, "%s: %s: %s", json, faults.count ? faults.items[0].path : "",
                  faults.count ? faults.items[0].message : "");
    return plan;
}

/* "10,20,...@60000": weights in percent and the time of each. */
static char *outline(const struct plan *plan)
{
    struct buffer text = { 0 };
    for (size_t i = 0; i < plan->step_count; i++)
        buffer_add_format(&text, "%s%.6g@%lld", i ? "," : "", 100 * plan->steps[i].weight,
                          (long long)plan->steps[i].duration_ms / 1000);
    return buffer_take(&text, NULL);
}

START_TEST(every_strategy_becomes_its_steps)
{
    static const struct {
        const char *strategy;
        const char *outline;
    } rows[] = {
        { "\"LambdaCanary10Percent5Minutes\"", "10@300" },
        { "\"CodeDeployDefault.LambdaCanary10Percent10Minutes\"", "10@600" },
        { "\"Canary10Percent15Minutes\"", "10@900" },
        { "\"LambdaCanary10Percent30Minutes\"", "10@1800" },
        { "\"LambdaLinear10PercentEvery1Minute\"",
          "10@60,20@60,30@60,40@60,50@60,60@60,70@60,80@60,90@60" },
        { "\"CodeDeployDefault.LambdaLinear10PercentEvery2Minutes\"",
          "10@120,20@120,30@120,40@120,50@120,60@120,70@120,80@120,90@120" },
        { "\"Linear10PercentEvery3Minutes\"",
          "10@180,20@180,30@180,40@180,50@180,60@180,70@180,80@180,90@180" },
        { "\"LambdaLinear10PercentEvery10Minutes\"",
          "10@600,20@600,30@600,40@600,50@600,60@600,70@600,80@600,90@600" },
        { "\"CodeDeployDefault.LambdaAllAtOnce\"", "" },
        { "\"AllAtOnce\"", "" },
        { "{\"canary\":{\"weight\":\"5%\",\"for\":\"90s\"}}", "5@90" },
        { "{\"canary\":{\"weight\":0.25,\"for\":\"1h\"}}", "25@3600" },
        { "{\"linear\":{\"weight\":\"33%\",\"every\":\"1m\"}}", "33@60,66@60,99@60" },
        { "{\"linear\":{\"weight\":\"50%\",\"every\":\"1m\"}}", "50@60" },
        /* Three times this is a little less than 1, as numbers go: the promotion all the same. */
        { "{\"linear\":{\"weight\":0.3333333333,\"every\":\"1m\"}}", "33.3333@60,66.6667@60" },
        { "{\"steps\":[{\"weight\":\"1%\"},{\"pause\":\"2m\"},{\"approve\":true},"
          "{\"weight\":\"50%\",\"for\":\"1m\"},{\"analysis\":{\"for\":\"3m\"}},"
          "{\"hook\":{\"command\":\"true\"}}]}",
          "1@0,1@120,1@0,50@60,50@180,50@0" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(freep) char *json = xformat("{" TARGET ",\"strategy\":%s}", rows[i].strategy);
        struct plan *plan = parse(json);
        CLEANUP(freep) char *text = outline(plan);
        ck_assert_msg(strcmp(text, rows[i].outline) == 0, "%s: %s", rows[i].strategy, text);
        plan_destroy(plan);
    }
}
END_TEST

/* 3 * 0.1 is no 0.3, nor 0.7 / 100 0.007; the alias, hooks and reports get what the plan says. */
START_TEST(weights_are_the_numbers_that_people_write)
{
    static const struct {
        const char *strategy;
        double weights[9];
    } rows[] = {
        { "\"LambdaLinear10PercentEvery1Minute\"",
          { 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9 } },
        { "{\"linear\":{\"weight\":\"12.5%\",\"every\":\"1m\"}}",
          { 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875 } },
        { "{\"canary\":{\"weight\":\"0.7%\",\"for\":\"1m\"}}", { 0.007 } },
        { "{\"steps\":[{\"weight\":0.3333333333}]}", { 0.3333333333 } },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(freep) char *json = xformat("{" TARGET ",\"strategy\":%s}", rows[i].strategy);
        struct plan *plan = parse(json);
        for (size_t k = 0; k < plan->step_count; k++)
            ck_assert_msg(!(plan->steps[k].weight < rows[i].weights[k]) &&
                              !(plan->steps[k].weight > rows[i].weights[k]),
                          "%s: %.17g", rows[i].strategy, plan->steps[k].weight);
        plan_destroy(plan);
    }
}
END_TEST

START_TEST(what_is_wrong_is_told_with_line_path_and_the_nearest_name)
{
    static const struct {
        const char *json;
        int line;
        const char *path;
        const char *words;
    } rows[] = {
        { "{\n" TARGET ",\n\"strategi\":1}", 3, "strategi", "did you mean 'strategy'?" },
        { "{" TARGET ",\"strategy\":\"LambdaCanary10Percent5Minute\"}", 1, "strategy",
          "did you mean 'LambdaCanary10Percent5Minutes'?" },
        { "{" TARGET ",\n\"strategy\":{\"canary\":\n{\"weight\":\"10\",\"for\":\"5m\"}}}", 3,
          "strategy.canary.weight", "is not a share" },
        { "{" TARGET ",\n\"strategy\":{\"steps\":[{\"weight\":\"1%\"},\n\n{\"paus\":\"1m\"}]}}", 4,
          "strategy.steps[1]", "one of weight, pause, approve" },
        { "{" TARGET ",\n// \"x\": [\n\"strategy\":{\"steps\":[{\"weight\":\"1%\",\n\"foor\":1}]}}",
          4, "strategy.steps[0].foor", "did you mean 'for'?" },
        { "{" TARGET ",\"strategy\":{\"steps\":[{\"pause\":\"approval\",\"nam\":\"x\"}]}}", 1,
          "strategy.steps[0].nam", "did you mean 'name'?" },
        { "{" TARGET ",\"strategy\":{\"steps\":\n[]}}", 1, "strategy.steps",
          "has no step; \"AllAtOnce\" sends" },
        { "{\"alias\":\"a\"}", 1, "function", "function is missing" },
        { "{" TARGET ",\"onFailure\":\"rolback\"}", 1, "onFailure", "did you mean rollback?" },
        { "{" TARGET ",\"checks\":[{\"kind\":\"eror\"}]}", 1, "checks[0].kind",
          "did you mean 'errors'?" },
        { "{" TARGET ",\"checks\":[\n{\"kind\":\"errors\",\"maxRate\":\"2\"}]}", 2,
          "checks[0].maxRate", "is not a share" },
        { "{" TARGET ",\"package\":\"p\",\"version\":\"1\"}", 1, "version", "one of package" },
        { "{" TARGET ",\"hooks\":{\"before\":[{\"name\":\"x\"}]}}", 1, "hooks.before[0]",
          "one of lambda, command and http" },
        { "{" TARGET ",\"hooks\":{\"befor\":[]}}", 1, "hooks.befor", "did you mean 'before'?" },
        { "{" TARGET ",\"traffic\":{\"live\":{},\"generate\":{}}}", 1, "traffic", "one of" },
        { "{" TARGET ",\"traffic\":{\"generate\":{\"rate\":\"-1\"}}}", 1, "traffic.generate.rate",
          "is not a rate" },
        { "{" TARGET ",\"metrics\":[{\"name\":\"m\"}]}", 1, "metrics[0]", "metric and expression" },
        { "{" TARGET ",\"healthChecks\":3,\n\"traffic\":{\"generate\":{\"rate\":5,\"payload\":"
          "{\"a\":[\"}\",{\"b\":-1.5}],\"c\":null}}},\n\"alarms\":[],\n\"onFailure\":\"x\"}",
          4, "onFailure", "rollback" },
        { "{" TARGET ",\"healthChecks\":-1}", 1, "healthChecks", "from 0 to 1000" },
        { "{" TARGET ",\"lostAfter\":\"2h\"}", 1, "lostAfter", "must be from 1ms to 1h" },
        { "{" TARGET ",\"metrics\":[{\"name\":\"m\",\"metric\":\"M\",\"period\":\"2d\"}]}", 1,
          "metrics[0].period", "must be from 1s to 24h" },
        { "{" TARGET ",\"strategy\":{\"linear\":{\"weight\":\"0.1%\",\"every\":\"1m\"}}}", 1,
          "strategy.linear.weight", "must be from 0.5% to 100%" },
        { "{" TARGET ",\n\"alarms\":[],\n\"alarms\":[\"x\"]}", 2, "alarms", "more than once" },
        { "{" TARGET ",\"checks\":[{\"kind\":\"split\"},\n{\"kind\":\"errors\",\"alpha\":\"1%\","
          "\"alpha\":\"1%\"}]}",
          2, "checks[1].alpha", "more than once" },
        { "{\n\"a\":}", 2, "", "is no JSON in column 5: Unexpected character ('}'" },
        { " \n", 2, "", "it is empty" },
        { "function: f\nalias: a\n", 1, "", "neither { nor [; is it YAML?" },
        { "# mine\n{" TARGET "}", 1, "", "comments begin with //, not with #" },
        { "{\n'function': 'f'}", 2, "", "texts stand in \"\", not in ''" },
        { "{" TARGET ", // all\n}", 2, "", "the comma before this bracket is one too many" },
        { "{" TARGET ",\"alarms\":[\"x\", ]}", 1, "", "one too many" },
        { "\xff\xfe{", 1, "", "it is UTF-16; save it as UTF-8" },
        { "{" TARGET ",\"healthChecks\":NaN}", 1, "", "Non-standard token 'NaN'" },
        { "{" TARGET ",\"alarms\":[\"\\u0000\"]}", 0, "", "no character: \\u0000" },
        { "[]", 0, "", "must be an object" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct canary_problems problems = { 0 };
        ck_assert_msg(!canary_plan_parse(rows[i].json, strlen(rows[i].json), &problems), "%s",
                      rows[i].json);
        ck_assert_uint_ge(problems.count, 1);
        const struct canary_problem *problem = &problems.items[0];
        ck_assert_msg(problem->line == rows[i].line && strcmp(problem->path, rows[i].path) == 0 &&
                          strstr(problem->message, rows[i].words),
                      "row %zu: line %d, %s: %s", i, problem->line, problem->path,
                      problem->message);
        canary_problems_clear(&problems);
    }
}
END_TEST

START_TEST(a_payload_may_be_any_json)
{
    struct plan *plan = parse("{" TARGET ",\"traffic\":{\"generate\":{\"payload\":{\"a\":1,"
                              "\"a\":2}}}}");
    ck_assert_str_eq(plan->traffic.payload, "{\"a\":1,\"a\":2}");
    plan_destroy(plan);
}
END_TEST

START_TEST(all_faults_are_told_at_once)
{
    struct canary_problems problems = { 0 };
    const char *json = "{\"functio\":1,\n\"onFailure\":\"x\",\n\"lostAfter\":5}";
    ck_assert_ptr_null(canary_plan_parse(json, strlen(json), &problems));
    ck_assert_uint_eq(problems.count, 5); /* functio, function, alias, onFailure, lostAfter */
    canary_problems_clear(&problems);
}
END_TEST

START_TEST(comments_are_blank_and_strings_are_kept)
{
    static const struct {
        const char *source;
        const char *bare;
    } rows[] = {
        { "{} // x", "{}     " },
        { "{/* a\nb */}", "{    \n    }" },
        { "\"http://x /* y */\"", "\"http://x /* y */\"" },
        { "\"a\\\"//\" //b", "\"a\\\"//\"    " },
        { "/* open", "       " },
        { "\xef\xbb\xbf{}", "   {}" }, /* a byte order mark */
        { "{}\xef\xbb\xbf", "{}\xef\xbb\xbf" },
        { "", "" },
        { "1 / 2", "1 / 2" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(freep) char *bare = source_without_comments(text_from(rows[i].source));
        ck_assert_str_eq(bare, rows[i].bare);
    }
}
END_TEST

START_TEST(a_plan_without_checks_has_the_usual_ones)
{
    struct plan *plan = parse("{" TARGET "}");
    ck_assert_uint_ge(plan->check_count, 2);
    ck_assert_str_eq(plan->checks[0].kind->name, "errors");
    ck_assert_int_eq(plan->checks[0].min_requests, 10);
    ck_assert_int_eq(plan->health_checks, 3);
    ck_assert_str_eq(plan->traffic.payload, "{}");
    plan_destroy(plan);
}
END_TEST

START_TEST(the_starter_is_a_good_plan)
{
    CLEANUP(freep) char *text = plan_starter("fn", "al");
    struct plan *plan = parse(text);
    ck_assert_str_eq(plan->function, "fn");
    ck_assert_str_eq(plan->alias, "al");
    ck_assert_uint_eq(plan->step_count, 1);
    plan_destroy(plan);
}
END_TEST

START_TEST(the_starter_says_what_a_plan_does_that_says_nothing)
{
    CLEANUP(freep) char *text = plan_starter("fn", "al");
    struct plan *starter = parse(text);
    struct plan *bare = parse("{" TARGET "}");
    CLEANUP(freep) char *first = outline(starter);
    CLEANUP(freep) char *second = outline(bare);
    ck_assert_str_eq(first, second);
    ck_assert_uint_eq(starter->check_count, bare->check_count);
    for (size_t i = 0; i < bare->check_count; i++) {
        ck_assert_str_eq(starter->checks[i].kind->name, bare->checks[i].kind->name);
        ck_assert_double_eq(starter->checks[i].alpha, bare->checks[i].alpha);
        ck_assert_double_eq(starter->checks[i].max_rate, bare->checks[i].max_rate);
        ck_assert_int_eq(starter->checks[i].min_requests, bare->checks[i].min_requests);
    }
    ck_assert_double_eq(starter->traffic.rate, bare->traffic.rate);
    ck_assert_str_eq(starter->traffic.payload, bare->traffic.payload);
    ck_assert_int_eq(starter->on_failure, bare->on_failure);
    ck_assert_int_eq(starter->on_inconclusive, bare->on_inconclusive);
    plan_destroy(starter);
    plan_destroy(bare);
}
END_TEST

START_TEST(the_plan_of_a_record_reads_as_the_same_plan)
{
    struct plan *plan = parse("{" TARGET ",\"strategy\":{\"linear\":{\"weight\":\"20%\","
                              "\"every\":\"1m\"}},\"alarms\":[\"x\"]}");
    CLEANUP(freep) char *text = json_print(plan->json);
    struct plan *again = parse(text);
    CLEANUP(freep) char *first = outline(plan);
    CLEANUP(freep) char *second = outline(again);
    ck_assert_str_eq(first, second);
    ck_assert(cJSON_Compare(plan->json, again->json, true));
    plan_destroy(plan);
    plan_destroy(again);
}
END_TEST

START_TEST(the_schema_names_every_member_once)
{
    CLEANUP(json_deletep) cJSON *schema = plan_schema();
    static const char *const names[] = { "function", "alias",  "strategy", "checks", "hooks",
                                         "alarms",   "notify", "traffic",  "metrics" };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        ck_assert_msg(json_get(json_get(schema, "properties"), names[i]) != NULL, "%s", names[i]);
    ck_assert_int_eq(cJSON_GetArraySize(json_get(schema, "required")), 2);
}
END_TEST

START_TEST(times_are_printed_as_people_write_them)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = { { 500, "500ms" },  { 1500, "1.5s" },     { 30000, "30s" },
                 { 60000, "1m" },   { 90000, "90s" },     { 150000, "2m30s" },
                 { 3600000, "1h" }, { 5400000, "1h30m" }, { 0, "0s" } };
    char text[DURATION_SIZE];
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        ck_assert_str_eq(duration_print(rows[i].ms, text), rows[i].text);
}
END_TEST

/* A metric that is the same for both versions is no baseline for itself: compared with that, all is
 * always well. */
START_TEST(a_metric_has_a_baseline_if_it_is_a_versions_own)
{
    static const struct {
        const char *json;
        bool tells;
    } rows[] = {
        { "null", true },
        { "{'metric': 'Errors'}", true },
        { "{'metric': 'Errors', 'dimensions': {'FunctionName': '{function}'}}", false },
        { "{'metric': 'Errors', 'dimensions': {'ExecutedVersion': '{version}'}}", true },
        { "{'namespace': 'Shop', 'metric': 'Orders'}", false },
        { "{'namespace': 'Shop', 'metric': 'Orders', 'dimensions': {'V': 'v{version}'}}", true },
        { "{'expression': 'a/b', 'metrics': {'a': {'metric': 'Errors'}, "
          "'b': {'namespace': 'Shop', 'metric': 'Orders', 'dimensions': {'Shop': 'x'}}}}",
          true },
        { "{'expression': 'a', 'metrics': {'a': {'namespace': 'Shop', 'metric': 'Orders'}}}",
          false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(json_deletep) cJSON *json = json_of(rows[i].json);
        ck_assert_msg(plan_metric_tells_versions(cJSON_IsNull(json) ? NULL : json) == rows[i].tells,
                      "%s", rows[i].json);
    }
}
END_TEST

/* What may sink again while a period lasts is judged when it is over. */
START_TEST(a_threshold_waits_for_periods_of_what_does_not_just_grow)
{
    static const struct {
        const char *metric; /* of the plan, named "m" */
        const char *check;
        bool waits;
    } rows[] = {
        { "", "\"metric\":\"Errors\"", false },
        { "", "\"metric\":\"Duration\"", true },
        { "", "\"metric\":\"Duration\",\"wholePeriods\":false", false },
        { "\"metric\":\"Errors\"", "\"metric\":\"m\"", false },
        { "\"metric\":\"Duration\",\"stat\":\"Maximum\"", "\"metric\":\"m\"", false },
        { "\"metric\":\"Duration\",\"stat\":\"p99\"", "\"metric\":\"m\"", true },
        { "\"metric\":\"Orders\",\"namespace\":\"Shop\"", "\"metric\":\"m\"", false },
        { "\"expression\":\"100*e/i\",\"metrics\":{\"e\":{\"metric\":\"Errors\"},"
          "\"i\":{\"metric\":\"Invocations\"}}",
          "\"metric\":\"m\"", true },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(freep)
        char *json = xformat("{" TARGET ",\"metrics\":[%s%s%s],\"checks\":[{\"kind\":"
                             "\"threshold\",\"max\":1,%s}]}",
                             *rows[i].metric ? "{\"name\":\"m\"," : "", rows[i].metric,
                             *rows[i].metric ? "}" : "", rows[i].check);
        struct plan *plan = parse(json);
        ck_assert_msg(plan->checks[0].waits_for_periods == rows[i].waits, "row %zu", i);
        plan_destroy(plan);
    }
}
END_TEST

/* A check knows of a metric's period from the plan, and a missing value is none where the old
 * version has no values of its own. */
START_TEST(checks_are_told_of_the_metrics_that_they_look_at)
{
    static const struct {
        const char *check;
        const char *filled; /* NULL: as it was */
    } rows[] = {
        { "{'kind': 'score', 'metrics': [{'metric': 'm', 'missing': 'replace'}, 'm', {'metric': "
          "'u', 'missing': 'replace'}]}",
          "{'kind': 'score', 'metrics': [{'metric': 'm', 'missing': 'replace', 'period': '5m'}, "
          "'m', {'metric': 'u', 'missing': 'replace'}]}" },
        { "{'kind': 'score', 'metrics': [{'metric': 'm', 'missing': 'replace', 'period': '1m'}, "
          "{'metric': 'm', 'missing': 'remove'}, {'metric': 'm'}, {'metric': 'Errors', 'missing': "
          "'replace'}]}",
          NULL },
        { "{'kind': 'score', 'metrics': [{'metric': 'same', 'missing': 'replace'}]}",
          "{'kind': 'score', 'metrics': [{'metric': 'same', 'missing': 'remove', 'period': "
          "'1h'}]}" },
        { "{'kind': 'threshold', 'metric': 'm'}",
          "{'kind': 'threshold', 'metric': 'm', 'period': '5m'}" },
        { "{'kind': 'threshold', 'metric': 'm', 'period': '1m'}", NULL },
        { "{'kind': 'threshold', 'metric': 'Errors'}", NULL },
        { "{'kind': 'errors', 'metric': 'm'}", NULL },
    };
    CLEANUP(json_deletep)
    cJSON *plan = json_of("{'metrics': [{'name': 'm', 'metric': 'Errors', 'period': '5m'}, "
                          "{'name': 'u', 'metric': 'Errors'}, {'name': 'same', 'namespace': "
                          "'Shop', 'metric': 'Orders', 'period': '1h'}]}");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(json_deletep) cJSON *checks = cJSON_CreateArray();
        cJSON_AddItemToArray(checks, json_of(rows[i].check));
        CLEANUP(json_deletep)
        cJSON *filled = json_of(rows[i].filled ? rows[i].filled : rows[i].check);
        metrics_fill_checks(plan, checks);
        CLEANUP(freep) char *text = json_print(checks->child);
        ck_assert_msg(cJSON_Compare(checks->child, filled, true), "row %zu: %s", i, text);
    }
}
END_TEST

/* As GetMetricData takes them. */
START_TEST(periods_are_those_of_cloudwatch)
{
    static const int64_t good[] = { 1000, 5000, 10000, 20000, 30000, 60000, 120000, 86400000 };
    static const int64_t bad[] = { -60000, 0, 1, 2000, 15000, 40000, 90000, 60001 };
    for (size_t i = 0; i < COUNT_OF(good); i++)
        ck_assert_msg(plan_is_period(good[i]), "%lld", (long long)good[i]);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ck_assert_msg(!plan_is_period(bad[i]), "%lld", (long long)bad[i]);
}
END_TEST

SUITE("plan", checks_are_told_of_the_metrics_that_they_look_at, periods_are_those_of_cloudwatch,
      a_metric_has_a_baseline_if_it_is_a_versions_own, every_strategy_becomes_its_steps,
      weights_are_the_numbers_that_people_write,
      what_is_wrong_is_told_with_line_path_and_the_nearest_name, all_faults_are_told_at_once,
      a_payload_may_be_any_json, comments_are_blank_and_strings_are_kept,
      a_plan_without_checks_has_the_usual_ones, the_starter_is_a_good_plan,
      the_starter_says_what_a_plan_does_that_says_nothing,
      the_plan_of_a_record_reads_as_the_same_plan, the_schema_names_every_member_once,
      times_are_printed_as_people_write_them,
      a_threshold_waits_for_periods_of_what_does_not_just_grow)
