/* How logs are cut into events and judged by level; selectors; embedded metrics; patterns. */
#include <stdlib.h>

#include "clock.h"
#include "logs/embedded_metric.h"
#include "logs/filter_pattern.h"
#include "runtime/function_log.h"
#include "runtime/platform_record.h"
#include "support/suite.h"
#include "xalloc.h"

static void add_event(struct text event, int64_t time_ms, void *owner)
{
    struct buffer *list = owner;
    buffer_add_format(list, "%lld:", (long long)time_ms);
    for (size_t i = 0; i < event.size; i++)
        buffer_add_char(list, event.data[i] == '\n'   ? '/'
                              : event.data[i] == '\0' ? '0'
                                                      : event.data[i]);
    buffer_add_char(list, ' ');
}

static void expect_events(struct text log, const struct log_marks *marks, const char *expected)
{
    CLEANUP(buffer_clear) struct buffer list = { 0 };
    function_log_each(log, marks, add_event, &list);
    ck_assert_str_eq(list.data ? list.data : "", expected);
}

START_TEST(each_line_has_the_time_at_which_it_was_whole)
{
    struct function_log log = { 0 };
    const struct function_log_owner owner = { .runtime = "python3.13", .region = "r" };
    const struct function_report report = {
        .request_id = TEXT("r"), .version = "1", .started_ms = 15, .init_ms = -1
    };
    clock_set_mode(CLOCK_FROZEN, 0);
    clock_set_now_ms(10);
    function_log_begin_init(&log, &owner);
    function_log_end_init(&log, 0);
    clock_set_now_ms(20);
    function_log_add(&log, TEXT("a\nhal"));
    clock_set_now_ms(21);
    function_log_add(&log, TEXT("f\nof\n\0a record\nno\n\0newline\0\0\nend"));
    clock_set_now_ms(30);
    struct text text = function_log_finish(&log, &report, FUNCTION_LOG_REST_IS_ITS);
    const char *report_at = memmem(text.data, text.size, "REPORT", strlen("REPORT"));
    ck_assert_ptr_nonnull(report_at);
    expect_events(
        (struct text){ text.data, (size_t)(report_at - text.data) }, &log.texts,
        "15:START RequestId: r Version: 1/ 20:a/ 21:half/ 21:of/0a record/ 21:no/0newline 21:end/ "
        "30:END RequestId: r/ ");
    expect_events(TEXT(""), &log.texts, "");
    function_log_clear(&log);
}
END_TEST

/* The invocation's time may have begun in the middle of a boot that was late. */
START_TEST(what_the_boot_printed_stands_before_start)
{
    static const struct {
        int64_t now_ms; /* of the end; the clock may have been set back */
        const char *events;
    } ends[] = { { 30, "21:START RequestId: r Version: 1/ 30:END" },
                 { 16, "15:START RequestId: r Version: 1/ 16:END" } };
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct function_log log = { 0 };
        const struct function_log_owner owner = { .runtime = "python3.13", .region = "r" };
        const struct function_report report = {
            .request_id = TEXT("r"), .version = "1", .started_ms = 15, .init_ms = 11
        };
        clock_set_mode(CLOCK_FROZEN, 0);
        clock_set_now_ms(10);
        function_log_begin_init(&log, &owner);
        clock_set_now_ms(20);
        function_log_add(&log, TEXT("booting\n"));
        clock_set_now_ms(21);
        function_log_end_init(&log, 11);
        clock_set_now_ms(ends[i].now_ms);
        struct text text = function_log_finish(&log, &report, FUNCTION_LOG_REST_IS_ITS);
        const char *end_at = memmem(text.data, text.size, "END", strlen("END"));
        ck_assert_ptr_nonnull(end_at);
        CLEANUP(freep) char *expected = xformat("%s ", ends[i].events);
        size_t size = (size_t)(end_at - text.data) + strlen("END");
        expect_events((struct text){ text.data, size }, &log.texts, expected);
        function_log_clear(&log);
    }
}
END_TEST

