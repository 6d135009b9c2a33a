#include "cli/render.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/split.h"
#include "plan/plan.h"
#include "statistics/statistics.h"
#include "xalloc.h"

enum { LEFT_SIZE = 32 };

static double percent(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

/* A sentence; above the picture if there is one. */
static void tell(struct view *view, const char *format, ...) PRINTF_LIKE(2, 3);

static void tell(struct view *view, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    CLEANUP(freep) char *sentence = xvformat(format, arguments);
    va_end(arguments);
    if (view->has_picture)
        terminal_say(&view->picture.terminal, "%s", sentence);
    else
        say("%s", sentence);
}

void view_begin(struct view *view)
{
    if (output_is_json())
        return;
    terminal_init(&view->picture.terminal, stdout);
    view->has_picture = view->picture.terminal.is_terminal;
    if (!view->has_picture)
        terminal_leave(&view->picture.terminal);
}

void view_end(struct view *view)
{
    if (view->has_picture)
        picture_leave(&view->picture);
    view->has_picture = false;
}

static void on_plan(struct view *view, const cJSON *line)
{
    const cJSON *traffic = json_get(json_get(line, "plan"), "traffic");
    const char *rate = json_text(json_get(traffic, "generate"), "rate", "10/s");
    view->is_rolling_back = false; /* that was the one before */
    snprintf(view->base, sizeof(view->base), "%s", json_text(line, "baseVersion", ""));
    snprintf(view->canary, sizeof(view->canary), "%s", json_text(line, "newVersion", ""));
    snprintf(view->function, sizeof(view->function), "%s", json_text(line, "function", ""));
    snprintf(view->alias, sizeof(view->alias), "%s", json_text(line, "alias", ""));
    snprintf(view->picture.title, sizeof(view->picture.title), "%s:%s", view->function,
             view->alias);
    view->rate = json_double(json_get(traffic, "generate"), "rate", 0);
    if (!json_get(traffic, "live") && view->rate <= 0 && !option_parse_rate(rate, &view->rate))
        view->rate = 0;
}

static void on_notice(struct view *view, const cJSON *line)
{
    tell(view, "%s", json_text(line, "text", ""));
}

static void on_alias(struct view *view, const cJSON *line)
{
    const char *routed = json_text(line, "routedVersion", NULL);
    const char *version = json_text(line, "version", "");
    view->weight = json_double(line, "weight", 0);
    if (routed)
        tell(
            view,
            "Shifted %.6g %% of the traffic to version %s (UpdateAlias, AdditionalVersionWeights).",
            100 * view->weight, routed);
    else if (strcmp(version, view->base) == 0)
        tell(view, "All traffic goes to version %s, as before (UpdateAlias, no weights).", version);
    else
        tell(view,
             "Promoted: alias %s sends all traffic to version %s; it was %s (UpdateAlias, no "
             "weights).",
             view->alias, version, view->base);
}

static void set_picture(struct view *view, const char *name, int64_t now_ms)
{
    struct picture *picture = &view->picture;
    snprintf(picture->base.version, sizeof(picture->base.version), "%s", view->base);
    snprintf(picture->canary.version, sizeof(picture->canary.version), "%s", view->canary);
    snprintf(picture->step, sizeof(picture->step), "step %d: %s", view->step + 1, name);
    picture->weight = view->weight;
    picture->now_ms = now_ms;
    picture->ends_ms = view->step_ends_ms;
    if (view->has_picture)
        picture_draw(picture);
}

static void on_step(struct view *view, const cJSON *line)
{
    char time[DURATION_SIZE];
    int64_t step_ms = json_int(line, "durationMs", 0);
    view->step = (int)json_int(line, "index", 0);
    view->step_ends_ms = step_ms > 0 ? json_int(line, "t", 0) + step_ms : 0;
    view->base_requests = view->base_errors = 0;
    view->canary_requests = view->canary_errors = 0;
    picture_begin_step(&view->picture);
    view->picture.is_hook = strcmp(json_text(line, "kind", ""), "hook") == 0;
    set_picture(view, json_text(line, "name", json_text(line, "kind", "")), json_int(line, "t", 0));
    if (step_ms <= 0)
        return;
    duration_print(step_ms, time);
    if (view->rate > 0)
        tell(view, "Sending %.4g requests a second through the alias for %s.", view->rate, time);
    else
        tell(view, "Watching the alias's live traffic for %s.", time);
}

static void show_progress(const struct view *view, int64_t now_ms)
{
    int64_t left_ms = view->step_ends_ms - now_ms;
    uint64_t all = view->base_requests + view->canary_requests;
    struct interval split = clopper_pearson(view->canary_requests, all, 0.95);
    struct interval errors = clopper_pearson(view->canary_errors, view->canary_requests, 0.95);
    char left[LEFT_SIZE] = "";
    if (view->step_ends_ms > 0)
        snprintf(left, sizeof(left), "%llds left  ", (long long)(left_ms > 0 ? left_ms / 1000 : 0));
    progress("step %d  %sv%s %llu  v%s %llu  split %.1f %% [%.1f, %.1f]  errors %.2f %% "
             "(v%s), %.2f %% [%.2f, %.2f] (v%s)",
             view->step + 1, left, view->base, (unsigned long long)view->base_requests,
             view->canary, (unsigned long long)view->canary_requests,
             percent((double)view->canary_requests, (double)all), 100 * split.low, 100 * split.high,
             percent((double)view->base_errors, (double)view->base_requests), view->base,
             percent((double)view->canary_errors, (double)view->canary_requests), 100 * errors.low,
             100 * errors.high, view->canary);
}

static void on_sample(struct view *view, const cJSON *line)
{
    const cJSON *versions = json_get(line, "versions");
    const cJSON *base = json_get(versions, view->base);
    const cJSON *canary = json_get(versions, view->canary);
    view->base_requests += (uint64_t)json_int(base, "requests", 0);
    view->base_errors += (uint64_t)json_int(base, "errors", 0);
    view->canary_requests += (uint64_t)json_int(canary, "requests", 0);
    view->canary_errors += (uint64_t)json_int(canary, "errors", 0);
    bool is_empty = view->base_requests + view->canary_requests == 0;
    if (is_empty && !view->has_picture)
        return; /* what others sent, while nothing is sent here */
    if (!view->has_picture) {
        show_progress(view, json_int(line, "t", 0));
        return;
    }
    view->picture.now_ms = json_int(line, "t", 0);
    /* A version that the line lacks, or has damaged, adds nothing. */
    bool has_base = version_evidence_add_json(&view->picture.base, base);
    bool has_canary = version_evidence_add_json(&view->picture.canary, canary);
    if (has_base || has_canary)
        picture_draw(&view->picture);
}

static void on_alarm(struct view *view, const cJSON *line)
{
    const char *reason = json_text(line, "reason", "");
    picture_set_row(view->picture.alarms, &view->picture.alarm_count, json_text(line, "name", ""),
                    json_text(line, "state", ""), reason);
    tell(view, "Alarm %s: %s%s%s%s", json_text(line, "name", ""), json_text(line, "state", ""),
         *reason ? ", " : "", reason, full_stop(reason));
}

static void on_verdict(struct view *view, const cJSON *line)
{
    const char *verdict = json_text(line, "verdict", "");
    bool is_final = json_bool(line, "isFinal", false);
    picture_set_row(view->picture.checks, &view->picture.check_count, json_text(line, "name", ""),
                    verdict, json_text(line, "sentence", ""));
    if (is_final || strcmp(verdict, "fail") == 0)
        tell(view, "  %s %s%s: %s", json_text(line, "name", ""), verdict,
             json_bool(line, "isDryRun", false) ? " (dry run)" : "",
             json_text(line, "sentence", ""));
}

/* A step that goes on, or is gone on with by another process, says which it is and when it ends. */
static void take_step(struct view *view, const cJSON *line)
{
    if (!json_get(line, "step"))
        return;
    view->step = (int)json_int(line, "step", 0);
    view->weight = json_double(line, "weight", view->weight);
    view->step_ends_ms = json_int(line, "endsAt", 0);
    view->picture.is_hook = false;
    set_picture(view, json_text(line, "stepName", ""), json_int(line, "t", 0));
}

static void on_decision(struct view *view, const cJSON *line)
{
    const char *action = json_text(line, "action", "");
    const char *reason = json_text(line, "reason", "");
    if (strcmp(action, "rollback") == 0) {
        view->is_rolling_back = true;
        tell(view, "Rolling back: %s%s", reason, full_stop(reason));
    } else if (strcmp(action, "promote") == 0 && *reason) {
        tell(view, "Promoting: %s%s", reason, full_stop(reason));
    } else if (strcmp(action, "extend") == 0) {
        tell(view, "No answer yet, so the step goes on: %s%s", reason, full_stop(reason));
        take_step(view, line);
    }
}

/* What it said stands below it, each line of it apart from canary's own. */
static void on_hook(struct view *view, const cJSON *line)
{
    CLEANUP(buffer_clear) struct buffer said = { 0 };
    struct text output = text_from(json_text(line, "output", ""));
    while (output.size) {
        struct text part = text_cut(&output, '\n');
        buffer_add_format(&said, "\n  %.*s", TEXT_ARGS(part));
    }
    tell(view, "Hook %s (%s): %s, %.1f s%s%s", json_text(line, "name", ""),
         json_text(line, "kind", ""), json_text(line, "outcome", ""),
         json_double(line, "durationMs", 0) / 1000,
         json_bool(line, "isRetried", false) ? "; it is tried again" : "", buffer_text(&said).data);
}

static void on_notify(struct view *view, const cJSON *line)
{
    if (strcmp(json_text(line, "outcome", ""), "failed") == 0)
        tell(view, "Notification %s failed: %s", json_text(line, "name", ""),
             json_text(line, "output", ""));
}

static void on_control(struct view *view, const cJSON *line)
{
    const char *refusal = json_text(line, "refusal", NULL);
    tell(view, "%s says %s%s%s.", json_text(line, "by", "Somebody"), json_text(line, "verb", ""),
         refusal ? ", which does not apply: " : "", refusal ? refusal : "");
}

static void on_pause(struct view *view, const cJSON *line)
{
    const char *hold = json_text(line, "hold", "");
    const char *reason = json_text(line, "reason", "");
    tell(view, "Paused: %s%s From another terminal: canary %s.", reason, full_stop(reason),
         strcmp(hold, "approval") == 0 ? "approve or abort"
         : strcmp(hold, "pause") == 0  ? "resume, promote or abort"
                                       : "approve, resume, promote or abort");
}

static void on_resume(struct view *view, const cJSON *line)
{
    take_step(view, line);
    tell(view, "It goes on.");
}

static void on_end(struct view *view, const cJSON *line)
{
    const char *reason = json_text(line, "reason", "");
    view->is_over = true;
    snprintf(view->end, sizeof(view->end), "%s%s%s", json_text(line, "outcome", ""),
             *reason ? ", " : "", reason);
    view->exit_status = (int)json_int(line, "exitCode", EXIT_FAILED);
}

void view_line(struct view *view, const cJSON *line)
{
    static const struct {
        const char *type;
        void (*tell)(struct view *view, const cJSON *line);
    } tellers[] = {
        { "plan", on_plan },       { "notice", on_notice },     { "alias", on_alias },
        { "step", on_step },       { "sample", on_sample },     { "alarm", on_alarm },
        { "verdict", on_verdict }, { "decision", on_decision }, { "hook", on_hook },
        { "notify", on_notify },   { "control", on_control },   { "pause", on_pause },
        { "resume", on_resume },   { "end", on_end },
    };
    for (size_t i = 0; i < COUNT_OF(tellers); i++) {
        if (strcmp(json_text(line, "type", ""), tellers[i].type) == 0)
            tellers[i].tell(view, line);
    }
}

static void on_event(const char *type, const char *json, void *owner)
{
    CLEANUP(json_deletep) cJSON *line = json_parse(text_from(json));
    (void)type;
    view_line(owner, line);
}

static bool should_stop(void *owner)
{
    (void)owner;
    return is_interrupted();
}

struct canary_observer view_observer(struct view *view)
{
    return (struct canary_observer){ view, on_event, should_stop };
}

static void report_versions(const cJSON *traffic)
{
    const cJSON *item;
    double all = json_double(traffic, "answered", 0);
    if (all > 0)
        say("  %-8s %9s %9s %7s %10s %12s %12s", "version", "requests", "share", "errors",
            "error rate", "p50", "p95");
    cJSON_ArrayForEach(item, json_get(traffic, "versions"))
    {
        double requests = json_double(item, "requests", 0);
        double errors = json_double(item, "errors", 0);
        say("  %-8s %9.0f %7.1f %% %7.0f %8.1f %% %9.1f ms %9.1f ms",
            json_text(item, "version", ""), requests, percent(requests, all), errors,
            percent(errors, requests), json_double(item, "p50Ms", 0),
            json_double(item, "p95Ms", 0));
    }
    if (json_double(traffic, "throttled", 0) > 0)
        say("  %.0f requests were throttled (429); they count for no version.",
            json_double(traffic, "throttled", 0));
    if (json_double(traffic, "failed", 0) > 0)
        say("  %.0f requests got no good answer; the last one: %s",
            json_double(traffic, "failed", 0), json_text(traffic, "lastFailure", ""));
}

/* Adds the numbers of the split, for programs. */
static void report_split(const char *version, cJSON *json)
{
    uint64_t hits = (uint64_t)json_double(json, "newRequests", 0);
    uint64_t all = hits + (uint64_t)json_double(json, "baseRequests", 0);
    struct split split = split_of(hits, all, json_double(json, "configured", 0));
    json_set_double(json, "observed", share_of(hits, all));
    json_set_double(json, "low", split.interval.low);
    json_set_double(json, "high", split.interval.high);
    json_set_double(json, "pValue", split.chance);
    if (all > 0)
        say_split(&split, version);
}

/* The table of versions, the split, and what CloudWatch counted, from an outcome's report. */
static void say_report(const cJSON *report)
{
    cJSON *traffic = json_get(report, "traffic");
    const cJSON *count = json_get(report, "cloudWatch");
    const char *function = json_text(report, "function", "");
    const char *version = json_text(report, "version", "");
    if (traffic && json_double(traffic, "sent", 0) > 0) {
        report_versions(traffic);
        if (json_get(traffic, "split"))
            report_split(version, json_get(traffic, "split"));
    }
    if (count)
        say("CloudWatch counted for FunctionName=%s, Resource=%s:%s, ExecutedVersion=%s: "
            "Invocations %.0f, Errors %.0f (GetMetricData).",
            function, function, json_text(report, "alias", ""), version,
            json_double(count, "invocations", 0), json_double(count, "errors", 0));
}

/* The report's members become the document's. */
static void give_facts(cJSON *report)
{
    while (report->child) {
        cJSON *member = cJSON_DetachItemViaPointer(report, report->child);
        cJSON_AddItemToObject(facts(), member->string, member);
    }
}

static void set_verdict(cJSON *report, enum canary_verdict verdict)
{
    const char *word = verdict == CANARY_PROMOTED       ? "promote"
                       : verdict == CANARY_ROLLED_BACK  ? "roll back"
                       : verdict == CANARY_INCONCLUSIVE ? "inconclusive"
                                                        : NULL;
    json_set_text(report, "verdict", word);
}

static void say_capitalised(const char *reason, const char *end)
{
    if (*reason)
        say("%c%s%s%s", toupper((unsigned char)*reason), reason + 1, full_stop(reason), end);
}

static void say_left(const struct canary_outcome *outcome)
{
    say("Deployment %s stands still and was left. canary status shows it; canary resume, "
        "approve, promote or abort go on.",
        outcome->deployment);
}

static void say_end(const struct view *view, const struct canary_outcome *outcome)
{
    switch (outcome->verdict) {
    case CANARY_CREATED:
    case CANARY_UNCHANGED:
        say_capitalised(outcome->reason, " Done.");
        break;
    case CANARY_ROLLED_BACK:
    case CANARY_INCONCLUSIVE:
        if (!view->is_over)
            say_left(outcome); /* the plan wants a pause then */
        else if (!view->is_rolling_back)
            say("Rolling back: %s%s", outcome->reason, full_stop(outcome->reason));
        break;
    case CANARY_HELD:
        say_left(outcome);
        break;
    case CANARY_FAILED:
        complain("%s", outcome->reason);
        break;
    case CANARY_STUCK:
        complain("%s", outcome->reason);
        say("THE ROLLBACK FAILED: the alias may still send traffic to version %s. See canary "
            "status, then canary rollback.",
            outcome->version);
        break;
    case CANARY_PROMOTED:
        break;
    }
}

int view_outcome(const struct view *view, struct canary_outcome *takes)
{
    int status = takes->exit_status;
    CLEANUP(json_deletep) cJSON *report = json_parse(text_from(takes->report));
    say_report(report);
    say_end(view, takes);
    set_verdict(report, takes->verdict);
    give_facts(report);
    canary_outcome_clear(takes);
    return status;
}
