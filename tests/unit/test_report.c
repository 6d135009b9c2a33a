/* report: a record in, a history and bytes out. */
#include "report/report.h"

#include <string.h>

#include "report/markup.h"
#include "support/suite.h"
#include "xalloc.h"

#define PLAN                                                                                       \
    "{\"t\":1000,\"type\":\"plan\",\"id\":\"d\",\"function\":\"f\",\"alias\":\"live\","            \
    "\"baseVersion\":\"1\",\"newVersion\":\"2\",\"isFast\":true}\n"
#define STEP(t, index, weight)                                                                     \
    "{\"t\":" #t ",\"type\":\"step\",\"index\":" #index ",\"kind\":\"weight\",\"weight\":" #weight \
    "}\n"
#define ALIAS_SPLIT(t, weight)                                                                     \
    "{\"t\":" #t                                                                                   \
    ",\"type\":\"alias\",\"version\":\"1\",\"routedVersion\":\"2\",\"weight\":" #weight "}\n"
#define SAMPLE(t, base, canary, errors)                                                            \
    "{\"t\":" #t ",\"type\":\"sample\",\"throttled\":1,\"failed\":2,\"versions\":{"                \
    "\"1\":{\"requests\":" #base ",\"errors\":0,\"latency\":[[1000," #base "]]},"                  \
    "\"2\":{\"requests\":" #canary ",\"errors\":" #errors ",\"latency\":[[2000," #canary "]]}}}\n"
#define VERDICT(t, verdict)                                                                        \
    "{\"t\":" #t ",\"type\":\"verdict\",\"check\":0,\"name\":\"errors\",\"kind\":\"errors\","      \
    "\"verdict\":\"" verdict "\",\"sentence\":\"because\",\"numbers\":{\"pValue\":0.25}}\n"
#define END(t, outcome)                                                                            \
    "{\"t\":" #t ",\"type\":\"end\",\"outcome\":\"" outcome                                        \
    "\",\"reason\":\"why\",\"exitCode\":3}\n"

static const char record[] = PLAN ALIAS_SPLIT(1000, 0.1) STEP(1000, 0, 0.1) SAMPLE(2000, 90, 10, 1)
    SAMPLE(3000, 80, 20, 0) VERDICT(3000, "continue") VERDICT(4000, "pass") ALIAS_SPLIT(4000, 0.5)
        STEP(4000, 1, 0.5) SAMPLE(5000, 50, 50, 25)
            VERDICT(6000, "fail") "{\"t\":6000,\"type\":\"alias\",\"version\":\"1\"}\n" END(
                6000, "rolled back");

static struct history read_record(const char *text)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct history history;
    ck_assert_msg(history_read(text_from(text), &history, &error), "%s", error.message);
    return history;
}

START_TEST(steps_sum_up_their_own_samples)
{
    struct history history = read_record(record);
    ck_assert_uint_eq(history.step_count, 2);
    ck_assert_uint_eq(history.steps[0].base.requests, 170);
    ck_assert_uint_eq(history.steps[0].canary.requests, 30);
    ck_assert_uint_eq(history.steps[0].canary.errors, 1);
    ck_assert_uint_eq(history.steps[0].throttled, 2);
    ck_assert_uint_eq(history.steps[0].failed, 4);
    ck_assert_int_eq(history.steps[0].end_ms, 4000);
    ck_assert_uint_eq(history.steps[1].canary.errors, 25);
    ck_assert_uint_eq(history.steps[1].canary.latency.count, 50);
    ck_assert_int_eq(history.steps[1].end_ms, 6000);
    ck_assert_str_eq(history.outcome, "rolled back");
    ck_assert(!history_is_good(&history));
    history_clear(&history);
}
END_TEST

START_TEST(the_latest_verdict_of_a_check_counts_in_each_step)
{
    struct history history = read_record(record);
    ck_assert_uint_eq(history.verdict_count, 2);
    ck_assert_str_eq(history.verdicts[0].verdict, "pass");
    ck_assert_str_eq(history.verdicts[1].verdict, "fail");
    ck_assert_uint_eq(history.verdicts[1].step, 1);
    history_clear(&history);
}
END_TEST

START_TEST(weights_are_the_new_versions_share)
{
    static const double weights[] = { 0.1, 0.5, 0 };
    struct history history = read_record(record);
    ck_assert_uint_eq(history.weight_count, COUNT_OF(weights));
    for (size_t i = 0; i < COUNT_OF(weights); i++)
        ck_assert_double_eq_tol(history.weights[i].weight, weights[i], 1e-12);
    history_clear(&history);
    history = read_record(PLAN "{\"t\":2,\"type\":\"alias\",\"version\":\"2\"}\n");
    ck_assert_double_eq_tol(history.weights[0].weight, 1, 1e-12);
    history_clear(&history);
    history = read_record(PLAN "{\"t\":2,\"type\":\"alias\",\"version\":\"1\","
                               "\"routedVersion\":\"9\",\"weight\":0.5}\n");
    ck_assert_double_eq_tol(history.weights[0].weight, 0, 1e-12); /* a third version's */
    history_clear(&history);
}
END_TEST