/* The process is at the next events already: what they have printed stays for them. */
START_TEST(a_turn_mark_ends_an_invocation_s_lines)
{
    static const struct {
        const char *id;
        enum function_log_rest rest;
        const char *events;
    } turns[] = {
        { "1", FUNCTION_LOG_REST_IS_OTHERS, "0:START RequestId: 1 Version: 1/ 20:a/ 20:of 1/ 30:" },
        { "2", FUNCTION_LOG_REST_IS_OTHERS, "0:START RequestId: 2 Version: 1/ 30:" },
        { "3", FUNCTION_LOG_REST_IS_OTHERS, "0:START RequestId: 3 Version: 1/ 20:b/ 21:c/ 30:" },
        { "4", FUNCTION_LOG_REST_IS_ITS, "0:START RequestId: 4 Version: 1/ 21:d/ 30:" },
        { "5", FUNCTION_LOG_REST_IS_ITS, "0:START RequestId: 5 Version: 1/ 30:" },
    };
    struct function_log log = { 0 };
    clock_set_mode(CLOCK_FROZEN, 0);
    clock_set_now_ms(20);
    function_log_add(&log, TEXT("a\nof 1\n\0\0" /* a line that ends like a mark is none */
                                "1\nb\n"));
    clock_set_now_ms(21);
    function_log_add(&log, TEXT("c\n\0\0"
                                "3\nd"));
    clock_set_now_ms(30);
    for (size_t i = 0; i < COUNT_OF(turns); i++) {
        const struct function_report report = { .request_id = text_from(turns[i].id),
                                                .version = "1",
                                                .init_ms = -1 };
        struct text text = function_log_finish(&log, &report, turns[i].rest);
        const char *end_at = memmem(text.data, text.size, "END", strlen("END"));
        ck_assert_ptr_nonnull(end_at);
        CLEANUP(freep) char *expected = xformat("%sEND ", turns[i].events);
        size_t size = (size_t)(end_at - text.data) + strlen("END");
        expect_events((struct text){ text.data, size }, &log.texts, expected);
        ck_assert_int_eq(log.has_unmarked, i >= 3);
    }
    function_log_clear(&log);
}
END_TEST

/* It may be of any event that has been sent ahead, but not of one that nobody had sent. */
START_TEST(what_no_mark_follows_does_not_wait_for_ever)
{
    enum { AHEAD_MAX = 16 };
    struct function_log log = { 0 };
    const struct function_report report = { .request_id = TEXT("r"),
                                            .version = "1",
                                            .init_ms = -1 };
    clock_set_mode(CLOCK_FROZEN, 0);
    for (int i = 0; i < 2 * AHEAD_MAX; i++) { /* it does find its own, one turn later */
        const struct function_report silent = { .request_id = TEXT("s"),
                                                .version = "1",
                                                .init_ms = -1 };
        function_log_add(&log, TEXT("own\n\0\0r\n"));
        function_log_finish(&log, &silent, FUNCTION_LOG_REST_IS_OTHERS);
        struct text text = function_log_finish(&log, &report, FUNCTION_LOG_REST_IS_OTHERS);
        ck_assert_ptr_nonnull(memmem(text.data, text.size, "\nown\nEND", strlen("\nown\nEND")));
    }
    function_log_add(&log, TEXT("raw\n"));
    for (int i = 0; i <= AHEAD_MAX; i++) {
        ck_assert(!log.has_unmarked);
        struct text text = function_log_finish(&log, &report, FUNCTION_LOG_REST_IS_OTHERS);
        bool is_here = memmem(text.data, text.size, "raw", strlen("raw")) != NULL;
        ck_assert_int_eq(is_here, i == AHEAD_MAX);
    }
    ck_assert(log.has_unmarked);
    function_log_clear(&log);
}
END_TEST

