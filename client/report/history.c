#include "report/history.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "xalloc.h"

enum { METRICS_BACK = 512 };

/* One more element, zeroed, at the end of a growing array; its address. */
#define GROW(list, count)                                                                          \
    ((list) = xrealloc((list), ((count) + 1) * sizeof(*(list))),                                   \
     memset(&(list)[count], 0, sizeof(*(list))), &(list)[(count)++])

static const char *text_of(const cJSON *line, const char *name)
{
    return json_text(line, name, NULL);
}

static int64_t time_of(const cJSON *line)
{
    return json_int(line, "t", 0);
}

static void on_plan(struct history *history, const cJSON *line)
{
    history->id = json_text(line, "id", history->id);
    history->function = json_text(line, "function", history->function);
    history->alias = json_text(line, "alias", history->alias);
    history->base = json_text(line, "baseVersion", history->base);
    history->canary = json_text(line, "newVersion", history->canary);
    history->account = json_text(line, "account", history->account);
    history->region = json_text(line, "region", history->region);
    history->endpoint = json_text(line, "endpoint", history->endpoint);
    history->is_fast = json_bool(line, "isFast", history->is_fast);
}

static struct step_history *present_step(const struct history *history)
{
    return history->step_count ? &history->steps[history->step_count - 1] : NULL;
}

static void on_step(struct history *history, const cJSON *line)
{
    struct step_history *before = present_step(history);
    if (before)
        before->end_ms = time_of(line);
    struct step_history *step = GROW(history->steps, history->step_count);
    step->index = (int)json_int(line, "index", 0);
    step->kind = json_text(line, "kind", "weight");
    step->name = text_of(line, "name");
    step->weight = json_double(line, "weight", 0);
    step->begin_ms = step->end_ms = time_of(line);
}

static uint64_t count_in(const cJSON *line, const char *name)
{
    int64_t count = json_int(line, name, 0);
    return count > 0 ? (uint64_t)count : 0;
}

/* Adds a sample's counts; counts of a damaged line are left out. */
static void add_versions(const struct history *history, const cJSON *line,
                         struct version_evidence *base, struct version_evidence *canary)
{
    const cJSON *versions = json_get(line, "versions");
    const cJSON *of_base = history->base ? json_get(versions, history->base) : NULL;
    const cJSON *of_canary = history->canary ? json_get(versions, history->canary) : NULL;
    bool is_whole = (!of_base || version_evidence_add_json(base, of_base)) &&
                    (!of_canary || version_evidence_add_json(canary, of_canary));
    (void)is_whole;
}

static void on_sample(struct history *history, const cJSON *line)
{
    struct step_history *step = present_step(history);
    if (!step)
        return;
    step->throttled += count_in(line, "throttled");
    step->failed += count_in(line, "failed");
    add_versions(history, line, &step->base, &step->canary);
}

static struct verdict_history *find_verdict(const struct history *history, size_t step, int check,
                                            const char *name)
{
    for (size_t i = history->verdict_count; i-- > 0 && history->verdicts[i].step == step;) {
        struct verdict_history *verdict = &history->verdicts[i];
        if (verdict->check == check && strcmp(verdict->name, name) == 0)
            return verdict;
    }
    return NULL;
}

static void on_verdict(struct history *history, const cJSON *line)
{
    if (!history->step_count)
        return;
    size_t step = history->step_count - 1;
    int check = (int)json_int(line, "check", 0);
    const char *name = json_text(line, "name", json_text(line, "kind", "check"));
    struct verdict_history *verdict = find_verdict(history, step, check, name);
    if (!verdict)
        verdict = GROW(history->verdicts, history->verdict_count);
    *verdict = (struct verdict_history){ .step = step,
                                         .time_ms = time_of(line),
                                         .check = check,
                                         .name = name,
                                         .kind = json_text(line, "kind", name),
                                         .verdict = json_text(line, "verdict", "continue"),
                                         .sentence = json_text(line, "sentence", ""),
                                         .numbers = json_get(line, "numbers"),
                                         .is_dry_run = json_bool(line, "isDryRun", false) };
}

static void on_alias(struct history *history, const cJSON *line)
{
    const char *routed = text_of(line, "routedVersion");
    const char *version = json_text(line, "version", "");
    const char *canary = history->canary ? history->canary : "";
    struct weight_history *weight = GROW(history->weights, history->weight_count);
    weight->time_ms = time_of(line);
    if (routed && strcmp(routed, canary) == 0)
        weight->weight = json_double(line, "weight", 0);
    else
        weight->weight = strcmp(version, canary) == 0 ? 1 : 0;
}

