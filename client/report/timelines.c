#include "report/timelines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/chart.h"
#include "report/markup.h"
#include "statistics/binomial.h"
#include "xalloc.h"

enum { HEIGHT = 150, LATENCY_GROUP = 4, METRICS_MAX = 12, ALARMS_MAX = 24, US_PER_MS = 1000 };

struct line {
    struct chart_point *points; /* owned */
    size_t count;
};

static struct line line_of(size_t most)
{
    return (struct line){ xcalloc(most + 1, sizeof(struct chart_point)), 0 };
}

static void line_clear(struct line *line)
{
    free(line->points);
}

static void add_point(struct line *line, int64_t time_ms, double value, struct interval interval,
                      bool begins)
{
    line->points[line->count++] =
        (struct chart_point){ time_ms, value, interval.low, interval.high, begins };
}

/* What is a key of the legend: its class, the version that it is about and what it shows. */
static void add_key(struct buffer *out, const char *style, const char *version, const char *text)
{
    buffer_add_format(out, "<span class=\"key\"><i class=\"%s\"></i>", style);
    if (version) {
        buffer_add_string(out, "version ");
        markup_text(out, version);
        buffer_add_char(out, ' ');
    }
    markup_text(out, text);
    buffer_add_string(out, "</span>");
}

static void begin_figure(struct buffer *out, const char *title)
{
    buffer_add_string(out, "<figure><figcaption><b>");
    markup_text(out, title);
    buffer_add_string(out, "</b>");
}

/* The count of one version that a rate is drawn of. */
enum rate { RATE_SHARE, RATE_BASE_ERRORS, RATE_CANARY_ERRORS };

static void sum_up(const struct window *window, enum rate rate, uint64_t *part, uint64_t *whole)
{
    switch (rate) {
    case RATE_SHARE:
        *part += window->canary.requests;
        *whole += window->base.requests + window->canary.requests;
        break;
    case RATE_BASE_ERRORS:
        *part += window->base.errors;
        *whole += window->base.requests;
        break;
    case RATE_CANARY_ERRORS:
        *part += window->canary.errors;
        *whole += window->canary.requests;
        break;
    }
}

/* The greatest value, and what intervals come to once they say something. */
static double greatest_rate(const struct line *line)
{
    double greatest = 0;
    for (size_t i = 0; i < line->count; i++) {
        bool is_last = i + 1 == line->count || line->points[i + 1].begins;
        greatest = fmax(greatest, line->points[i].value);
        if (is_last)
            greatest = fmax(greatest, line->points[i].high);
    }
    return greatest;
}

/* What was known of a rate at each time: counted from its step's beginning, as checks see it. */
static struct line rate_line(const struct history *history, enum rate rate)
{
    struct line line = line_of(history->window_count);
    uint64_t part = 0;
    uint64_t whole = 0;
    size_t step = SIZE_MAX;
    bool begins = true;
    for (size_t i = 0; i < history->window_count; i++) {
        const struct window *window = &history->windows[i];
        if (window->step != step) {
            part = whole = 0;
            begins = true;
        }
        step = window->step;
        sum_up(window, rate, &part, &whole);
        if (whole == 0)
            continue;
        add_point(&line, window->time_ms, share_of(part, whole), clopper_pearson(part, whole, 0.95),
                  begins);
        begins = false;
    }
    return line;
}

static void add_split(const struct history *history, struct buffer *out)
{
    struct chart chart;
    CLEANUP(line_clear) struct line observed = rate_line(history, RATE_SHARE);
    CLEANUP(line_clear) struct line weights = line_of(history->weight_count);
    for (size_t i = 0; i < history->weight_count; i++)
        add_point(&weights, history->weights[i].time_ms, history->weights[i].weight,
                  (struct interval){ 0, 0 }, false);
    if (weights.count == 0)
        return;
    double greatest = fmax(greatest_rate(&observed), greatest_rate(&weights));
    begin_figure(out, "Share of the traffic");
    add_key(out, "weight", history->canary, "as configured");
    add_key(out, "canary", history->canary, "as observed, with its 95 % interval");
    buffer_add_string(out, "</figcaption>\n");
    chart_begin(&chart, history,
                &(struct chart_frame){ .label = "Share of the new version over time",
                                       .greatest = fmin(1, fmax(greatest, 0.01)),
                                       .height = HEIGHT,
                                       .unit = UNIT_SHARE },
                out);
    chart_band(&chart, observed.points, observed.count, "canary");
    chart_line(&chart, weights.points, weights.count, "weight", true);
    chart_line(&chart, observed.points, observed.count, "canary", false);
    chart_end(&chart, history);
    buffer_add_string(out, "</figure>\n");
}

