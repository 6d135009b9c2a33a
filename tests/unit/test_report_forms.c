/* report: each form of one record, word by word. */
#include "report/report.h"

#include "support/judging.h"
#include "xalloc.h"

#define VERDICT(t, check, name, word, more)                                                        \
    "{\"t\":" #t ",\"type\":\"verdict\",\"check\":" #check ",\"name\":\"" name "\",\"kind\":"      \
    "\"errors\",\"verdict\":\"" word "\",\"sentence\":\"" word " it is\"" more "}\n"

/* Two steps; the second fails. */
static const char record[] =
    "{\"t\":1795644529000,\"type\":\"plan\",\"id\":\"d-1\",\"function\":\"f\",\"alias\":\"live\","
    "\"baseVersion\":\"1\",\"newVersion\":\"2\",\"account\":\"111122223333\",\"region\":"
    "\"eu-west-1\",\"endpoint\":\"http://x\",\"isFast\":true}\n"
    "{\"t\":1795644529000,\"type\":\"hook\",\"when\":\"before\",\"name\":\"<smoke>\",\"kind\":"
    "\"command\",\"outcome\":\"failed\",\"output\":\"no\\nway\\n\",\"durationMs\":1500,"
    "\"isRetried\":true}\n"
    "{\"t\":1795644530000,\"type\":\"hook\",\"when\":\"before\",\"kind\":\"http\",\"outcome\":"
    "\"ok\",\"output\":\"\",\"durationMs\":7}\n"
    "{\"t\":1795644531000,\"type\":\"step\",\"index\":0,\"kind\":\"weight\",\"weight\":0.125,"
    "\"name\":\"few\"}\n"
    "{\"t\":1795644540000,\"type\":\"sample\",\"throttled\":3,\"failed\":2,\"versions\":{\"1\":{"
    "\"requests\":75,\"errors\":0,\"throttles\":1,\"latency\":[[1000,50],[1500,18],[1800,4],[2000,"
    "3]]},\"2\":{\"requests\":25,"
    "\"errors\":5,\"latency\":[[3000,25]]}}}\n" VERDICT(1795644591000, 0, "errors", "pass",
                                                        ",\"numbers\":{\"pValue\":0.25}")
        VERDICT(
            1795644591000, 1, "slow", "fail",
            ",\"isDryRun\":true") "{\"t\":1795644591000,\"type\":\"control\",\"verb\":\"resume\","
                                  "\"by\":\"me\",\"refusal\":\"it "
                                  "is not paused\"}\n"
                                  "{\"t\":1795644591000,\"type\":\"step\",\"index\":1,\"kind\":"
                                  "\"analysis\",\"weight\":0.125}\n" VERDICT(
                                      1795644594000, 0, "errors", "inconclusive", "")
                                      VERDICT(
                                          1795644594500, 1, "split", "continue",
                                          "") "{\"t\":1795644594500,\"type\":\"end\",\"outcome\":"
                                              "\"inconclusive\",\"reason\":\"nobody "
                                              "came\",\"exitCode\":4}\n";

static char *write_of(const char *lines, const char *name)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct history history;
    struct buffer out = { 0 };
    const struct report_form *form = report_forms;
    while (strcmp(form->name, name) != 0)
        form++;
    ck_assert_msg(history_read(text_from(lines), &history, &error), "%s", error.message);
    form->write(&history, &out);
    history_clear(&history);
    return buffer_take(&out, NULL);
}

static char *write_form(const char *name)
{
    return write_of(record, name);
}

