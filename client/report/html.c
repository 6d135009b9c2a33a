/*
 * The report as a page: no script, nothing from elsewhere, light or dark as its reader likes.
 */
#include <string.h>

#include "report/markup.h"
#include "report/report.h"
#include "report/timelines.h"
#include "version.h"

static const char style[] =
    ":root{color-scheme:light dark;--bg:#fff;--fg:#1b2230;--soft:#5a6475;--line:#dfe3ea;"
    "--card:#f6f7f9;--base:#3f6db0;--canary:#d0690b;--good:#1b7f4d;--bad:#c22f2a;--warn:#8f6400}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#14181f;--fg:#e6e9ee;--soft:#9aa4b4;"
    "--line:#2c343f;--card:#1b2129;--base:#7fa9e8;--canary:#f2a24c;--good:#5cc48d;--bad:#f0817b;"
    "--warn:#dcb54a}}\n"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:1040px;padding:28px 24px 60px;"
    "background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,'Segoe UI',"
    "Roboto,'DejaVu Sans',sans-serif}\n"
    "h1{font-size:26px;line-height:1.25;margin:10px 0 6px;overflow-wrap:anywhere}"
    "h1 small{font-weight:400;color:var(--soft);font-size:18px;white-space:nowrap}"
    "h2{font-size:18px;margin:36px 0 10px}\n"
    ".pill{display:inline-block;border-radius:4px;padding:1px 8px;font-size:13px;font-weight:600;"
    "white-space:nowrap;border:1px solid currentColor;color:var(--soft)}"
    ".pill.big{font-size:15px;padding:3px 12px;text-transform:capitalize}"
    ".good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}\n"
    ".reason{font-size:17px;margin:6px 0 18px;overflow-wrap:anywhere}\n"
    "dl.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(230px,1fr));"
    "background:var(--card);border:1px solid var(--line);border-radius:6px;padding:6px;"
    "margin:0}dl.facts div{padding:5px 10px}"
    "dl.facts dt{color:var(--soft);font-size:12.5px}dl.facts dd{margin:0;overflow-wrap:anywhere}\n"
    "figure{margin:0 0 22px}figcaption{display:flex;flex-wrap:wrap;gap:4px 18px;"
    "align-items:baseline;font-size:13.5px;color:var(--soft)}figcaption b{color:var(--fg);"
    "font-size:15px}.key{white-space:nowrap}.key i{display:inline-block;width:18px;height:0;"
    "border-top:3px solid;margin-right:6px;vertical-align:middle}.key .base{color:var(--base)}"
    ".key .canary{color:var(--canary)}.key .weight{color:var(--fg);border-top:2px dashed}"
    ".key .dotted{border-top-style:dotted}.key .unknown{color:var(--soft)}\n"
    "figure{overflow-x:auto}svg{display:block;width:100%;min-width:620px;height:auto}svg "
    "text{font:11.5px system-ui,'DejaVu Sans',"
    "sans-serif;fill:var(--soft);text-anchor:middle}svg text.end{text-anchor:end}"
    "svg text.number{fill:var(--fg);font-weight:600}.grid{stroke:var(--line)}"
    ".axis{stroke:var(--soft)}.line{fill:none;stroke-width:2;stroke-linejoin:round;"
    "stroke-linecap:round}.line.base{stroke:var(--base)}.line.canary{stroke:var(--canary)}"
    ".line.weight{stroke:var(--fg);stroke-width:1.5;stroke-dasharray:6 4}"
    ".line.dotted{stroke-width:1.5;stroke-dasharray:1.5 4}.band{stroke:none;opacity:.16}"
    ".band.base{fill:var(--base)}.band.canary{fill:var(--canary)}"
    ".mark{stroke:var(--soft);stroke-dasharray:2 3}.mark.bad{stroke:var(--bad);"
    "stroke-dasharray:none}.bar.good{fill:var(--good)}.bar.bad{fill:var(--bad)}"
    ".bar.unknown{fill:var(--line)}\n"
    "ol.rows{margin:6px 0 0;padding-left:22px;font-size:13.5px}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px}"
    "th{text-align:left;font-weight:600;color:var(--soft);font-size:12.5px}"
    "th,td{padding:6px 10px;border-bottom:1px solid var(--line);vertical-align:top}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "tr.group td{background:var(--card);font-weight:600}td.say{overflow-wrap:anywhere}"
    ".numbers{color:var(--soft);font-size:12.5px;margin-top:3px}.numbers span{"
    "white-space:nowrap;margin-right:12px}.numbers b{font-weight:500;color:var(--fg)}"
    "td pre{margin:4px 0 0;white-space:pre-wrap;font-size:12.5px}\n"
    "footer{margin-top:40px;color:var(--soft);font-size:12.5px}\n"
    "@media print{body{max-width:none;padding:0}figure,tr{break-inside:avoid}}\n";