/* A process between two invocations is taken to be frozen. */
START_TEST(what_was_printed_before_start_has_the_time_of_start)
{
    struct function_log log = { 0 };
    const struct function_report report = {
        .request_id = TEXT("r"), .version = "1", .started_ms = 22, .init_ms = -1
    };
    clock_set_mode(CLOCK_FROZEN, 0);
    for (int i = 0; i < 4; i++) {
        CLEANUP(freep) char *line = xformat("%d\n", i);
        clock_set_now_ms(20 + i);
        function_log_add(&log, text_from(line));
    }
    struct text text = function_log_finish(&log, &report, FUNCTION_LOG_REST_IS_ITS);
    const char *end_at = memmem(text.data, text.size, "END", strlen("END"));
    ck_assert_ptr_nonnull(end_at);
    expect_events((struct text){ text.data, (size_t)(end_at - text.data) }, &log.texts,
                  "22:START RequestId: r Version: 1/ 22:0/ 22:1/ 22:2/ 23:3/ ");
    function_log_clear(&log);
}
END_TEST

START_TEST(a_flood_keeps_its_tail_and_the_times_of_that)
{
    struct function_log log = { 0 };
    const struct function_report report = {
        .request_id = TEXT("r"), .version = "1", .started_ms = 1, .init_ms = -1
    };
    clock_set_mode(CLOCK_FROZEN, 0);
    for (int i = 0; i < 100000; i++) {
        CLEANUP(freep) char *line = xformat("line %06d\n", i);
        clock_set_now_ms(1000 + i / 10);
        function_log_add(&log, text_from(line));
    }
    struct text text = function_log_finish(&log, &report, FUNCTION_LOG_REST_IS_ITS);
    ck_assert_uint_lt(text.size, FUNCTION_LOG_MAX + 1024);
    CLEANUP(buffer_clear) struct buffer list = { 0 };
    function_log_each(text, &log.texts, add_event, &list);
    ck_assert_ptr_nonnull(strstr(list.data, ":line 099999/ "));
    ck_assert_ptr_null(strstr(list.data, ":line 000001/ "));
    ck_assert_ptr_nonnull(strstr(list.data, "10999:line 099999/ "));
    ck_assert_ptr_nonnull(strstr(list.data, ":Coalmine keeps the last 1048576 bytes that an "
                                            "invocation prints: 151428 before"));
    text = function_log_finish(&log, &report, FUNCTION_LOG_REST_IS_ITS);
    ck_assert_ptr_null(memmem(text.data, text.size, "Coalmine", strlen("Coalmine")));
    function_log_clear(&log);
}
END_TEST

static void flood(struct function_log *log, const char *head, size_t length, const char *tail)
{
    CLEANUP(buffer_clear) struct buffer printed = { 0 };
    buffer_add_string(&printed, head);
    for (size_t i = 0; i < length; i++)
        buffer_add_char(&printed, '-');
    buffer_add_string(&printed, tail);
    function_log_add(log, buffer_text(&printed));
}

/* The one line that there is is cut too; where others follow, the cut is between two. */
START_TEST(a_line_longer_than_all_that_is_kept_keeps_its_tail)
{
    const struct {
        const char *tail;
        struct text then;
        const char *missing;
        const char *kept;
    } floods[] = {
        { "end\n", TEXT(""), ": 5 before the next line are missing\n--", "--end\nEND" },
        { "\n", TEXT("next\n"), ": 1048578 before the next line are missing\n", "\nnext\nEND" },
        { "\n", TEXT("\0of the record\nnext\n"), ": 1048579 before the next line are missing\n",
          "\nof the record\nnext\nEND" },
    };
    for (size_t i = 0; i < COUNT_OF(floods); i++) {
        struct function_log log = { 0 };
        const struct function_report report = {
            .request_id = TEXT("r"), .version = "1", .started_ms = 1, .init_ms = -1
        };
        flood(&log, "<", FUNCTION_LOG_MAX, floods[i].tail);
        function_log_add(&log, floods[i].then);
        struct text text = function_log_finish(&log, &report, FUNCTION_LOG_REST_IS_ITS);
        ck_assert_ptr_nonnull(
            memmem(text.data, text.size, floods[i].missing, strlen(floods[i].missing)));
        ck_assert_ptr_nonnull(memmem(text.data, text.size, floods[i].kept, strlen(floods[i].kept)));
        function_log_clear(&log);
    }
}
END_TEST

