/*
 * The report as JUnit XML: what CI systems draw their tables of tests from. A check that failed or
 * could not tell fails its test case, unless it was a dry run; what has no verdict yet is skipped.
 */
#include <string.h>

#include "report/markup.h"
#include "report/report.h"
#include "timestamp.h"

struct tally {
    struct buffer cases;
    unsigned tests;
    unsigned failures;
    unsigned skipped;
};

/* Begins a test case and its class; `prefix` is followed by the step, if there is one. */
static void begin_case(struct tally *tally, const struct history *history,
                       const struct step_history *step, const char *name, int64_t took_ms)
{
    struct buffer *out = &tally->cases;
    tally->tests++;
    buffer_add_string(out, "    <testcase classname=\"");
    markup_text(out, history->function);
    buffer_add_char(out, ':');
    markup_text(out, history->alias);
    if (step) {
        struct buffer place = { 0 };
        markup_step(&place, step);
        buffer_add_string(out, ", ");
        markup_text(out, place.data);
        buffer_clear(&place);
    }
    buffer_add_string(out, "\" name=\"");
    markup_text(out, name);
    buffer_add_format(out, "\" time=\"%.3f\">\n", (double)took_ms / 1000);
}

static void add_failure(struct tally *tally, const char *type, const char *sentence)
{
    tally->failures++;
    buffer_add_format(&tally->cases, "      <failure type=\"%s\" message=\"", type);
    markup_text(&tally->cases, sentence);
    buffer_add_string(&tally->cases, "\">");
    markup_text(&tally->cases, sentence);
    buffer_add_string(&tally->cases, "</failure>\n");
}

static void add_skip(struct tally *tally, const char *sentence)
{
    tally->skipped++;
    buffer_add_string(&tally->cases, "      <skipped message=\"");
    markup_text(&tally->cases, sentence);
    buffer_add_string(&tally->cases, "\"/>\n");
}

static void end_case(struct tally *tally, const char *output)
{
    if (output && *output) {
        buffer_add_string(&tally->cases, "      <system-out>");
        markup_text(&tally->cases, output);
        buffer_add_string(&tally->cases, "</system-out>\n");
    }
    buffer_add_string(&tally->cases, "    </testcase>\n");
}

static void add_numbers(struct buffer *out, const cJSON *numbers)
{
    const cJSON *number;
    cJSON_ArrayForEach(number, numbers)
    {
        if (cJSON_IsNumber(number))
            buffer_add_format(out, "\n%s = %.10g", number->string, number->valuedouble);
    }
}

static void add_verdict(struct tally *tally, const struct history *history,
                        const struct verdict_history *verdict)
{
    const struct step_history *step = &history->steps[verdict->step];
    begin_case(tally, history, step, verdict->name, verdict->time_ms - step->begin_ms);
    bool is_bad =
        strcmp(verdict->verdict, "fail") == 0 || strcmp(verdict->verdict, "inconclusive") == 0;
    if (is_bad && !verdict->is_dry_run)
        add_failure(tally, verdict->verdict, verdict->sentence);
    else if (strcmp(verdict->verdict, "continue") == 0)
        add_skip(tally, verdict->sentence);
    struct buffer output = { 0 };
    buffer_add_format(&output, "%s%s: %s", verdict->is_dry_run ? "dry run, " : "", verdict->verdict,
                      verdict->sentence);
    add_numbers(&output, verdict->numbers);
    end_case(tally, output.data);
    buffer_clear(&output);
}

/* The step itself: the last one of a deployment that went wrong is where it did. */
static void add_step(struct tally *tally, const struct history *history, size_t index)
{
    const struct step_history *step = &history->steps[index];
    bool is_last = index + 1 == history->step_count;
    begin_case(tally, history, step, "step", step->end_ms - step->begin_ms);
    if (is_last && history->outcome && !history_is_good(history))
        add_failure(tally, "step", history->reason ? history->reason : history->outcome);
    else if (is_last && !history->outcome)
        add_skip(tally, "it has not ended");
    end_case(tally, NULL);
    for (size_t i = 0; i < history->verdict_count; i++) {
        if (history->verdicts[i].step == index)
            add_verdict(tally, history, &history->verdicts[i]);
    }
}

static void add_hooks(struct tally *tally, const struct history *history)
{
    const cJSON *line;
    cJSON_ArrayForEach(line, history->lines)
    {
        if (strcmp(json_text(line, "type", ""), "hook") != 0)
            continue;
        struct buffer name = { 0 };
        buffer_add_format(&name, "hook %s", json_text(line, "name", json_text(line, "kind", "")));
        begin_case(tally, history, NULL, name.data, json_int(line, "durationMs", 0));
        buffer_clear(&name);
        if (json_bool(line, "isRetried", false))
            add_skip(tally, "the hook failed, and was tried again");
        else if (strcmp(json_text(line, "outcome", ""), "ok") != 0)
            add_failure(tally, "hook", "the hook failed");
        end_case(tally, json_text(line, "output", NULL));
    }
}

static void add_deployment(struct tally *tally, const struct history *history)
{
    begin_case(tally, history, NULL, "deployment", history->end_ms - history->begin_ms);
    if (!history->outcome)
        add_skip(tally, "it has not ended");
    else if (!history_is_good(history))
        add_failure(tally, "deployment", history->reason ? history->reason : history->outcome);
    end_case(tally, history->reason);
}

static void begin_suite(const struct history *history, const struct tally *tally,
                        struct buffer *out)
{
    char time[TIMESTAMP_SIZE];
    timestamp_print(history->begin_ms, TIMESTAMP_ISO, time);
    buffer_add_string(out, "  <testsuite name=\"canary ");
    markup_text(out, history->id ? history->id : "");
    buffer_add_format(out,
                      "\" tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\" "
                      "timestamp=\"%.19s\" time=\"%.3f\">\n",
                      tally->tests, tally->failures, tally->skipped, time,
                      (double)(history->end_ms - history->begin_ms) / 1000);
}

void report_junit(const struct history *history, struct buffer *out)
{
    struct tally tally = { 0 };
    add_deployment(&tally, history);
    add_hooks(&tally, history);
    for (size_t i = 0; i < history->step_count; i++)
        add_step(&tally, history, i);
    buffer_add_string(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    buffer_add_format(out, "<testsuites tests=\"%u\" failures=\"%u\" errors=\"0\">\n", tally.tests,
                      tally.failures);
    begin_suite(history, &tally, out);
    buffer_add_text(out, buffer_text(&tally.cases));
    buffer_add_string(out, "  </testsuite>\n</testsuites>\n");
    buffer_clear(&tally.cases);
}
