/* The drawings of a report: where lines, scales and marks come to lie. */
#include "report/chart.h"

#include <string.h>

#include "support/suite.h"
#include "xalloc.h"

/* From 56 to 946 across and from 120 up to 20. */
enum { HEIGHT = 100 };

static const struct history second = { .end_ms = 1000 };

static void begin(struct chart *chart, const struct history *history, struct buffer *out,
                  double least, double greatest)
{
    const struct chart_frame frame = { "a drawing", least, greatest, HEIGHT, UNIT_NUMBER };
    chart_begin(chart, history, &frame, out);
}

static char *line_of(const struct chart_point *points, size_t count)
{
    struct buffer out = { 0 };
    struct chart chart;
    begin(&chart, &second, &out, 0, 1);
    buffer_drop(&out, out.size);
    chart_line(&chart, points, count, "s", false);
    return buffer_take(&out, NULL);
}

START_TEST(what_lies_outside_is_drawn_at_the_edge)
{
    const struct chart_point points[] = { { .time_ms = -500, .value = 0.5 },
                                          { .time_ms = 1500, .value = 2 } };
    CLEANUP(freep) char *line = line_of(points, COUNT_OF(points));
    ck_assert_str_eq(line, "<path class=\"line s\" d=\"M56.0 70.0L946.0 20.0\"/>\n");
}
END_TEST

START_TEST(a_point_alone_is_a_dot)
{
    const struct chart_point points[] = { { .time_ms = 0 },
                                          { .time_ms = 500, .begins = true },
                                          { .time_ms = 1000 } };
    CLEANUP(freep) char *line = line_of(points, COUNT_OF(points));
    ck_assert_str_eq(line,
                     "<path class=\"line s\" d=\"M56.0 120.0h0.1M501.0 120.0L946.0 120.0\"/>\n");
}
END_TEST

START_TEST(each_run_of_intervals_is_an_area_of_its_own)
{
    const struct chart_point points[] = { { .time_ms = 0, .high = 1 },
                                          { .time_ms = 500, .high = 1, .begins = true },
                                          { .time_ms = 1000, .high = 1 } };
    struct buffer out = { 0 };
    struct chart chart;
    begin(&chart, &second, &out, 0, 1);
    buffer_drop(&out, out.size);
    chart_band(&chart, points, COUNT_OF(points), "s");
    ck_assert_str_eq(buffer_text(&out).data,
                     "<path class=\"band s\" d=\"M56.0 20.0L56.0 120.0Z"
                     "M501.0 20.0L946.0 20.0L946.0 120.0L501.0 120.0Z\"/>\n");
    buffer_clear(&out);
}
END_TEST

START_TEST(scales_end_at_round_numbers_that_hold_all_values)
{
    static const struct {
        double least;
        double greatest;
        double bottom;
        double top;
    } rows[] = {
        { 0, 0.9, 0, 1 }, { 0, 7, 0, 8 },    { 0, 8, 0, 8 },       { 3, 700, 2, 1000 },
        { 5, 5, 5, 10 },  { -3, 9, -5, 10 }, { -0.7, 0, -0.8, 0 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer out = { 0 };
        struct chart chart;
        begin(&chart, &second, &out, rows[i].least, rows[i].greatest);
        ck_assert_double_eq_tol(chart.least, rows[i].bottom, 1e-9);
        ck_assert_double_eq_tol(chart.greatest, rows[i].top, 1e-9);
        buffer_clear(&out);
    }
}
END_TEST

START_TEST(values_below_zero_are_drawn_below_it)
{
    static const struct chart_point points[] = { { 0, -5, -5, -5, false },
                                                 { 500, 0, 0, 0, false },
                                                 { 1000, 5, 5, 5, false } };
    struct buffer out = { 0 };
    struct chart chart;
    begin(&chart, &second, &out, -5, 5);
    chart_line(&chart, points, COUNT_OF(points), "s", false);
    ck_assert_ptr_nonnull(strstr(buffer_text(&out).data, ">-5</text>"));
    ck_assert_ptr_nonnull(strstr(out.data, "d=\"M56.0 120.0L501.0 70.0L946.0 20.0\""));
    buffer_clear(&out);
}
END_TEST

START_TEST(a_deployment_of_no_time_is_drawn)
{
    const struct history moment = { .begin_ms = 5, .end_ms = 5 };
    struct buffer out = { 0 };
    struct chart chart;
    begin(&chart, &moment, &out, 0, 1);
    ck_assert_ptr_nonnull(strstr(buffer_text(&out).data, "x=\"56.0\""));
    ck_assert_ptr_null(strstr(out.data, "nan"));
    buffer_clear(&out);
}
END_TEST

START_TEST(marks_that_stand_together_share_a_label)
{
    struct event_history events[] = {
        { .time_ms = 0, .number = 1 },   { .time_ms = 10, .number = 2 },
        { .time_ms = 500, .number = 3 }, { .time_ms = 900, .number = 4 },
        { .time_ms = 910, .number = 5 }, { .time_ms = 990, .number = 6 },
    };
    struct history history = { .end_ms = 1000, .events = events, .event_count = COUNT_OF(events) };
    struct buffer out = { 0 };
    struct chart chart;
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        events[i].type = events[i].text = "x";
        events[i].is_marked = true;
    }
    begin(&chart, &history, &out, 0, 0);
    chart_end(&chart, &history);
    const char *at = buffer_text(&out).data;
    static const char *const labels[] = { "x=\"56.0\" y=\"12\">1\xe2\x80\x93"
                                          "2<",
                                          "x=\"501.0\" y=\"12\">3<",
                                          "x=\"857.0\" y=\"12\">4\xe2\x80\x93"
                                          "5<",
                                          "x=\"937.1\" y=\"12\">6<" };
    for (size_t i = 0; i < COUNT_OF(labels); i++)
        ck_assert_msg((at = strstr(at, labels[i])) != NULL, "%s\n%s", labels[i], out.data);
    buffer_clear(&out);
}
END_TEST

SUITE("chart", what_lies_outside_is_drawn_at_the_edge, a_point_alone_is_a_dot,
      each_run_of_intervals_is_an_area_of_its_own, scales_end_at_round_numbers_that_hold_all_values,
      values_below_zero_are_drawn_below_it, a_deployment_of_no_time_is_drawn,
      marks_that_stand_together_share_a_label)