START_TEST(what_is_missing_is_a_record_in_json)
{
    struct function_log log = { 0 };
    const struct function_log_owner owner = { .runtime = "python3.13",
                                              .region = "r",
                                              .function_name = "f",
                                              .version = "1",
                                              .log_stream = "1970/01/01/[1]0",
                                              .format = { .is_json = true,
                                                          .system = LOG_WARN_RECORDS } };
    const struct function_report report = { .request_id = TEXT("r"),
                                            .version = "1",
                                            .init_ms = -1 };
    clock_set_mode(CLOCK_FROZEN, 0);
    clock_set_now_ms(0);
    function_log_begin_init(&log, &owner);
    function_log_end_init(&log, 0);
    flood(&log, "", FUNCTION_LOG_MAX, "\na\n");
    struct text text = function_log_finish(&log, &report, FUNCTION_LOG_REST_IS_ITS);
    static const char expected[] =
        "{\"time\":\"1970-01-01T00:00:00.000Z\",\"type\":\"platform.logsDropped\",\"record\":{"
        "\"reason\":\"Coalmine keeps the last part of what an invocation prints\","
        "\"droppedBytes\":1048577}}\na\n";
    ck_assert_msg(text_equal(text, expected), "%.*s", TEXT_ARGS(text));
    function_log_clear(&log);
}
END_TEST

#define RECORD(type)                                                                               \
    "{\"time\":\"1970-01-01T00:00:00.020Z\",\"type\":\"platform." type "\",\"record\":"
#define METRICS                                                                                    \
    "\"durationMs\":1000.123,\"billedDurationMs\":1003,\"memorySizeMB\":256,\"maxMemoryUsedMB\":"  \
    "77"
#define INIT "{\"initializationType\":\"on-demand\",\"phase\":\"init\",\"status\":"

/* How an invocation ends, and all the figures that its records have. */
static const struct {
    struct function_report report;
    const char *records;
} ends_in_json[] = {
    { { .init_ms = 2.00049 },
      RECORD("runtimeDone") "{\"requestId\":\"r\",\"status\":\"success\",\"metrics\":{"
                            "\"durationMs\":1000.123,\"producedBytes\":9}}}\n" RECORD(
                                "report") "{\"requestId\":\"r\",\"metrics\":{" METRICS
                                          ",\"initDurationMs\":2},"
                                          "\"status\":\"success\"}}\n" },
    { { .init_ms = -1, .is_failure = true },
      RECORD("runtimeDone") "{\"requestId\":\"r\",\"status\":\"failure\",\"metrics\":{"
                            "\"durationMs\":1000.123,\"producedBytes\":9}}}\n" RECORD(
                                "report") "{\"requestId\":\"r\",\"metrics\":{" METRICS "},"
                                          "\"status\":\"failure\"}}\n" },
    { { .init_ms = -1, .status = "timeout", .has_failed_boot = true, .failed_boot_ms = 11000.5 },
      RECORD("initRuntimeDone") INIT "\"timeout\"}}\n" RECORD("initReport") INIT
      "\"timeout\",\"metrics\":{\"durationMs\":11000.5}}}\n" RECORD(
          "start") "{\"requestId\":\"r\",\"functionArn\":\"a\",\"version\":\"1\"}}"
                   "\n" RECORD("runtimeDone") "{\"requestId\":\"r\",\"status\":\"timeout\","
                                              "\"metrics\":{"
                                              "\"durationMs\":1000.123,\"producedBytes\":9}"
                                              "}}\n" RECORD(
                                                  "report") "{\"requestId\":\"r\","
                                                            "\"metrics\":{" METRICS "},"
                                                            "\"status\":\"timeout\"}}\n" },
    { { .init_ms = -1, .status = "error", .error_type = "Runtime.ExitError" },
      RECORD("runtimeDone") "{\"requestId\":\"r\",\"status\":\"error\",\"errorType\":"
                            "\"Runtime.ExitError\",\"metrics\":{\"durationMs\":1000.123,"
                            "\"producedBytes\":9}}}\n" RECORD(
                                "report") "{\"requestId\":\"r\",\"metrics\":{" METRICS
                                          "},\"status\":\"error\","
                                          "\"errorType\":\"Runtime.ExitError\"}}\n" },
};