static void add_errors(const struct history *history, struct buffer *out)
{
    struct chart chart;
    CLEANUP(line_clear) struct line base = rate_line(history, RATE_BASE_ERRORS);
    CLEANUP(line_clear) struct line canary = rate_line(history, RATE_CANARY_ERRORS);
    double greatest = fmin(1, fmax(greatest_rate(&base), greatest_rate(&canary)));
    if (base.count + canary.count == 0)
        return;
    begin_figure(out, "Error rate");
    add_key(out, "base", history->base, "since the step began");
    add_key(out, "canary", history->canary, "with their 95 % intervals");
    buffer_add_string(out, "</figcaption>\n");
    chart_begin(&chart, history,
                &(struct chart_frame){ .label = "Error rates of both versions over time",
                                       .greatest = greatest,
                                       .height = HEIGHT,
                                       .unit = UNIT_SHARE },
                out);
    chart_band(&chart, base.points, base.count, "base");
    chart_band(&chart, canary.points, canary.count, "canary");
    chart_line(&chart, base.points, base.count, "base", false);
    chart_line(&chart, canary.points, canary.count, "canary", false);
    chart_end(&chart, history);
    buffer_add_string(out, "</figure>\n");
}

static void merge_group(const struct history *history, size_t from, size_t to, bool is_canary,
                        struct histogram *sum)
{
    for (size_t i = from; i < to; i++)
        histogram_merge(sum, is_canary ? &history->windows[i].canary.latency
                                       : &history->windows[i].base.latency);
}

/* A percentile of some windows at a time, within a step: single ones hold too few requests. */
static struct line latency_line(const struct history *history, bool is_canary, double share)
{
    struct line line = line_of(history->window_count);
    size_t to;
    bool begins = true;
    for (size_t from = 0; from < history->window_count; from = to) {
        size_t step = history->windows[from].step;
        for (to = from; to < history->window_count && to < from + LATENCY_GROUP; to++) {
            if (history->windows[to].step != step)
                break;
        }
        CLEANUP(histogram_clear) struct histogram sum = { 0 };
        merge_group(history, from, to, is_canary, &sum);
        double ms = (double)histogram_quantile_us(&sum, share) / US_PER_MS;
        if (sum.count)
            add_point(&line, history->windows[(from + to) / 2].time_ms, ms,
                      (struct interval){ ms, ms }, begins);
        begins = sum.count == 0;
    }
    return line;
}

static const struct latency_row {
    bool is_canary;
    double share;
    const char *style;
    const char *text;
} latency_rows[] = {
    { false, 0.5, "base", "median" },
    { false, 0.99, "base dotted", "p99" },
    { true, 0.5, "canary", "median" },
    { true, 0.99, "canary dotted", "p99" },
};

static void find_range(const struct line *line, double *least, double *greatest)
{
    for (size_t i = 0; i < line->count; i++) {
        *least = fmin(*least, line->points[i].value);
        *greatest = fmax(*greatest, line->points[i].value);
    }
}

static void draw_latency(const struct history *history, const struct line *lines, double least,
                         double greatest, struct buffer *out)
{
    struct chart chart;
    begin_figure(out, "Latency");
    for (size_t i = 0; i < COUNT_OF(latency_rows); i++)
        add_key(out, latency_rows[i].style,
                latency_rows[i].is_canary ? history->canary : history->base, latency_rows[i].text);
    buffer_add_string(out, "</figcaption>\n");
    chart_begin(&chart, history,
                &(struct chart_frame){ .label = "Latency of both versions over time",
                                       .least = least,
                                       .greatest = greatest,
                                       .height = HEIGHT,
                                       .unit = UNIT_MS },
                out);
    for (size_t i = 0; i < COUNT_OF(latency_rows); i++)
        chart_line(&chart, lines[i].points, lines[i].count, latency_rows[i].style, false);
    chart_end(&chart, history);
    buffer_add_string(out, "</figure>\n");
}

static void add_latency(const struct history *history, struct buffer *out)
{
    struct line lines[COUNT_OF(latency_rows)];
    double least = HUGE_VAL;
    double greatest = 0;
    for (size_t i = 0; i < COUNT_OF(latency_rows); i++) {
        lines[i] = latency_line(history, latency_rows[i].is_canary, latency_rows[i].share);
        find_range(&lines[i], &least, &greatest);
    }
    if (greatest > 0)
        draw_latency(history, lines, least, greatest, out);
    for (size_t i = 0; i < COUNT_OF(latency_rows); i++)
        line_clear(&lines[i]);
}