/* Known words of verdicts and outcomes, and what they look like. */
static const char *style_of(const char *word)
{
    static const struct {
        const char *word;
        const char *style;
    } rows[] = {
        { "pass", "good" },         { "promoted", "good" }, { "created", "good" },
        { "fail", "bad" },          { "failed", "bad" },    { "rolled back", "bad" },
        { "inconclusive", "warn" }, { "stuck", "bad" },
    };
    for (size_t i = 0; word && i < COUNT_OF(rows); i++) {
        if (strcmp(word, rows[i].word) == 0)
            return rows[i].style;
    }
    return "";
}

static void add_pill(struct buffer *out, const char *word, const char *more)
{
    buffer_add_format(out, "<span class=\"pill %s%s\">", more, style_of(word));
    markup_text(out, word);
    buffer_add_string(out, "</span>");
}

static void add_fact(struct buffer *out, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    buffer_add_format(out, "<div><dt>%s</dt><dd>", name);
    markup_text(out, value);
    buffer_add_string(out, "</dd></div>\n");
}

static void add_times(const struct history *history, struct buffer *out)
{
    struct buffer time = { 0 };
    markup_time(&time, history->begin_ms);
    add_fact(out, "Began", time.data);
    buffer_clear(&time);
    markup_duration(&time, history->end_ms - history->begin_ms);
    if (history->is_fast)
        buffer_add_string(&time, " of Coalmine's clock, which was turned instead of waited for");
    add_fact(out, history->outcome ? "Took" : "Has taken so far", time.data);
    buffer_clear(&time);
}

static void add_totals(const struct history *history, struct buffer *out)
{
    struct version_evidence base = { 0 };
    struct version_evidence canary = { 0 };
    struct buffer text = { 0 };
    for (size_t i = 0; i < history->step_count; i++) {
        version_evidence_merge(&base, &history->steps[i].base);
        version_evidence_merge(&canary, &history->steps[i].canary);
    }
    buffer_add_format(&text, "%llu, %llu of them to the new version",
                      (unsigned long long)(base.requests + canary.requests),
                      (unsigned long long)canary.requests);
    add_fact(out, "Requests", text.data);
    buffer_clear(&text);
    markup_share(&text, canary.errors, canary.requests);
    add_fact(out, "Errors of the new version", text.data);
    buffer_clear(&text);
    markup_share(&text, base.errors, base.requests);
    add_fact(out, "Errors of the old version", text.data);
    buffer_clear(&text);
    version_evidence_clear(&base);
    version_evidence_clear(&canary);
}

static void add_title(const struct history *history, struct buffer *out)
{
    markup_text(out, history->function);
    buffer_add_char(out, ':');
    markup_text(out, history->alias);
}