START_TEST(records_have_their_figures)
{
    const struct function_log_owner owner = { .runtime = "python3.13",
                                              .region = "r",
                                              .function_name = "f",
                                              .version = "1",
                                              .log_stream = "1970/01/01/[1]0",
                                              .initialization = "on-demand",
                                              .format = { .is_json = true,
                                                          .system = LOG_DEBUG_RECORDS } };
    clock_set_mode(CLOCK_FROZEN, 0);
    clock_set_now_ms(20);
    for (size_t i = 0; i < COUNT_OF(ends_in_json); i++) {
        struct function_log log = { 0 };
        struct function_report report = ends_in_json[i].report;
        report.request_id = TEXT("r");
        report.invoked_arn = TEXT("a");
        report.version = "1";
        report.started_ms = 20;
        report.duration_ms = 1000.1234;
        report.billed_ms = 1002.1;
        report.memory_mb = 256;
        report.memory_used_mb = 77;
        report.produced_bytes = 9;
        function_log_begin_init(&log, &owner);
        if (!report.has_failed_boot)
            function_log_end_init(&log, 2.00049);
        struct text text = function_log_finish(&log, &report, FUNCTION_LOG_REST_IS_ITS);
        ck_assert_msg(text.size >= strlen(ends_in_json[i].records), "%.*s", TEXT_ARGS(text));
        const char *end = text.data + text.size - strlen(ends_in_json[i].records);
        ck_assert_msg(memcmp(end, ends_in_json[i].records, strlen(ends_in_json[i].records)) == 0,
                      "%.*s", TEXT_ARGS(text));
        function_log_clear(&log);
    }
}
END_TEST

static const struct {
    const char *line;
    enum log_severity least;
    const char *kept; /* its start; NULL: dropped */
} judged[] = {
    { "plain\n", LOG_FATAL_RECORDS, "plain\n" },
    { "{\"broken\n", LOG_FATAL_RECORDS, "{\"broken\n" },
    { "{\"level\":\"warn\",\"timestamp\":\"2026-01-01T00:00:00Z\"}\n", LOG_WARN_RECORDS,
      "{\"level\":\"warn\",\"timestamp\":\"2026-01-01T00:00:00Z\"}\n" },
    { "{\"level\":\"WARNING\",\"timestamp\":\"2026-01-01T00:00:00Z\"}\n", LOG_WARN_RECORDS,
      "{\"level\":\"WARNING\"" },
    { "{\"level\":\"warn\",\"timestamp\":\"2026-01-01T00:00:00Z\"}\n", LOG_ERROR_RECORDS, NULL },
    { "{\"level\":\"trace\",\"timestamp\":\"2026-01-01T00:00:00Z\"}\n", LOG_DEBUG_RECORDS, NULL },
    { "{\"level\":\"TRACE\",\"timestamp\":\"2026-01-01T00:00:00Z\"}\n", LOG_TRACE_RECORDS,
      "{\"level\":\"TRACE\"" },
    { "{\"level\":\"CRITICAL\",\"timestamp\":\"2026-01-01T00:00:00Z\"}\n", LOG_FATAL_RECORDS,
      "{\"level\":\"CRITICAL\"" },
    { "{\"level\":\"error\"}\n", LOG_WARN_RECORDS, NULL }, /* without a time it counts as INFO */
    { "{\"level\":\"error\"}\n", LOG_INFO_RECORDS,
      "{\"level\":\"INFO\",\"timestamp\":\"1970-01-01T00:00:00.005Z\"}\n" },
    { "{\"level\":\"odd\",\"timestamp\":\"2026-01-01T00:00:00Z\"}\n", LOG_INFO_RECORDS,
      "{\"timestamp\":\"2026-01-01T00:00:00Z\",\"level\":\"INFO\"}\n" },
    { "{\"a\":1}\n", LOG_DEBUG_RECORDS, "{\"a\":1,\"level\":\"INFO\"," },
    { "{\"a\":1}\n", LOG_WARN_RECORDS, NULL },
    { "{\"timestamp\":5,\"level\":7}\n", LOG_INFO_RECORDS, "{\"level\":\"INFO\",\"timestamp\":\"" },
    { "{ }\n", LOG_INFO_RECORDS, "{\"level\":\"INFO\",\"timestamp\":\"" },
    { "{\"id\": 9007199254740993, \"level\": {\"a\": [1, \"}\"]}, \"e\": 1e400 }\n",
      LOG_INFO_RECORDS,
      "{\"id\": 9007199254740993,\"e\": 1e400 ,\"level\":\"INFO\",\"timestamp\":\"" },
    { "{\"timestamp\":\"2026-01-01T00:00:00Z\",\"a\":\"\\\\\\\",}\",\"levels\":{\"level\":2}}",
      LOG_INFO_RECORDS,
      "{\"timestamp\":\"2026-01-01T00:00:00Z\",\"a\":\"\\\\\\\",}\",\"levels\":{\"level\":2},"
      "\"level\":\"INFO\"}\n" },
};