START_TEST(the_report_for_people)
{
    CLEANUP(freep) char *text = write_form("text");
    ck_assert_str_eq(text, "Deployment d-1 of f:live, version 1 -> 2\n"
                           "inconclusive: nobody came.\n"
                           "2026-11-25 22:08:49 UTC, took 1m 5s of Coalmine's clock\n"
                           "\n"
                           "  step 1: 12.5 %, few, 1m\n"
                           "    version 1          75 requests  75 % [65.3, 83.1]\n"
                           "                        0 errors    0 % [0, 4.8]\n"
                           "                                    p50 1.0 ms  p99 2.0 ms\n"
                           "    version 2          25 requests  25 % [16.9, 34.7]\n"
                           "                        5 errors    20 % [6.83, 40.7]\n"
                           "                                    p50 4.0 ms  p99 4.0 ms\n"
                           "    3 throttled, 2 without a good answer\n"
                           "    errors: pass: pass it is\n"
                           "    slow: fail (dry run): fail it is\n"
                           "\n"
                           "  step 2: analysis, 3.5 s\n"
                           "    errors: inconclusive: inconclusive it is\n"
                           "    split: continue: continue it is\n"
                           "\n"
                           "  +0 ms  hook failed: <smoke>: no\n"
                           "    way\n"
                           "  +1 s  hook ok\n"
                           "  +1m 2s  control resume: me, refused: it is not paused\n"
                           "  +1m 5s  end inconclusive: nobody came\n");
}
END_TEST

#define CASE(of, name, time, more)                                                                 \
    "    <testcase classname=\"f:live" of "\" name=\"" name "\" time=\"" time "\">\n" more         \
    "    </testcase>\n"
#define FAILURE(type, text)                                                                        \
    "      <failure type=\"" type "\" message=\"" text "\">" text "</failure>\n"
#define SKIPPED(text) "      <skipped message=\"" text "\"/>\n"
#define SAID(text) "      <system-out>" text "</system-out>\n"

static const char *const cases[] = {
    CASE("", "deployment", "65.500", FAILURE("deployment", "nobody came") SAID("nobody came")),
    CASE("", "hook &lt;smoke&gt;", "1.500",
         SKIPPED("the hook failed, and was tried again") SAID("no\nway\n")),
    CASE("", "hook http", "0.007", ""),
    CASE(", step 1: 12.5 %, few", "step", "60.000", ""),
    CASE(", step 1: 12.5 %, few", "errors", "60.000", SAID("pass: pass it is\npValue = 0.25")),
    CASE(", step 1: 12.5 %, few", "slow", "60.000", SAID("dry run, fail: fail it is")),
    CASE(", step 2: analysis", "step", "3.500", FAILURE("step", "nobody came")),
    CASE(", step 2: analysis", "errors", "3.000",
         FAILURE("inconclusive", "inconclusive it is") SAID("inconclusive: inconclusive it is")),
    CASE(", step 2: analysis", "split", "3.500",
         SKIPPED("continue it is") SAID("continue: continue it is")),
};

START_TEST(the_report_for_ci)
{
    CLEANUP(freep) char *text = write_form("junit");
    CLEANUP(buffer_clear) struct buffer expected = { 0 };
    buffer_add_string(&expected, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                 "<testsuites tests=\"9\" failures=\"3\" errors=\"0\">\n"
                                 "  <testsuite name=\"canary d-1\" tests=\"9\" failures=\"3\" "
                                 "errors=\"0\" skipped=\"2\" timestamp=\"2026-11-25T22:08:49\" "
                                 "time=\"65.500\">\n");
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        buffer_add_string(&expected, cases[i]);
    buffer_add_string(&expected, "  </testsuite>\n</testsuites>\n");
    ck_assert_str_eq(text, expected.data);
}
END_TEST

static void check_near(const cJSON *item, const char *name, double expected)
{
    ck_assert_msg(fabs(json_double(item, name, -1) - expected) < 1e-9, "%s: %.12g", name,
                  json_double(item, name, -1));
}