static void add_head(const struct history *history, struct buffer *out)
{
    const char *outcome = history->outcome ? history->outcome : "not over";
    buffer_add_string(out, "<header>\n");
    add_pill(out, outcome, "big ");
    buffer_add_string(out, "\n<h1>");
    add_title(history, out);
    buffer_add_string(out, " <small>version ");
    markup_text(out, history->base ? history->base : "-");
    buffer_add_string(out, " \xe2\x86\x92 ");
    markup_text(out, history->canary ? history->canary : "-");
    buffer_add_string(out, "</small></h1>\n");
    if (history->reason && *history->reason) {
        buffer_add_string(out, "<p class=\"reason\">");
        markup_text(out, history->reason);
        buffer_add_format(out, "%s</p>\n", full_stop(history->reason));
    }
    buffer_add_string(out, "<dl class=\"facts\">\n");
    add_fact(out, "Deployment", history->id);
    add_times(history, out);
    add_fact(out, "Account", history->account);
    add_fact(out, "Region", history->region);
    add_fact(out, "Endpoint", history->endpoint);
    add_totals(history, out);
    buffer_add_string(out, "</dl>\n</header>\n");
}

static void add_ms(struct buffer *out, const struct version_evidence *seen, double share)
{
    if (seen->latency.count)
        buffer_add_format(out, "<td class=\"n\">%.1f</td>",
                          (double)histogram_quantile_us(&seen->latency, share) / 1000);
    else
        buffer_add_string(out, "<td class=\"n\">-</td>");
}

static void add_version_row(const char *version, const struct version_evidence *seen, uint64_t all,
                            struct buffer *out)
{
    buffer_add_string(out, "<tr><td>version ");
    markup_text(out, version ? version : "-");
    buffer_add_format(out, "</td><td class=\"n\">%llu</td><td class=\"n\">",
                      (unsigned long long)seen->requests);
    markup_share(out, seen->requests, all);
    buffer_add_format(out, "</td><td class=\"n\">%llu</td><td class=\"n\">",
                      (unsigned long long)seen->errors);
    markup_share(out, seen->errors, seen->requests);
    buffer_add_string(out, "</td>");
    add_ms(out, seen, 0.5);
    add_ms(out, seen, 0.9);
    add_ms(out, seen, 0.99);
    add_ms(out, seen, 1);
    buffer_add_string(out, "</tr>\n");
}

static void add_step_title(const struct step_history *step, int columns, struct buffer *out)
{
    struct buffer title = { 0 };
    markup_step(&title, step);
    buffer_add_string(&title, " for ");
    markup_duration(&title, step->end_ms - step->begin_ms);
    if (step->throttled + step->failed)
        buffer_add_format(&title, " (%llu throttled, %llu without a good answer)",
                          (unsigned long long)step->throttled, (unsigned long long)step->failed);
    title.data[0] = 'S';
    buffer_add_format(out, "<tr class=\"group\"><td colspan=\"%d\">", columns);
    markup_text(out, title.data);
    buffer_add_string(out, "</td></tr>\n");
    buffer_clear(&title);
}

static void add_steps(const struct history *history, struct buffer *out)
{
    if (history->step_count == 0)
        return;
    buffer_add_string(out, "<h2>Steps</h2>\n<div class=\"wide\"><table><thead><tr><th></th>"
                           "<th class=\"n\">Requests</th><th class=\"n\">Share [95 %]</th>"
                           "<th class=\"n\">Errors</th><th class=\"n\">Error rate [95 %]</th>"
                           "<th class=\"n\">p50 ms</th><th class=\"n\">p90 ms</th>"
                           "<th class=\"n\">p99 ms</th><th class=\"n\">Max ms</th></tr></thead>"
                           "<tbody>\n");
    for (size_t i = 0; i < history->step_count; i++) {
        const struct step_history *step = &history->steps[i];
        uint64_t all = step->base.requests + step->canary.requests;
        add_step_title(step, 9, out);
        if (all == 0)
            continue;
        add_version_row(history->base, &step->base, all, out);
        add_version_row(history->canary, &step->canary, all, out);
    }
    buffer_add_string(out, "</tbody></table></div>\n");
}

