/*
 * The report for people, in lines.
 */
#include <string.h>

#include "report/markup.h"
#include "report/report.h"
#include "xalloc.h"

const struct report_form report_forms[] = {
    { "text", report_text }, { "json", report_json }, { "junit", report_junit },
    { "html", report_html }, { NULL, NULL },
};

static void add_head(const struct history *history, struct buffer *out)
{
    buffer_add_format(out, "Deployment %s of %s:%s, version %s", history->id ? history->id : "-",
                      history->function, history->alias, history->base ? history->base : "-");
    buffer_add_format(out, " -> %s\n", history->canary ? history->canary : "-");
    const char *reason = history->reason ? history->reason : "";
    buffer_add_format(out, "%s%s%s%s\n", history->outcome ? history->outcome : "not over",
                      *reason ? ": " : "", reason, full_stop(reason));
    markup_time(out, history->begin_ms);
    buffer_add_string(out, ", took ");
    markup_duration(out, history->end_ms - history->begin_ms);
    buffer_add_string(out, history->is_fast ? " of Coalmine's clock\n" : "\n");
}

/* In rows that fit into 80 columns. */
static void add_version(const char *version, const struct version_evidence *seen, uint64_t all,
                        struct buffer *out)
{
    CLEANUP(buffer_clear) struct buffer share = { 0 };
    CLEANUP(buffer_clear) struct buffer errors = { 0 };
    markup_share(&share, seen->requests, all);
    markup_share(&errors, seen->errors, seen->requests);
    buffer_add_format(out, "    version %-4s %8llu requests  %s\n", version ? version : "-",
                      (unsigned long long)seen->requests, buffer_text(&share).data);
    buffer_add_format(out, "%17s%8llu errors    %s\n", "", (unsigned long long)seen->errors,
                      buffer_text(&errors).data);
    if (seen->latency.count)
        buffer_add_format(out, "%36sp50 %.1f ms  p99 %.1f ms\n", "",
                          (double)histogram_quantile_us(&seen->latency, 0.5) / 1000,
                          (double)histogram_quantile_us(&seen->latency, 0.99) / 1000);
}

static void add_step(const struct history *history, size_t index, struct buffer *out)
{
    const struct step_history *step = &history->steps[index];
    uint64_t all = step->base.requests + step->canary.requests;
    buffer_add_string(out, "\n  ");
    markup_step(out, step);
    buffer_add_string(out, ", ");
    markup_duration(out, step->end_ms - step->begin_ms);
    buffer_add_char(out, '\n');
    if (all) {
        add_version(history->base, &step->base, all, out);
        add_version(history->canary, &step->canary, all, out);
    }
    if (step->throttled + step->failed)
        buffer_add_format(out, "    %llu throttled, %llu without a good answer\n",
                          (unsigned long long)step->throttled, (unsigned long long)step->failed);
    for (size_t i = 0; i < history->verdict_count; i++) {
        const struct verdict_history *verdict = &history->verdicts[i];
        if (verdict->step == index)
            buffer_add_format(out, "    %s: %s%s: %s\n", verdict->name, verdict->verdict,
                              verdict->is_dry_run ? " (dry run)" : "", verdict->sentence);
    }
}

/* A hook may have said several: they stand below the first. */
static void add_lines(struct text text, struct buffer *out)
{
    struct text line = text_cut(&text, '\n');
    buffer_add_format(out, "%.*s\n", TEXT_ARGS(line));
    while (text.size) {
        line = text_cut(&text, '\n');
        buffer_add_format(out, "    %.*s\n", TEXT_ARGS(line));
    }
}

static void add_events(const struct history *history, struct buffer *out)
{
    enum { SHORT = 40 };
    const char *told = "";
    buffer_add_char(out, '\n');
    for (size_t i = 0; i < history->event_count; i++) {
        const struct event_history *event = &history->events[i];
        buffer_add_string(out, "  +");
        markup_duration(out, event->time_ms - history->begin_ms);
        buffer_add_format(out, "  %s", event->type);
        if (event->action)
            buffer_add_format(out, " %s", event->action);
        /* A decision and the end that follows from it have one long reason in common. */
        bool is_long = strlen(event->text) > SHORT;
        bool is_same = is_long && strcmp(event->text, told) == 0;
        buffer_add_string(out, *event->text ? ": " : "");
        add_lines(text_from(is_same ? "the same" : event->text), out);
        if (is_long)
            told = event->text;
    }
}

void report_text(const struct history *history, struct buffer *out)
{
    add_head(history, out);
    for (size_t i = 0; i < history->step_count; i++)
        add_step(history, i, out);
    add_events(history, out);
}