/* Only recent periods are corrected, so the search need not go far back. */
static struct metric_point *find_metric(const struct history *history, const char *name,
                                        bool is_baseline, int64_t time_ms)
{
    for (size_t i = history->metric_count, left = METRICS_BACK; i-- > 0 && left-- > 0;) {
        struct metric_point *point = &history->metrics[i];
        if (point->time_ms == time_ms && point->is_baseline == is_baseline &&
            strcmp(point->name, name) == 0)
            return point;
    }
    return NULL;
}

static void on_metric(struct history *history, const cJSON *line)
{
    const char *name = json_text(line, "name", "");
    bool is_baseline = strcmp(json_text(line, "side", "canary"), "baseline") == 0;
    int64_t time_ms = json_int(line, "time", time_of(line));
    struct metric_point *point = find_metric(history, name, is_baseline, time_ms);
    if (!point)
        point = GROW(history->metrics, history->metric_count);
    *point = (struct metric_point){ name, is_baseline, time_ms, json_double(line, "value", 0) };
}

static void on_alarm(struct history *history, const cJSON *line)
{
    struct alarm_history *alarm = GROW(history->alarms, history->alarm_count);
    *alarm = (struct alarm_history){ json_text(line, "name", ""), json_text(line, "state", ""),
                                     time_of(line) };
}

static void on_end(struct history *history, const cJSON *line)
{
    history->outcome = json_text(line, "outcome", "failed");
    history->reason = text_of(line, "reason");
    history->exit_code = (int)json_int(line, "exitCode", 0);
}

static void nothing(struct history *history, const cJSON *line)
{
    (void)history;
    (void)line;
}

/* What an event says, from the members that its type has; each may be missing. */
static char *event_text(const cJSON *line)
{
    static const char *const members[] = { "name", "event", "text", "reason", "by", "output" };
    struct buffer text = { 0 };
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const char *value = text_of(line, members[i]);
        if (value && *value)
            buffer_add_format(&text, "%s%s", text.size ? ": " : "", value);
    }
    const char *refusal = text_of(line, "refusal");
    if (refusal)
        buffer_add_format(&text, "%srefused: %s", text.size ? ", " : "", refusal);
    while (text.size && text.data[text.size - 1] == '\n')
        text.data[--text.size] = '\0';
    return buffer_take(&text, NULL);
}

static bool is_word(const char *word, const char *const *words)
{
    for (; *words; words++) {
        if (word && strcmp(word, *words) == 0)
            return true;
    }
    return false;
}

static void add_event(struct history *history, const cJSON *line, const char *type,
                      const char *action_member, bool is_marked)
{
    static const char *const bad_words[] = { "rollback",     "fail",  "failed",
                                             "abort",        "ALARM", "rolled back",
                                             "inconclusive", "stuck", NULL };
    struct event_history *event = GROW(history->events, history->event_count);
    event->time_ms = time_of(line);
    event->type = type;
    event->action = action_member ? text_of(line, action_member) : NULL;
    event->text = event_text(line);
    bool is_refused = text_of(line, "refusal") != NULL;
    event->is_marked = is_marked && !is_refused;
    event->is_bad = !is_refused && is_word(event->action, bad_words);
}

/* A type of line: what it does to the history, and how it shows among the events. */
static const struct line_row {
    const char *type;
    void (*take)(struct history *history, const cJSON *line);
    bool is_event;
    bool is_marked;
    const char *action; /* member that says it in a word */
} line_rows[] = {
    { "plan", on_plan, false, false, NULL },     { "step", on_step, false, false, NULL },
    { "sample", on_sample, false, false, NULL }, { "verdict", on_verdict, false, false, NULL },
    { "alias", on_alias, false, false, NULL },   { "metric", on_metric, false, false, NULL },
    { "alarm", on_alarm, true, true, "state" },  { "decision", nothing, true, true, "action" },
    { "hook", nothing, true, true, "outcome" },  { "notify", nothing, true, false, "outcome" },
    { "control", nothing, true, true, "verb" },  { "pause", nothing, true, true, NULL },
    { "resume", nothing, true, true, NULL },     { "notice", nothing, true, false, NULL },
    { "end", on_end, true, true, "outcome" },
};