static struct line metric_line(const struct history *history, const char *name, bool is_baseline)
{
    struct line line = line_of(history->metric_count);
    for (size_t i = 0; i < history->metric_count; i++) {
        const struct metric_point *point = &history->metrics[i];
        if (point->is_baseline == is_baseline && strcmp(point->name, name) == 0)
            add_point(&line, point->time_ms, point->value,
                      (struct interval){ point->value, point->value }, false);
    }
    return line;
}

static void add_metric(const struct history *history, const char *name, struct buffer *out)
{
    struct chart chart;
    CLEANUP(line_clear) struct line canary = metric_line(history, name, false);
    CLEANUP(line_clear) struct line base = metric_line(history, name, true);
    double least = 0;
    double greatest = 0;
    find_range(&canary, &least, &greatest);
    find_range(&base, &least, &greatest);
    begin_figure(out, name);
    if (base.count)
        add_key(out, "base", history->base, "in CloudWatch");
    add_key(out, "canary", base.count ? history->canary : NULL, "in CloudWatch");
    buffer_add_string(out, "</figcaption>\n");
    chart_begin(&chart, history,
                &(struct chart_frame){ .label = name,
                                       .least = least,
                                       .greatest = greatest > least ? greatest : 1,
                                       .height = HEIGHT,
                                       .unit = UNIT_NUMBER },
                out);
    chart_line(&chart, base.points, base.count, "base", false);
    chart_line(&chart, canary.points, canary.count, "canary", false);
    chart_end(&chart, history);
    buffer_add_string(out, "</figure>\n");
}

static bool is_first_of_its_name(const struct history *history, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(history->metrics[i].name, history->metrics[index].name) == 0)
            return false;
    }
    return true;
}

static void add_metrics(const struct history *history, struct buffer *out)
{
    size_t drawn = 0;
    for (size_t i = 0; i < history->metric_count && drawn < METRICS_MAX; i++) {
        if (is_first_of_its_name(history, i)) {
            add_metric(history, history->metrics[i].name, out);
            drawn++;
        }
    }
}

static const char *style_of_state(const char *state)
{
    return strcmp(state, "OK") == 0 ? "good" : strcmp(state, "ALARM") == 0 ? "bad" : "unknown";
}

/* The names of the alarms, each once. */
static size_t list_alarms(const struct history *history, const char *names_out[ALARMS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < history->alarm_count && count < ALARMS_MAX; i++) {
        size_t at = 0;
        while (at < count && strcmp(names_out[at], history->alarms[i].name) != 0)
            at++;
        if (at == count)
            names_out[count++] = history->alarms[i].name;
    }
    return count;
}

static void add_alarm_row(const struct history *history, const struct chart *chart, size_t row,
                          const char *name)
{
    const struct alarm_history *before = NULL;
    for (size_t i = 0; i <= history->alarm_count; i++) {
        const struct alarm_history *alarm = i < history->alarm_count ? &history->alarms[i] : NULL;
        if (alarm && strcmp(alarm->name, name) != 0)
            continue;
        if (before) {
            CLEANUP(freep) char *text = xformat("%s: %s", name, before->state);
            chart_bar(chart, row, before->time_ms, alarm ? alarm->time_ms : history->end_ms,
                      style_of_state(before->state), text);
        }
        before = alarm;
    }
}

static void add_alarms(const struct history *history, struct buffer *out)
{
    const char *names[ALARMS_MAX];
    size_t count = list_alarms(history, names);
    struct chart chart;
    if (count == 0)
        return;
    begin_figure(out, "Alarms");
    add_key(out, "good", NULL, "OK");
    add_key(out, "bad", NULL, "ALARM");
    add_key(out, "unknown", NULL, "INSUFFICIENT_DATA");
    buffer_add_string(out, "</figcaption><ol class=\"rows\">");
    for (size_t i = 0; i < count; i++) {
        buffer_add_string(out, "<li>");
        markup_text(out, names[i]);
        buffer_add_string(out, "</li>");
    }
    buffer_add_string(out, "</ol>\n");
    chart_begin(&chart, history,
                &(struct chart_frame){ .label = "States of the alarms over time",
                                       .height = (int)count * CHART_ROW_HEIGHT,
                                       .unit = UNIT_NUMBER },
                out);
    for (size_t i = 0; i < count; i++)
        add_alarm_row(history, &chart, i, names[i]);
    chart_end(&chart, history);
    buffer_add_string(out, "</figure>\n");
}

void timelines_add(const struct history *history, struct buffer *out)
{
    add_split(history, out);
    add_errors(history, out);
    add_latency(history, out);
    add_metrics(history, out);
    add_alarms(history, out);
}