START_TEST(checks_of_one_name_are_told_apart)
{
    struct history history = read_record(
        PLAN STEP(1, 0, 0.1) VERDICT(2, "pass") "{\"t\":3,\"type\":\"verdict\",\"check\":1,"
                                                "\"name\":\"errors\",\"verdict\":\"fail\"}\n");
    ck_assert_uint_eq(history.verdict_count, 2);
    ck_assert_str_eq(history.verdicts[0].verdict, "pass");
    history_clear(&history);
}
END_TEST

START_TEST(a_word_that_was_refused_is_no_mark)
{
    struct history history = read_record(PLAN "{\"t\":2,\"type\":\"control\",\"verb\":\"abort\"}\n"
                                              "{\"t\":3,\"type\":\"control\",\"verb\":\"abort\","
                                              "\"refusal\":\"it is over\"}\n");
    ck_assert_uint_eq(history.event_count, 2);
    ck_assert(history.events[0].is_marked && history.events[0].is_bad);
    ck_assert_int_eq(history.events[0].number, 1);
    ck_assert_int_eq(history.events[1].number, 0);
    ck_assert(!history.events[1].is_marked && !history.events[1].is_bad);
    ck_assert_str_eq(history.events[1].text, "refused: it is over");
    history_clear(&history);
}
END_TEST