/* Where the machine's clock was set back, time goes on from where it stood. */
static void mend_time(struct history *history, cJSON *line)
{
    cJSON *time = json_get(line, "t");
    double time_ms = time->valuedouble + history->set_back_ms;
    if (history->begin_ms && time_ms < (double)history->end_ms) {
        history->set_back_ms += (double)history->end_ms - time_ms;
        time_ms = (double)history->end_ms;
    }
    cJSON_SetNumberHelper(time, time_ms);
}

static void take_line(struct history *history, cJSON *line)
{
    const char *type = json_text(line, "type", "");
    mend_time(history, line);
    if (history->begin_ms == 0)
        history->begin_ms = time_of(line);
    if (time_of(line) > history->end_ms)
        history->end_ms = time_of(line);
    for (size_t i = 0; i < COUNT_OF(line_rows); i++) {
        const struct line_row *row = &line_rows[i];
        if (strcmp(type, row->type) != 0)
            continue;
        row->take(history, line);
        if (row->is_event)
            add_event(history, line, row->type, row->action, row->is_marked);
    }
}

/* Only whole lines count: the last one may have been torn by a crash. */
static bool parse_lines(struct text record, struct history *history, struct error *error)
{
    history->lines = cJSON_CreateArray();
    for (int number = 1; memchr(record.data, '\n', record.size); number++) {
        struct text text = text_cut(&record, '\n');
        if (text.size == 0)
            continue;
        cJSON *line = json_parse(text);
        if (!line || !json_get(line, "type") || !cJSON_IsNumber(json_get(line, "t"))) {
            cJSON_Delete(line);
            return error_set(error, NULL, "line %d is no line of a deployment's record", number);
        }
        cJSON_AddItemToArray(history->lines, line);
        if (!record.data)
            break;
    }
    return true;
}

static struct window *window_of(struct history *history, size_t step, int64_t time_ms)
{
    int64_t width_ms = (history->end_ms - history->begin_ms) / HISTORY_WINDOWS + 1;
    struct window *last =
        history->window_count ? &history->windows[history->window_count - 1] : NULL;
    if (last && last->step == step && time_ms - last->time_ms < width_ms)
        return last;
    struct window *window = GROW(history->windows, history->window_count);
    window->step = step;
    window->time_ms = time_ms;
    return window;
}

/* A second look at the samples, now that the whole time is known. */
static void fill_windows(struct history *history)
{
    size_t steps = 0;
    const cJSON *line;
    cJSON_ArrayForEach(line, history->lines)
    {
        const char *type = json_text(line, "type", "");
        steps += strcmp(type, "step") == 0;
        if (steps == 0 || strcmp(type, "sample") != 0)
            continue;
        struct window *window = window_of(history, steps - 1, time_of(line));
        add_versions(history, line, &window->base, &window->canary);
    }
}

static void number_events(struct history *history)
{
    int number = 0;
    for (size_t i = 0; i < history->event_count; i++) {
        if (history->events[i].is_marked)
            history->events[i].number = ++number;
    }
}

bool history_read(struct text record, struct history *history_out, struct error *error)
{
    *history_out = (struct history){ .exit_code = -1 };
    if (!parse_lines(record, history_out, error))
        return false;
    cJSON *line;
    cJSON_ArrayForEach(line, history_out->lines) take_line(history_out, line);
    history_out->is_unplanned = !history_out->function || !history_out->alias;
    struct step_history *last = present_step(history_out);
    if (last)
        last->end_ms = history_out->end_ms;
    fill_windows(history_out);
    number_events(history_out);
    return true;
}

void history_clear(struct history *history)
{
    for (size_t i = 0; i < history->step_count; i++) {
        version_evidence_clear(&history->steps[i].base);
        version_evidence_clear(&history->steps[i].canary);
    }
    for (size_t i = 0; i < history->window_count; i++) {
        version_evidence_clear(&history->windows[i].base);
        version_evidence_clear(&history->windows[i].canary);
    }
    for (size_t i = 0; i < history->event_count; i++)
        free((char *)(uintptr_t)history->events[i].text);
    free(history->steps);
    free(history->windows);
    free(history->verdicts);
    free(history->weights);
    free(history->events);
    free(history->metrics);
    free(history->alarms);
    cJSON_Delete(history->lines);
    *history = (struct history){ 0 };
}

bool history_is_good(const struct history *history)
{
    static const char *const good[] = { "promoted", "created", "unchanged", NULL };
    return is_word(history->outcome, good);
}
