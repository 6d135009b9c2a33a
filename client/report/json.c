/*
 * The report for programs.
 */
#include <string.h>

#include "report/escape.h"
#include "report/facts.h"
#include "report/report.h"
#include "xalloc.h"

static void set_version(cJSON *versions, const char *version, const struct version_evidence *seen,
                        uint64_t all)
{
    if (!version)
        return;
    cJSON *item = json_set_object(versions, version);
    json_set_double(item, "requests", (double)seen->requests);
    json_set_double(item, "errors", (double)seen->errors);
    json_set_double(item, "throttles", (double)seen->throttles);
    json_set(item, "share", share_json(seen->requests, all));
    json_set(item, "errorRate", share_json(seen->errors, seen->requests));
    if (seen->latency.count)
        json_set(item, "latencyMs", latency_json(&seen->latency));
}

static cJSON *verdict_json(const struct verdict_history *verdict)
{
    cJSON *item = cJSON_CreateObject();
    json_set_text(item, "check", verdict->name);
    json_set_text(item, "kind", verdict->kind);
    json_set_text(item, "verdict", verdict->verdict);
    json_set_bool(item, "isDryRun", verdict->is_dry_run);
    json_set_text(item, "sentence", verdict->sentence);
    if (verdict->numbers)
        json_set(item, "numbers", cJSON_Duplicate(verdict->numbers, true));
    return item;
}

static cJSON *step_json(const struct history *history, size_t index)
{
    const struct step_history *step = &history->steps[index];
    uint64_t all = step->base.requests + step->canary.requests;
    cJSON *item = cJSON_CreateObject();
    json_set_double(item, "index", step->index);
    json_set_text(item, "kind", step->kind);
    json_set_text(item, "name", step->name);
    json_set_double(item, "weight", step->weight);
    json_set_double(item, "startedAt", (double)step->begin_ms);
    json_set_double(item, "durationMs", (double)(step->end_ms - step->begin_ms));
    json_set_double(item, "throttled", (double)step->throttled);
    json_set_double(item, "failed", (double)step->failed);
    cJSON *versions = json_set_object(item, "versions");
    set_version(versions, history->base, &step->base, all);
    set_version(versions, history->canary, &step->canary, all);
    cJSON *verdicts = json_set_array(item, "verdicts");
    for (size_t i = 0; i < history->verdict_count; i++) {
        if (history->verdicts[i].step == index)
            cJSON_AddItemToArray(verdicts, verdict_json(&history->verdicts[i]));
    }
    return item;
}

static cJSON *event_json(const struct event_history *event)
{
    cJSON *item = cJSON_CreateObject();
    json_set_double(item, "t", (double)event->time_ms);
    json_set_text(item, "type", event->type);
    json_set_text(item, "action", event->action);
    json_set_text(item, "text", event->text);
    return item;
}

static void set_head(cJSON *report, const struct history *history)
{
    const struct {
        const char *name;
        const char *value;
    } texts[] = {
        { "id", history->id },           { "function", history->function },
        { "alias", history->alias },     { "baseVersion", history->base },
        { "account", history->account }, { "newVersion", history->canary },
        { "region", history->region },   { "endpoint", history->endpoint },
        { "outcome", history->outcome }, { "reason", history->reason },
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        json_set_text(report, texts[i].name, texts[i].value);
    json_set_bool(report, "isFast", history->is_fast);
    json_set_bool(report, "isOver", history->outcome != NULL);
    if (history->outcome)
        json_set_double(report, "exitCode", history->exit_code);
    json_set_double(report, "startedAt", (double)history->begin_ms);
    json_set_double(report, "durationMs", (double)(history->end_ms - history->begin_ms));
}

static void strip_escapes(cJSON *tree)
{
    if (tree->valuestring)
        escape_strip(tree->valuestring);
    for (cJSON *child = tree->child; child; child = child->next)
        strip_escapes(child);
}

void report_json(const struct history *history, struct buffer *out)
{
    CLEANUP(json_deletep) cJSON *report = cJSON_CreateObject();
    set_head(report, history);
    cJSON *steps = json_set_array(report, "steps");
    for (size_t i = 0; i < history->step_count; i++)
        cJSON_AddItemToArray(steps, step_json(history, i));
    cJSON *events = json_set_array(report, "events");
    for (size_t i = 0; i < history->event_count; i++)
        cJSON_AddItemToArray(events, event_json(&history->events[i]));
    strip_escapes(report);
    CLEANUP(freep) char *text = cJSON_Print(report);
    buffer_add_format(out, "%s\n", text ? text : "{}");
}