static void add_numbers(struct buffer *out, const cJSON *numbers)
{
    const cJSON *number;
    buffer_add_string(out, "<div class=\"numbers\">");
    cJSON_ArrayForEach(number, numbers)
    {
        if (!cJSON_IsNumber(number))
            continue;
        buffer_add_string(out, "<span>");
        markup_text(out, number->string);
        buffer_add_format(out, " <b>%.4g</b></span> ", number->valuedouble);
    }
    buffer_add_string(out, "</div>");
}

static void add_verdict(const struct verdict_history *verdict, struct buffer *out)
{
    buffer_add_string(out, "<tr><td>");
    markup_text(out, verdict->name);
    buffer_add_string(out, "</td><td>");
    add_pill(out, verdict->verdict, "");
    buffer_add_string(out, verdict->is_dry_run ? "<br>dry run" : "");
    buffer_add_string(out, "</td><td class=\"say\">");
    markup_text(out, verdict->sentence);
    add_numbers(out, verdict->numbers);
    buffer_add_string(out, "</td></tr>\n");
}

static void add_verdicts(const struct history *history, struct buffer *out)
{
    size_t step = SIZE_MAX;
    if (history->verdict_count == 0)
        return;
    buffer_add_string(out, "<h2>Verdicts</h2>\n<div class=\"wide\"><table><thead><tr>"
                           "<th>Check</th><th>Verdict</th><th>Why</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < history->verdict_count; i++) {
        const struct verdict_history *verdict = &history->verdicts[i];
        if (verdict->step != step)
            add_step_title(&history->steps[verdict->step], 3, out);
        step = verdict->step;
        add_verdict(verdict, out);
    }
    buffer_add_string(out, "</tbody></table></div>\n");
}

static void add_event(const struct history *history, const struct event_history *event,
                      struct buffer *out)
{
    const char *line_end = strchr(event->text, '\n');
    buffer_add_string(out, "<tr><td class=\"n\">");
    if (event->is_marked)
        buffer_add_format(out, "<b>%d</b>", event->number);
    buffer_add_string(out, "</td><td class=\"n\">+");
    markup_duration(out, event->time_ms - history->begin_ms);
    buffer_add_format(out, "</td><td class=\"%s\">", event->is_bad ? "bad" : "");
    markup_text(out, event->type);
    if (event->action) {
        buffer_add_char(out, ' ');
        markup_text(out, event->action);
    }
    buffer_add_string(out, line_end ? "</td><td class=\"say\"><pre>" : "</td><td class=\"say\">");
    markup_text(out, event->text);
    buffer_add_string(out, line_end ? "</pre></td></tr>\n" : "</td></tr>\n");
}

static void add_events(const struct history *history, struct buffer *out)
{
    buffer_add_string(out, "<h2>Events</h2>\n<div class=\"wide\"><table><thead><tr>"
                           "<th class=\"n\">Mark</th><th class=\"n\">Time</th><th>Event</th>"
                           "<th>What</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < history->event_count; i++)
        add_event(history, &history->events[i], out);
    buffer_add_string(out, "</tbody></table></div>\n");
}

/* A first deployment has none. */
static void add_timelines(const struct history *history, struct buffer *out)
{
    CLEANUP(buffer_clear) struct buffer timelines = { 0 };
    timelines_add(history, &timelines);
    if (timelines.size)
        buffer_add_format(out, "<h2>Timelines</h2>\n%s", timelines.data);
}

void report_html(const struct history *history, struct buffer *out)
{
    buffer_add_string(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    add_title(history, out);
    buffer_add_string(out, ": ");
    markup_text(out, history->outcome ? history->outcome : "not over");
    buffer_add_format(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n", style);
    add_head(history, out);
    add_timelines(history, out);
    add_steps(history, out);
    add_verdicts(history, out);
    add_events(history, out);
    buffer_add_format(out,
                      "<footer>canary %s. Numbers in brackets are exact 95 %% intervals; "
                      "marks are numbered as in the list of events.</footer>\n</body>\n"
                      "</html>\n",
                      COALMINE_VERSION);
}