START_TEST(lines_are_judged_by_their_level)
{
    for (size_t i = 0; i < COUNT_OF(judged); i++) {
        CLEANUP(buffer_clear) struct buffer out = { 0 };
        application_add_line(&out, judged[i].least, text_from(judged[i].line), 5);
        if (judged[i].kept)
            ck_assert_msg(text_starts_with(buffer_text(&out), judged[i].kept), "%s: %s",
                          judged[i].line, out.data);
        else
            ck_assert_msg(out.size == 0, "%s: %s", judged[i].line, out.data);
    }
}
END_TEST

static const struct {
    const char *event;
    const char *data;
} embedded[] = {
    { "{\"_aws\":{\"Timestamp\":1500},\"d\":{\"Metrics\":[{\"Name\":\"m\"}]},\"m\":2}",
      "[{\"MetricName\":\"m\",\"Unit\":\"None\",\"Value\":2,\"StorageResolution\":60,"
      "\"Timestamp\":1.5,\"Dimensions\":[]}]" },
    { "{\"d\":{\"Dimensions\":[[\"A\"],[\"A\",\"B\"]],\"Metrics\":[{\"Name\":\"m\",\"Unit\":"
      "\"Count\",\"StorageResolution\":1}]},\"m\":[1,2],\"A\":\"x\"}",
      "[{\"MetricName\":\"m\",\"Unit\":\"Count\",\"Values\":[1,2],\"StorageResolution\":1,"
      "\"Dimensions\":[{\"Name\":\"A\",\"Value\":\"x\"}]}]" },
    { "{\"d\":{\"Metrics\":[{\"Name\":\"m\"},{\"Name\":\"n\"},{},7]},\"m\":[],\"n\":\"5\"}", "[]" },
    { "{\"d\":{\"Metrics\":[{\"Name\":\"m\"},{\"Name\":\"n\"}]},\"m\":[1,\"2\"],\"n\":{\"Values\":["
      "1],"
      "\"Counts\":[null]}}",
      "[]" },
    { "{\"d\":{\"Dimensions\":[[5],[\"B\"]],\"Metrics\":[{\"Name\":\"m\"}]},\"m\":1,\"A\":\"\"}",
      "[]" },
    { "{\"d\":{\"Dimensions\":[[\"C\",\"A\"],[\"B\"],[\"C\"]],\"Metrics\":[{\"Name\":\"m\"}]},"
      "\"m\":1,\"A\":\"\",\"B\":404,\"C\":\"x\"}",
      "[{\"MetricName\":\"m\",\"Unit\":\"None\",\"Value\":1,\"StorageResolution\":60,"
      "\"Dimensions\":[]},"
      "{\"MetricName\":\"m\",\"Unit\":\"None\",\"Value\":1,\"StorageResolution\":60,"
      "\"Dimensions\":[{\"Name\":\"C\",\"Value\":\"x\"}]}]" },
    { "{\"d\":{\"Dimensions\":7,\"Metrics\":7}}", "[]" },
    { "{\"d\":7}", "[]" },
};