START_TEST(who_ends_well)
{
    static const struct {
        const char *end;
        bool is_good;
    } rows[] = {
        { END(2, "promoted"), true },      { END(2, "created"), true },
        { END(2, "unchanged"), true },     { END(2, "rolled back"), false },
        { END(2, "inconclusive"), false }, { "", false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(freep) char *text = xformat(PLAN "%s", rows[i].end);
        struct history history = read_record(text);
        ck_assert_msg(history_is_good(&history) == rows[i].is_good, "row %zu", i);
        history_clear(&history);
    }
}
END_TEST

START_TEST(an_earlier_line_behind_a_later_one_moves_no_end)
{
    struct history history = read_record(PLAN STEP(5000, 0, 0.1) SAMPLE(3000, 1, 1, 0));
    ck_assert_int_eq(history.end_ms, 5000);
    history_clear(&history);
}
END_TEST

START_TEST(a_torn_last_line_counts_for_nothing)
{
    struct history history = read_record(PLAN STEP(2000, 0, 0.1) "{\"t\":3000,\"type\":\"st");
    ck_assert_uint_eq(history.step_count, 1);
    ck_assert_ptr_null(history.outcome);
    ck_assert_int_eq(history.exit_code, -1);
    history_clear(&history);
}
END_TEST

START_TEST(what_is_no_record_is_refused_with_its_line)
{
    static const struct {
        const char *text;
        const char *word;
    } rows[] = {
        { "hello\n", "line 1" },
        { PLAN "[]\n", "line 2" },
        { PLAN "{\"type\":\"plan\"}\n", "line 2" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(error_clear) struct error error = { 0 };
        struct history history;
        ck_assert(!history_read(text_from(rows[i].text), &history, &error));
        ck_assert_msg(strstr(error.message, rows[i].word) != NULL, "row %zu: %s", i, error.message);
        history_clear(&history);
    }
}
END_TEST

START_TEST(a_record_that_names_no_alias_is_unplanned)
{
    static const char *const texts[] = {
        "",
        "{\"t\":1",
        "{\"t\":1,\"type\":\"notice\",\"text\":\"x\"}\n",
        "{\"t\":1,\"type\":\"plan\",\"function\":\"f\"}\n",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct history history = read_record(texts[i]);
        ck_assert_msg(history.is_unplanned, "%s", texts[i]);
        history_clear(&history);
    }
    struct history history = read_record(PLAN);
    ck_assert(!history.is_unplanned);
    history_clear(&history);
}
END_TEST

START_TEST(unknown_lines_and_members_are_left_out)
{
    struct history history =
        read_record("{\"t\":1,\"type\":\"weather\"}\n" PLAN
                    "{\"t\":2,\"type\":\"sample\",\"versions\":{\"9\":{\"requests\":5}}}\n"
                    "{\"t\":2,\"type\":\"verdict\",\"verdict\":\"pass\"}\n");
    ck_assert_uint_eq(history.step_count + history.verdict_count + history.event_count, 0);
    history_clear(&history);
}
END_TEST

START_TEST(a_metrics_later_value_replaces_the_earlier_one)
{
    struct history history = read_record(
        PLAN "{\"t\":2,\"type\":\"metric\",\"name\":\"m\",\"time\":60,\"value\":1}\n"
             "{\"t\":3,\"type\":\"metric\",\"name\":\"m\",\"time\":60,\"value\":2}\n"
             "{\"t\":3,\"type\":\"metric\",\"name\":\"m\",\"side\":\"baseline\",\"time\":60,"
             "\"value\":7}\n");
    ck_assert_uint_eq(history.metric_count, 2);
    ck_assert_double_eq_tol(history.metrics[0].value, 2, 1e-12);
    ck_assert(history.metrics[1].is_baseline);
    history_clear(&history);
}
END_TEST

/* A record of many samples, each of one request. */
static char *long_record(int samples)
{
    struct buffer text = { 0 };
    buffer_add_string(&text, PLAN STEP(1000, 0, 0.5));
    for (int i = 0; i < samples; i++)
        buffer_add_format(&text,
                          "{\"t\":%d,\"type\":\"sample\",\"versions\":{\"2\":{\"requests\":1}}}\n",
                          1000 + 10 * i);
    return buffer_take(&text, NULL);
}

START_TEST(windows_are_few_and_lose_nothing)
{
    static const int sizes[] = { 1, 100, 5000 };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        CLEANUP(freep) char *text = long_record(sizes[i]);
        struct history history = read_record(text);
        uint64_t sum = 0;
        for (size_t j = 0; j < history.window_count; j++)
            sum += history.windows[j].canary.requests;
        ck_assert_uint_eq(sum, (uint64_t)sizes[i]);
        ck_assert_uint_le(history.window_count, HISTORY_WINDOWS + 1);
        ck_assert_uint_ge(history.window_count,
                          sizes[i] < HISTORY_WINDOWS ? sizes[i] : HISTORY_WINDOWS / 2);
        history_clear(&history);
    }
    struct history history = read_record(PLAN STEP(1000, 0, 0.1) SAMPLE(1001, 1, 1, 0) STEP(
        1002, 1, 0.5) SAMPLE(1003, 1, 1, 0) END(9000, "promoted"));
    ck_assert_uint_eq(history.window_count, 2); /* near as they are, each is of its step */
    history_clear(&history);
}
END_TEST

START_TEST(text_is_escaped_and_holds_nothing_that_xml_cannot)
{
    struct buffer out = { 0 };
    markup_text(&out, "<a href=\"x\">'&\x01\n\xef\xbf\xbf\xc3\xa9");
    ck_assert_str_eq(out.data, "&lt;a href=&quot;x&quot;&gt;&#39;&amp;\xef\xbf\xbd\n\xef\xbf\xbd"
                               "\xc3\xa9");
    buffer_clear(&out);
}
END_TEST

START_TEST(durations_are_as_people_say_them)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        { 0, "0 ms" },      { 250, "250 ms" },     { 1500, "1.5 s" }, { 59000, "59 s" },
        { 60000, "1m" },    { 90000, "1m 30s" },   { 3600000, "1h" }, { 3900000, "1h 5m" },
        { 86400000, "1d" }, { 97200000, "1d 3h" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer out = { 0 };
        markup_duration(&out, rows[i].ms);
        ck_assert_str_eq(out.data, rows[i].text);
        buffer_clear(&out);
    }
}
END_TEST

START_TEST(every_form_takes_every_beginning_of_a_record)
{
    for (size_t size = 1; size < sizeof(record); size++) {
        CLEANUP(freep) char *part = xstrndup(record, size);
        CLEANUP(error_clear) struct error error = { 0 };
        struct history history;
        if (history_read(text_from(part), &history, &error) && !history.is_unplanned) {
            for (const struct report_form *form = report_forms; form->name; form++) {
                struct buffer out = { 0 };
                form->write(&history, &out);
                ck_assert_uint_gt(out.size, 0);
                buffer_clear(&out);
            }
        }
        history_clear(&history);
    }
}
END_TEST

SUITE("report", steps_sum_up_their_own_samples, the_latest_verdict_of_a_check_counts_in_each_step,
      weights_are_the_new_versions_share, checks_of_one_name_are_told_apart,
      a_word_that_was_refused_is_no_mark, who_ends_well,
      an_earlier_line_behind_a_later_one_moves_no_end, a_torn_last_line_counts_for_nothing,
      what_is_no_record_is_refused_with_its_line, a_record_that_names_no_alias_is_unplanned,
      unknown_lines_and_members_are_left_out, a_metrics_later_value_replaces_the_earlier_one,
      windows_are_few_and_lose_nothing, text_is_escaped_and_holds_nothing_that_xml_cannot,
      durations_are_as_people_say_them, every_form_takes_every_beginning_of_a_record)
