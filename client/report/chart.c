#include "report/chart.h"

#include <math.h>

#include "report/markup.h"

enum { LEFT = 56, RIGHT = 14, TOP = 20, BOTTOM = 22, WIDTH = 960, LABEL_GAP = 22, TICKS_MAX = 9 };

static double x_of(const struct chart *chart, int64_t time_ms)
{
    double share = (double)(time_ms - chart->begin_ms) / (double)(chart->end_ms - chart->begin_ms);
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return LEFT + share * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct chart *chart, double value)
{
    double share = (value - chart->least) / (chart->greatest - chart->least);
    if (chart->least > 0)
        share = value > chart->least
                    ? log(value / chart->least) / log(chart->greatest / chart->least)
                    : 0;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return TOP + (1 - share) * chart->height;
}

/* 1, 2 or 5 times a power of ten, at least `value`. */
static double nice_number(double value)
{
    double power = pow(10, floor(log10(value)));
    double digit = value / power;
    return (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10) * power;
}

static void add_value(const struct chart *chart, double value)
{
    if (chart->unit == UNIT_SHARE)
        buffer_add_format(chart->out, "%.3g %%", 100 * value);
    else
        buffer_add_format(chart->out, "%.3g%s", value, chart->unit == UNIT_MS ? " ms" : "");
}

static void add_grid_line(const struct chart *chart, double value)
{
    double y = y_of(chart, value);
    buffer_add_format(chart->out,
                      "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                      "<text class=\"tick end\" x=\"%d\" y=\"%.1f\">",
                      LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4);
    add_value(chart, value);
    buffer_add_string(chart->out, "</text>\n");
}

static void add_values(struct chart *chart, double least, double greatest)
{
    double tick = nice_number((greatest - least) / 4);
    double first = floor(least / tick + 1e-9);
    double last = ceil(greatest / tick - 1e-9);
    chart->least = first * tick;
    chart->greatest = last * tick;
    int count = last > first ? (int)(last - first) : 0;
    for (int i = 0; i <= count; i++)
        add_grid_line(chart, (first + i) * tick);
}

/* The next of 1, 2, 5, 10, 20, ... */
static double next_nice(double value)
{
    return nice_number(value * 1.5);
}

static bool is_power_of_ten(double value)
{
    double exponent = log10(value);
    return fabs(exponent - round(exponent)) < 1e-6;
}

static void add_log_values(struct chart *chart, double least, double greatest)
{
    int count = 1;
    chart->greatest = nice_number(greatest);
    chart->least = nice_number(least);
    if (chart->least > least * (1 + 1e-9)) /* the one before it */
        chart->least = nice_number(chart->least / 3);
    if (chart->greatest <= chart->least)
        chart->greatest = next_nice(chart->least);
    double at = chart->least;
    while (at < chart->greatest * (1 - 1e-9)) {
        at = next_nice(at);
        count++;
    }
    bool is_crowded = count > 9;
    at = chart->least;
    for (int i = 0; i < count; i++) {
        if (!is_crowded || is_power_of_ten(at))
            add_grid_line(chart, at);
        at = next_nice(at);
    }
}

static int64_t time_tick(int64_t whole_ms)
{
    static const int64_t seconds[] = { 1,   2,   5,    10,   15,   30,    60,    120,  300,
                                       600, 900, 1800, 3600, 7200, 14400, 21600, 43200 };
    for (size_t i = 0; i < COUNT_OF(seconds); i++) {
        if (whole_ms / (seconds[i] * 1000) <= TICKS_MAX)
            return seconds[i] * 1000;
    }
    return (whole_ms / 86400000 / TICKS_MAX + 1) * 86400000;
}

static void add_times(const struct chart *chart)
{
    int64_t tick_ms = time_tick(chart->end_ms - chart->begin_ms);
    double bottom = TOP + chart->height;
    buffer_add_format(chart->out,
                      "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>\n", LEFT,
                      WIDTH - RIGHT, bottom, bottom);
    for (int64_t at_ms = 0; chart->begin_ms + at_ms <= chart->end_ms; at_ms += tick_ms) {
        double x = x_of(chart, chart->begin_ms + at_ms);
        buffer_add_format(chart->out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">", x,
                          bottom + 16);
        if (at_ms)
            markup_duration(chart->out, at_ms);
        else
            buffer_add_char(chart->out, '0');
        buffer_add_string(chart->out, "</text>\n");
    }
}

void chart_begin(struct chart *chart, const struct history *history,
                 const struct chart_frame *frame, struct buffer *out)
{
    *chart = (struct chart){ .out = out,
                             .begin_ms = history->begin_ms,
                             .end_ms = history->end_ms,
                             .greatest = 1,
                             .height = frame->height,
                             .unit = frame->unit };
    if (chart->end_ms <= chart->begin_ms)
        chart->end_ms = chart->begin_ms + 1;
    buffer_add_format(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH,
                      TOP + frame->height + BOTTOM);
    markup_text(out, frame->label);
    buffer_add_string(out, "\">\n");
    if (frame->least > 0)
        add_log_values(chart, frame->least, frame->greatest);
    else if (frame->greatest > frame->least)
        add_values(chart, frame->least, frame->greatest);
    add_times(chart);
}