START_TEST(embedded_metrics_are_what_put_metric_data_takes)
{
    for (size_t i = 0; i < COUNT_OF(embedded); i++) {
        CLEANUP(json_deletep) cJSON *event = json_parse(text_from(embedded[i].event));
        ck_assert_msg(event != NULL, "%s", embedded[i].event);
        CLEANUP(json_deletep) cJSON *data = embedded_metric_data(event, json_get(event, "d"));
        CLEANUP(freep) char *text = json_print(data);
        ck_assert_str_eq(text, embedded[i].data);
    }
}
END_TEST

/* An event with `metrics` metrics of `values` values each. */
static int count_embedded(int metrics, int values)
{
    CLEANUP(json_deletep) cJSON *event = cJSON_CreateObject();
    cJSON *directive = json_set_object(event, "d");
    cJSON *definitions = json_set_array(directive, "Metrics");
    cJSON *list = json_set_array(event, "m");
    for (int i = 0; i < values; i++)
        cJSON_AddItemToArray(list, cJSON_CreateNumber(i));
    for (int i = 0; i < metrics; i++) {
        cJSON *definition = cJSON_CreateObject();
        json_set_text(definition, "Name", "m");
        cJSON_AddItemToArray(definitions, definition);
    }
    CLEANUP(json_deletep) cJSON *data = embedded_metric_data(event, directive);
    return cJSON_GetArraySize(data);
}

START_TEST(an_event_has_up_to_a_hundred_metrics_of_a_hundred_values)
{
    ck_assert_int_eq(count_embedded(100, 100), 100);
    ck_assert_int_eq(count_embedded(101, 100), 100);
    ck_assert_int_eq(count_embedded(100, 101), 0);
}
END_TEST

START_TEST(no_message_breaks_a_pattern_and_no_pattern_the_parser)
{
    static const char *const patterns[] = { "",     " ",    "a",          "\"",      "-",
                                            "?",    "-\"",  "\"a\\\"b\"", "-a ?b c", "??",
                                            "\"\"", "a\"b", "\\" };
    static const char *const messages[] = { "", "a", "a\"b", "c b", "\xff\xfe" };
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        CLEANUP(error_clear) struct error error = { 0 };
        struct filter_pattern *pattern = filter_pattern_parse(text_from(patterns[i]), &error);
        ck_assert_msg((pattern != NULL) == (error.fault == NULL), "%s", patterns[i]);
        for (size_t n = 0; pattern && n < COUNT_OF(messages); n++) {
            bool is_match = filter_pattern_matches(pattern, text_from(messages[n]));
            ck_assert(is_match || *patterns[i]); /* an empty pattern matches everything */
        }
        filter_pattern_destroy(pattern);
    }
}
END_TEST

SUITE("log_parts", each_line_has_the_time_at_which_it_was_whole,
      what_was_printed_before_start_has_the_time_of_start,
      what_the_boot_printed_stands_before_start, a_turn_mark_ends_an_invocation_s_lines,
      what_no_mark_follows_does_not_wait_for_ever, a_flood_keeps_its_tail_and_the_times_of_that,
      a_line_longer_than_all_that_is_kept_keeps_its_tail, what_is_missing_is_a_record_in_json,
      records_have_their_figures, lines_are_judged_by_their_level,
      embedded_metrics_are_what_put_metric_data_takes,
      an_event_has_up_to_a_hundred_metrics_of_a_hundred_values,
      no_message_breaks_a_pattern_and_no_pattern_the_parser)
