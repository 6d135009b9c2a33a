#include "cli/picture.h"

#include <stdio.h>
#include <string.h>

#include "options.h"
#include "statistics/statistics.h"

enum { BAR_CELLS = 20, US_PER_MS = 1000 };

void picture_begin_step(struct picture *picture)
{
    version_evidence_clear(&picture->base);
    version_evidence_clear(&picture->canary);
    picture->check_count = 0;
}

void picture_set_row(struct picture_row rows[PICTURE_ROWS_MAX], size_t *count, const char *name,
                     const char *state, const char *sentence)
{
    size_t i = 0;
    while (i < *count && strcmp(rows[i].name, name) != 0)
        i++;
    if (i == PICTURE_ROWS_MAX)
        return;
    if (i == *count)
        (*count)++;
    snprintf(rows[i].name, sizeof(rows[i].name), "%s", name);
    snprintf(rows[i].state, sizeof(rows[i].state), "%s", state);
    snprintf(rows[i].sentence, sizeof(rows[i].sentence), "%s", sentence);
    text_mend_utf8(rows[i].sentence);
    text_tame(rows[i].sentence);
}

static const char *branch(const struct picture *picture, bool is_last)
{
    if (!picture->terminal.is_utf8)
        return is_last ? "`- " : "|- ";
    return is_last ? "\xe2\x94\x94\xe2\x94\x80 " : "\xe2\x94\x9c\xe2\x94\x80 ";
}

static void add_bar(const struct picture *picture, struct buffer *text)
{
    int filled = (int)(picture->weight * BAR_CELLS + 0.5);
    for (int i = 0; i < BAR_CELLS; i++) {
        if (picture->terminal.is_utf8)
            buffer_add_string(text, i < filled ? "\xe2\x96\x88" : "\xe2\x96\x91");
        else
            buffer_add_char(text, i < filled ? '#' : '.');
    }
}

static void add_weight(const struct picture *picture, struct buffer *text)
{
    uint64_t all = picture->base.requests + picture->canary.requests;
    buffer_add_format(text, "%sweight     ", branch(picture, false));
    add_bar(picture, text);
    buffer_add_format(text, " %.4g %%\n", 100 * picture->weight);
    if (all == 0)
        return;
    struct interval interval = clopper_pearson(picture->canary.requests, all, 0.95);
    buffer_add_format(text, "%ssplit      %.2f %% [%.2f, %.2f] of %llu requests\n",
                      branch(picture, false), 100 * (double)picture->canary.requests / (double)all,
                      100 * interval.low, 100 * interval.high, (unsigned long long)all);
}

/* On a row of their own: beside the rates they would not fit into 80 columns. */
static void add_latencies(const struct picture *picture, const struct histogram *latency,
                          struct buffer *text)
{
    buffer_add_format(text, "%s             p50 %.1f  p95 %.1f  p99 %.1f ms\n",
                      picture->terminal.is_utf8 ? "\xe2\x94\x82" : "|",
                      (double)histogram_quantile_us(latency, 0.5) / US_PER_MS,
                      (double)histogram_quantile_us(latency, 0.95) / US_PER_MS,
                      (double)histogram_quantile_us(latency, 0.99) / US_PER_MS);
}

static void add_version(const struct picture *picture, const struct version_evidence *version,
                        bool is_canary, struct buffer *text)
{
    struct interval errors = clopper_pearson(version->errors, version->requests, 0.95);
    double rate = share_of(version->errors, version->requests);
    buffer_add_format(text, "%s%sversion %-3s%s%8llu requests  errors %6.2f %% [%.2f, %.2f]\n",
                      branch(picture, false),
                      terminal_style(&picture->terminal, is_canary ? STYLE_BOLD : STYLE_NORMAL),
                      version->version, terminal_style(&picture->terminal, STYLE_NORMAL),
                      (unsigned long long)version->requests, 100 * rate, 100 * errors.low,
                      100 * errors.high);
    if (version->latency.count > 0)
        add_latencies(picture, &version->latency, text);
}

static enum terminal_style style_of(const char *state)
{
    if (strcmp(state, "pass") == 0 || strcmp(state, "OK") == 0)
        return STYLE_GOOD;
    if (strcmp(state, "fail") == 0 || strcmp(state, "ALARM") == 0)
        return STYLE_BAD;
    return strcmp(state, "inconclusive") == 0 ? STYLE_WARN : STYLE_DIM;
}

static void add_rows(const struct picture *picture, const char *what,
                     const struct picture_row *rows, size_t count, struct buffer *text)
{
    for (size_t i = 0; i < count; i++)
        buffer_add_format(text, "%s%-5s %s: %s%s%s  %s\n", branch(picture, false), what,
                          rows[i].name, terminal_style(&picture->terminal, style_of(rows[i].state)),
                          rows[i].state, terminal_style(&picture->terminal, STYLE_NORMAL),
                          rows[i].sentence);
}

static void add_time(const struct picture *picture, struct buffer *text)
{
    char time[DURATION_SIZE];
    int64_t left_ms = picture->ends_ms - picture->now_ms;
    const char *word = branch(picture, true);
    if (picture->ends_ms == 0)
        buffer_add_format(text, "%stime       until %s\n", word,
                          picture->is_hook ? "the hook has ended" : "somebody says how to go on");
    else
        buffer_add_format(text, "%stime       %s left\n", word,
                          duration_print(left_ms > 0 ? left_ms / 1000 * 1000 : 0, time));
}

void picture_draw(struct picture *picture)
{
    CLEANUP(buffer_clear) struct buffer text = { 0 };
    buffer_add_format(&text, "%s%s%s  %s\n", terminal_style(&picture->terminal, STYLE_BOLD),
                      picture->title, terminal_style(&picture->terminal, STYLE_NORMAL),
                      picture->step);
    add_weight(picture, &text);
    add_version(picture, &picture->base, false, &text);
    add_version(picture, &picture->canary, true, &text);
    add_rows(picture, "check", picture->checks, picture->check_count, &text);
    add_rows(picture, "alarm", picture->alarms, picture->alarm_count, &text);
    add_time(picture, &text);
    terminal_draw(&picture->terminal, buffer_text(&text));
}

void picture_leave(struct picture *picture)
{
    terminal_leave(&picture->terminal);
    version_evidence_clear(&picture->base);
    version_evidence_clear(&picture->canary);
}