void chart_line(const struct chart *chart, const struct chart_point *points, size_t count,
                const char *style, bool is_stepped)
{
    if (count == 0)
        return;
    buffer_add_format(chart->out, "<path class=\"line %s\" d=\"", style);
    for (size_t i = 0; i < count; i++) {
        double x = x_of(chart, points[i].time_ms);
        double y = y_of(chart, points[i].value);
        bool begins = i == 0 || points[i].begins;
        if (is_stepped && !begins)
            buffer_add_format(chart->out, "H%.1f", x);
        buffer_add_format(chart->out, "%c%.1f %.1f", begins ? 'M' : 'L', x, y);
        bool stands_alone = begins && (i + 1 == count || points[i + 1].begins);
        if (stands_alone)
            buffer_add_string(chart->out, "h0.1");
    }
    if (is_stepped)
        buffer_add_format(chart->out, "H%d", WIDTH - RIGHT);
    buffer_add_string(chart->out, "\"/>\n");
}

/* There along the upper ends, back along the lower ones. */
static void add_area(const struct chart *chart, const struct chart_point *points, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_add_format(chart->out, "%c%.1f %.1f", i ? 'L' : 'M', x_of(chart, points[i].time_ms),
                          y_of(chart, points[i].high));
    for (size_t i = count; i-- > 0;)
        buffer_add_format(chart->out, "L%.1f %.1f", x_of(chart, points[i].time_ms),
                          y_of(chart, points[i].low));
    buffer_add_char(chart->out, 'Z');
}

void chart_band(const struct chart *chart, const struct chart_point *points, size_t count,
                const char *style)
{
    size_t from = 0;
    if (count == 0)
        return;
    buffer_add_format(chart->out, "<path class=\"band %s\" d=\"", style);
    for (size_t i = 1; i <= count; i++) {
        if (i < count && !points[i].begins)
            continue;
        add_area(chart, points + from, i - from);
        from = i;
    }
    buffer_add_string(chart->out, "\"/>\n");
}

void chart_bar(const struct chart *chart, size_t row, int64_t from_ms, int64_t to_ms,
               const char *style, const char *text)
{
    double x = x_of(chart, from_ms);
    double width = x_of(chart, to_ms) - x;
    buffer_add_format(chart->out,
                      "<rect class=\"bar %s\" x=\"%.1f\" y=\"%zu\" width=\"%.1f\" height=\"%d\">"
                      "<title>",
                      style, x, TOP + row * CHART_ROW_HEIGHT + 4, width < 2 ? 2 : width,
                      CHART_ROW_HEIGHT - 8);
    markup_text(chart->out, text);
    buffer_add_string(chart->out, "</title></rect>\n");
}

static void add_mark(const struct chart *chart, const struct event_history *event, double x)
{
    buffer_add_format(chart->out,
                      "<line class=\"mark%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"><title>",
                      event->is_bad ? " bad" : "", x, x, TOP - 4, TOP + chart->height);
    buffer_add_format(chart->out, "%d: %s ", event->number, event->type);
    markup_text(chart->out, event->action ? event->action : "");
    buffer_add_string(chart->out, ": ");
    markup_text(chart->out, event->text);
    buffer_add_string(chart->out, "</title></line>\n");
}

static void add_mark_label(const struct chart *chart, double x, int first, int last)
{
    buffer_add_format(chart->out, "<text class=\"number\" x=\"%.1f\" y=\"%d\">%d", x, TOP - 8,
                      first);
    if (last > first)
        buffer_add_format(chart->out, "\xe2\x80\x93%d", last);
    buffer_add_string(chart->out, "</text>\n");
}

/* Marks that stand too near to each other share a label. */
static void add_marks(const struct chart *chart, const struct history *history)
{
    double label_x = -1;
    int first = 0;
    int last = 0;
    for (size_t i = 0; i < history->event_count; i++) {
        const struct event_history *event = &history->events[i];
        if (!event->is_marked)
            continue;
        double x = x_of(chart, event->time_ms);
        add_mark(chart, event, x);
        if (first && x - label_x >= LABEL_GAP)
            add_mark_label(chart, label_x, first, last);
        if (!first || x - label_x >= LABEL_GAP) {
            first = event->number;
            label_x = x;
        }
        last = event->number;
    }
    if (first)
        add_mark_label(chart, label_x, first, last);
}

void chart_end(const struct chart *chart, const struct history *history)
{
    add_marks(chart, history);
    buffer_add_string(chart->out, "</svg>\n");
}
