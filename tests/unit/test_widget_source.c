/* widget: what a MetricWidget's JSON means, and what is wrong with it (cloudwatch-api.md sections
 * 5.2 and 5.3). */
#include <math.h>

#include "support/suite.h"
#include "widget/widget.h"
#include "widget_query.h"
#include "xalloc.h"

static const int64_t NOW_MS = INT64_C(1772449200) * 1000; /* 2026-03-02T11:00:00Z */

static bool read(const char *json, struct arena *arena, struct widget *widget, struct error *error)
{
    const struct widget_source source = { text_from(json), NOW_MS, "us-east-1" };
    return widget_read(&source, arena, widget, error);
}

/* The queries of `metrics`, as compact JSON. */
static char *queries_of(const char *metrics)
{
    CLEANUP(freep) char *text = xformat("{\"metrics\":%s}", metrics);
    CLEANUP(json_deletep) cJSON *widget = json_parse(text_from(text));
    CLEANUP(json_deletep) cJSON *rows = widget_expand(json_get(widget, "metrics"));
    CLEANUP(json_deletep) cJSON *queries = widget_queries(widget, rows, 0);
    return json_print(queries);
}

/* Rows with all shorthand filled in, without options. */
START_TEST(shorthand_repeats_the_row_before)
{
    static const char *const rows[][2] = {
        { "[[\"N\",\"m\",\"D\",\"1\"],[\"...\",\"2\"]]",
          "[[\"N\",\"m\",\"D\",\"1\",{}],[\"N\",\"m\",\"D\",\"2\",{}]]" },
        { "[[\"N\",\"m\",\"D\",\"1\"],[\".\",\"k\",\".\",\".\"]]",
          "[[\"N\",\"m\",\"D\",\"1\",{}],[\"N\",\"k\",\"D\",\"1\",{}]]" },
        { "[[\"N\",\"m\",\"D\",\"1\"],[\"...\",{\"stat\":\"p99\"}]]",
          "[[\"N\",\"m\",\"D\",\"1\",{}],[\"N\",\"m\",\"D\",\"1\",{\"stat\":\"p99\"}]]" },
        { "[[\"N\",\"m\",\"D\",\"1\",\"E\",\"2\"],[\"...\",\"F\",\".\"]]",
          "[[\"N\",\"m\",\"D\",\"1\",\"E\",\"2\",{}],[\"N\",\"m\",\"D\",\"1\",\"F\",\"2\",{}]]" },
        { "[[\"N\",\"m\"],[{\"expression\":\"1\"}],[\".\",\"k\"]]",
          "[[\"N\",\"m\",{}],[{\"expression\":\"1\"}],[\"N\",\"k\",{}]]" },
        { "[[\"...\",\"2\"]]", "[[\"2\",{}]]" },
        { "[[\".\",\"m\"]]", "[[\".\",\"m\",{}]]" },
        { "[5]", "[[{}]]" },
        { "[]", "[]" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(json_deletep) cJSON *metrics = json_parse(text_from(rows[i][0]));
        CLEANUP(json_deletep) cJSON *full = widget_expand(metrics);
        CLEANUP(freep) char *text = json_print(full);
        ck_assert_str_eq(text, rows[i][1]);
    }
}
END_TEST

START_TEST(rows_become_queries)
{
    CLEANUP(freep)
    char *text = queries_of("[[\"N\",\"m\",\"D\",\"v\",{\"id\":\"q2\",\"stat\":\"Sum\","
                            "\"period\":60,\"visible\":false}],"
                            "[{\"expression\":\"q2*2\",\"period\":120,\"label\":\"twice\"}]]");
    ck_assert_str_eq(
        text,
        "[{\"Id\":\"q2\",\"MetricStat\":{\"Metric\":{\"Namespace\":\"N\",\"MetricName\":\"m\","
        "\"Dimensions\":[{\"Name\":\"D\",\"Value\":\"v\"}]},\"Period\":60,\"Stat\":\"Sum\"},"
        "\"ReturnData\":false},"
        "{\"Id\":\"q2_\",\"Expression\":\"q2*2\",\"Period\":120,\"Label\":\"twice\","
        "\"ReturnData\":true}]");
}
END_TEST

static const char *label_of(const char *metrics, int at, struct arena *arena)
{
    CLEANUP(freep) char *text = queries_of(metrics);
    CLEANUP(json_deletep) cJSON *queries = json_parse(text_from(text));
    const char *label = json_text(cJSON_GetArrayItem(queries, at), "Label", "(none)");
    return arena_copy(arena, text_from(label));
}

START_TEST(labels_are_what_tells_metrics_apart)
{
    CLEANUP(arena_clear) struct arena arena = { 0 };
    static const struct {
        const char *metrics;
        int at;
        const char *label;
    } rows[] = {
        { "[[\"N\",\"m\",\"Fn\",\"a\"],[\"...\",\"b\"]]", 1, "b" },
        { "[[\"N\",\"m\",\"V\",\"1\"],[\"...\",\"2\"]]", 1, "V 2" },
        { "[[\"N\",\"m\",\"Fn\",\"a\"],[\".\",\"k\",\".\",\"b\"]]", 1, "b k" },
        { "[[\"N\",\"m\",\"Fn\",\"a\"],[\".\",\"k\",\".\",\".\"]]", 1, "(none)" },
        { "[[\"N\",\"m\",\"Fn\",\"a\"],[\"N\",\"m\"]]", 1, "(none)" },
        { "[[\"N\",\"m\",\"Fn\",\"a\"],[\"...\",\"b\",{\"label\":\"mine\"}]]", 1, "mine" },
        { "[[\"N\"],[\"N\",\"m\",\"Fn\",\"b\"]]", 1, "b m" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        ck_assert_str_eq(label_of(rows[i].metrics, rows[i].at, &arena), rows[i].label);
}
END_TEST

START_TEST(periods_are_those_that_metrics_have)
{
    static const int periods[] = { 1, 5, 10, 20, 30, 60, 120, 86400 };
    for (size_t i = 0; i < COUNT_OF(periods); i++) {
        CLEANUP(arena_clear) struct arena arena = { 0 };
        CLEANUP(freep)
        char *text = xformat("{\"metrics\":[[\"N\",\"m\",{\"period\":%d}]]}", periods[i]);
        struct widget widget;
        struct error error = { 0 };
        ck_assert_msg(read(text, &arena, &widget, &error), "%s", error.message);
        widget_clear(&widget);
    }
}
END_TEST

START_TEST(defaults_are_those_of_the_reference)
{
    CLEANUP(arena_clear) struct arena arena = { 0 };
    struct widget widget;
    struct error error = { 0 };
    ck_assert_msg(read("{\"metrics\":[[\"N\",\"m\"]]}", &arena, &widget, &error), "%s",
                  error.message);
    ck_assert(widget.width == 600 && widget.height == 400);
    ck_assert(widget.view == WIDGET_TIME_SERIES && widget.legend == WIDGET_LEGEND_BOTTOM);
    ck_assert_int_eq(widget.end_ms, NOW_MS);
    ck_assert_int_eq(widget.start_ms, NOW_MS - 3 * 3600 * 1000);
    ck_assert(!widget.is_stacked && !widget.is_dark && !widget.is_live && !widget.title);
    ck_assert(isnan(widget.left.min) && isnan(widget.right.max) && widget.timezone_minutes == 0);
    const cJSON *stat = json_get(widget.queries->child, "MetricStat");
    ck_assert_str_eq(json_text(stat, "Stat", ""), "Average");
    ck_assert_int_eq(json_int(stat, "Period", 0), 300);
    widget_clear(&widget);
}
END_TEST

START_TEST(a_whole_widget_is_read)
{
    CLEANUP(arena_clear) struct arena arena = { 0 };
    struct widget widget;
    struct error error = { 0 };
    ck_assert_msg(
        read("{\"metrics\":[[\"N\",\"m\",{\"color\":\"#abc\",\"yAxis\":\"right\"}],"
             "[{\"expression\":\"1+1\"}]],"
             "\"start\":\"-P1DT12H\",\"end\":\"2026-03-02T10:00:00Z\",\"timezone\":\"-0130\","
             "\"theme\":\"dark\",\"legend\":{\"position\":\"right\"},\"stacked\":true,"
             "\"yAxis\":{\"right\":{\"min\":1,\"max\":2,\"label\":\"L\",\"showUnits\":false}},"
             "\"annotations\":{\"horizontal\":[{\"value\":5,\"fill\":\"above\",\"label\":\"t\","
             "\"color\":\"#ff0000\"},[{\"value\":1},{\"value\":2,\"label\":\"z\"}],"
             "{\"value\":3,\"visible\":false}],"
             "\"vertical\":[{\"value\":\"2026-03-02T09:00:00Z\",\"fill\":\"before\"}]}}",
             &arena, &widget, &error),
        "%s", error.message);
    ck_assert_int_eq(widget.start_ms, NOW_MS - INT64_C(36) * 3600 * 1000);
    ck_assert_int_eq(widget.end_ms, NOW_MS - 3600 * 1000);
    ck_assert_int_eq(widget.timezone_minutes, -90);
    ck_assert(widget.is_dark && widget.is_stacked && widget.legend == WIDGET_LEGEND_RIGHT);
    ck_assert(widget.right.min == 1 && widget.right.max == 2 && widget.right.hides_units);
    ck_assert_int_eq(widget.styles[0].colour, 0xaabbcc);
    ck_assert(widget.styles[0].is_right && !widget.styles[0].expression);
    ck_assert_str_eq(widget.styles[1].expression, "1+1");
    ck_assert_uint_eq(widget.horizontal_count, 2);
    ck_assert(widget.horizontal[0].fill == WIDGET_FILL_AFTER &&
              widget.horizontal[0].colour == 0xff0000);
    ck_assert(widget.horizontal[1].value == 1 && widget.horizontal[1].end == 2);
    ck_assert_str_eq(widget.horizontal[1].end_label, "z");
    ck_assert_uint_eq(widget.vertical_count, 1);
    ck_assert(widget.vertical[0].value == (double)(NOW_MS - 2 * 3600 * 1000));
    widget_clear(&widget);
}
END_TEST

START_TEST(what_is_wrong_is_named_with_its_path)
{
    static const struct {
        const char *json;
        const char *path;
        const char *message;
    } rows[] = {
        { "{}", "", "Should have required property 'metrics'" },
        { "{\"metrics\":5}", "/metrics", "Should be array" },
        { "{\"metrics\":[]}", "/metrics", "Should NOT have less than 1 items" },
        { "{\"metrics\":[[\"N\"]]}", "/metrics/0", "Should NOT have less than 2 items" },
        { "{\"metrics\":[[\"N\",\"m\",\"D\"]]}", "/metrics/0",
          "Should NOT have more than 2 items" },
        { "{\"metrics\":[[\"N\",1]]}", "/metrics/0/1",
          "Invalid metric field type, only \\\"String\\\" type is allowed" },
        { "{\"metrics\":[[\"N\",\"m\",{\"yAxis\":\"up\"}]]}", "/metrics/0/2/yAxis",
          "Should be equal to one of the allowed values" },
        { "{\"metrics\":[[\"N\",\"m\",{\"stat\":\"Avg\"}]]}", "/metrics/0/2/stat",
          "Should be a statistic like Sum, Average or p99.9, not Avg" },
        { "{\"metrics\":[[\"N\",\"m\",{\"id\":\"Up\"}]]}", "/metrics/0/2/id",
          "Should match pattern \\\"^[a-z][a-zA-Z0-9_]*$\\\"" },
        { "{\"metrics\":[[\"N\",\"m\",{\"id\":\"a\"}],[\"N\",\"k\",{\"id\":\"a\"}]]}", "/metrics/1",
          "Id \\\"a\\\" is used more than once" },
        { "{\"metrics\":[[\"N\",\"m\",{\"color\":\"red\"}]]}", "/metrics/0/2/color",
          "Should match pattern \\\"^#([0-9a-fA-F]{3}){1,2}$\\\"" },
        { "{\"metrics\":[[\"N\",\"m\"]],\"width\":0}", "/width", "Should be >= 1" },
        { "{\"metrics\":[[\"N\",\"m\"]],\"height\":2001}", "/height", "Should be <= 2000" },
        { "{\"metrics\":[[\"N\",\"m\"]],\"width\":1.5}", "/width", "Should be integer" },
        { "{\"metrics\":[[\"N\",\"m\"]],\"stacked\":1}", "/stacked", "Should be boolean" },
        { "{\"metrics\":[[\"N\",\"m\"]],\"view\":\"table\"}", "/view",
          "Should be equal to one of the allowed values" },
        { "{\"metrics\":[[\"N\",\"m\"]],\"timezone\":\"UTC\"}", "/timezone",
          "Should match pattern \\\"^[+-][0-9]{4}$\\\"" },
        { "{\"metrics\":[[\"N\",\"m\"]],\"end\":\"P0D\"}", "",
          "Should have property start when property end is present" },
        { "{\"metrics\":[[\"N\",\"m\"]],\"yAxis\":{\"left\":{\"min\":1,\"max\":1}}}", "/yAxis/left",
          "min should be less than max" },
        { "{\"metrics\":[[\"N\",\"m\"]],\"annotations\":{\"horizontal\":[{}]}}",
          "/annotations/horizontal/0", "Should have required property 'value'" },
        { "{\"metrics\":[[\"N\",\"m\"]],\"annotations\":{\"horizontal\":[[{\"value\":1}]]}}",
          "/annotations/horizontal/0", "Should NOT have less than 2 items" },
        { "{\"metrics\":[[\"N\",\"m\"]],\"annotations\":{\"vertical\":[{\"value\":\"-PT1H\"}]}}",
          "/annotations/vertical/0/value", "Should be an ISO 8601 time" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(arena_clear) struct arena arena = { 0 };
        struct widget widget;
        struct error error = { 0 };
        CLEANUP(freep)
        char *wanted = xformat("The metric widget is invalid, there are 1 validation errors:\n[\n"
                               "  {\n    \"dataPath\": \"%s\",\n    \"message\": \"%s\"\n  }\n]",
                               rows[i].path, rows[i].message);
        ck_assert_msg(!read(rows[i].json, &arena, &widget, &error), "row %zu is taken", i);
        ck_assert_str_eq(error.message, wanted);
        error_clear(&error);
    }
}
END_TEST

START_TEST(a_widget_as_a_whole_can_be_wrong)
{
    static const char *const rows[][2] = {
        { "nonsense", "The metric widget is not a JSON object" },
        { "[]", "The metric widget is not a JSON object" },
        { "{\"metrics\":[[\"N\",\"m\"]],\"region\":\"eu-west-1\"}",
          "The widget's region eu-west-1 is not us-east-1, which was asked" },
        { "{\"metrics\":[[\"N\",\"m\"]],\"start\":\"-PT1H\",\"end\":\"-PT1H\"}",
          "The widget's start must be before its end" },
        { "{\"metrics\":[[\"N\",\"m\"]],\"view\":\"gauge\"}",
          "A gauge needs yAxis.left.min and yAxis.left.max" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(arena_clear) struct arena arena = { 0 };
        struct widget widget;
        struct error error = { 0 };
        ck_assert_msg(!read(rows[i][0], &arena, &widget, &error), "row %zu is taken", i);
        ck_assert_str_eq(error.message, rows[i][1]);
        error_clear(&error);
    }
}
END_TEST

START_TEST(durations_are_iso)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        { "-PT3H", -10800000 },   { "P0D", 0 },
        { "-PT0H", 0 },           { "-P1D", -86400000 },
        { "-P1W", -604800000 },   { "-PT1H30M", -5400000 },
        { "PT5S", 5000 },         { "-P1M", -2592000000 },
        { "-P1DT1M", -86460000 },
    };
    static const char *const bad[] = { "",    "P",     "PT",    "-P1DT",       "3H",
                                       "PT3", "PT-3H", "P1.5D", "-PT9999999H", "PT3H " };
    int64_t ms;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        ck_assert_msg(widget_parse_duration(text_from(good[i].text), &ms), "%s", good[i].text);
        ck_assert_int_eq(ms, good[i].ms);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ck_assert_msg(!widget_parse_duration(text_from(bad[i]), &ms), "%s", bad[i]);
}
END_TEST

SUITE("widget source", shorthand_repeats_the_row_before, rows_become_queries,
      labels_are_what_tells_metrics_apart, periods_are_those_that_metrics_have,
      defaults_are_those_of_the_reference, a_whole_widget_is_read,
      what_is_wrong_is_named_with_its_path, a_widget_as_a_whole_can_be_wrong, durations_are_iso)