START_TEST(the_report_for_programs)
{
    CLEANUP(freep) char *text = write_form("json");
    CLEANUP(json_deletep) cJSON *report = json_parse(text_from(text));
    cJSON *step = json_get(report, "steps")->child;
    CLEANUP(json_deletep) cJSON *versions = cJSON_DetachItemFromObject(step, "versions");
    cJSON_DeleteItemFromObject(step->next, "versions");
    CLEANUP(json_deletep)
    cJSON *expected = json_of(
        "{'id': 'd-1', 'function': 'f', 'alias': 'live', 'baseVersion': '1', 'account': "
        "'111122223333', 'newVersion': '2', 'region': 'eu-west-1', 'endpoint': 'http://x', "
        "'outcome': 'inconclusive', 'reason': 'nobody came', 'isFast': true, 'isOver': true, "
        "'exitCode': 4, 'startedAt': 1795644529000, 'durationMs': 65500, 'steps': [{'index': 0, "
        "'kind': 'weight', 'name': 'few', 'weight': 0.125, 'startedAt': 1795644531000, "
        "'durationMs': 60000, 'throttled': 3, 'failed': 2, 'verdicts': [{'check': 'errors', "
        "'kind': 'errors', 'verdict': 'pass', 'isDryRun': false, 'sentence': 'pass it is', "
        "'numbers': {'pValue': 0.25}}, {'check': 'slow', 'kind': 'errors', 'verdict': 'fail', "
        "'isDryRun': true, 'sentence': 'fail it is'}]}, {'index': 1, 'kind': 'analysis', "
        "'weight': 0.125, 'startedAt': 1795644591000, 'durationMs': 3500, 'throttled': 0, "
        "'failed': 0, 'verdicts': [{'check': 'errors', 'kind': 'errors', 'verdict': "
        "'inconclusive', 'isDryRun': false, 'sentence': 'inconclusive it is'}, {'check': 'split', "
        "'kind': 'errors', 'verdict': 'continue', 'isDryRun': false, 'sentence': 'continue it "
        "is'}]}], 'events': [{'t': 1795644529000, 'type': 'hook', 'action': 'failed', 'text': "
        "'<smoke>: no\\nway'}, {'t': 1795644530000, 'type': 'hook', 'action': 'ok', 'text': ''}, "
        "{'t': 1795644591000, 'type': 'control', 'action': 'resume', 'text': 'me, refused: it is "
        "not paused'}, {'t': 1795644594500, 'type': 'end', 'action': 'inconclusive', 'text': "
        "'nobody came'}]}");
    ck_assert_msg(cJSON_Compare(report, expected, true), "%s", text);
    const cJSON *base = json_get(versions, "1");
    const cJSON *canary = json_get(versions, "2");
    ck_assert_int_eq(json_int(base, "requests", -1), 75);
    ck_assert_int_eq(json_int(base, "errors", -1), 0);
    ck_assert_int_eq(json_int(base, "throttles", -1), 1);
    ck_assert_int_eq(json_int(canary, "errors", -1), 5);
    check_near(json_get(base, "latencyMs"), "p50", 1);
    check_near(json_get(base, "latencyMs"), "p90", 1.5);
    check_near(json_get(base, "latencyMs"), "p95", 1.8);
    check_near(json_get(base, "latencyMs"), "p99", 2);
    check_near(json_get(base, "latencyMs"), "max", 2);
    check_near(json_get(base, "share"), "value", 0.75);
    check_near(json_get(base, "share"), "low", 0.653447504241);
    check_near(json_get(base, "share"), "high", 0.831220261901);
    check_near(json_get(canary, "errorRate"), "value", 0.2);
    check_near(json_get(canary, "errorRate"), "low", 0.068311464012);
    check_near(json_get(canary, "errorRate"), "high", 0.407037432279);
}
END_TEST

START_TEST(the_reason_on_the_page)
{
    static const struct {
        const char *reason;
        const char *on_page; /* NULL: there is none */
    } rows[] = {
        { "nobody came", "<p class=\"reason\">nobody came.</p>" },
        { "alarm a fires: 7 was too much.",
          "<p class=\"reason\">alarm a fires: 7 was too much.</p>" },
        { "", NULL }, /* a promotion at once: there was nothing to decide */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(freep)
        char *lines = xformat("{\"t\":1,\"type\":\"plan\",\"function\":\"f\",\"alias\":\"a\"}\n"
                              "{\"t\":1,\"type\":\"end\",\"outcome\":\"promoted\",\"reason\":"
                              "\"%s\"}\n",
                              rows[i].reason);
        CLEANUP(freep) char *page = write_of(lines, "html");
        ck_assert_msg(rows[i].on_page ? strstr(page, rows[i].on_page) != NULL
                                      : !strstr(page, "<p class=\"reason\">"),
                      "row %zu", i);
    }
}
END_TEST

SUITE("report_forms", the_reason_on_the_page, the_report_for_people, the_report_for_ci,
      the_report_for_programs)
