/*
 * canary analyze: a recorded deployment judged again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/record_file.h"
#include "file.h"
#include "judge/replay.h"
#include "plan/plan.h"
#include "rollout/deployment.h"
#include "xalloc.h"

enum { CHECKS_MAX = 1 << 20, MS_PER_SECOND = 1000 };

struct analyze_options {
    const char *from;
    const char *checks;
    const char *output;
    struct record_options record;
};

#define ANALYZE_ROW(flag, member, kind)                                                            \
    .name = (flag), .type = (kind), .offset = offsetof(struct analyze_options, member)

const struct option_row analyze_rows[] = {
    { ANALYZE_ROW("from", from, OPTION_TEXT), .placeholder = "FILE",
      .help = "a deployment's record.jsonl, its directory or its id; the same as the operand" },
    { ANALYZE_ROW("checks", checks, OPTION_TEXT), .placeholder = "FILE",
      .help =
          "judge by these checks (a JSON list, or a plan that has one) instead of the recorded" },
    { ANALYZE_ROW("output", output, OPTION_TEXT), .placeholder = "FORM", .initial = "text",
      .help = "text for people, json for programs", .choices = "text json" },
    RECORD_ROWS(struct analyze_options, record),
    { .name = NULL },
};

static bool read_options(struct analyze_options *options, int count, char **arguments,
                         int *status_out)
{
    CLEANUP(error_clear) struct error error = { 0 };
    int operands = 0;
    *status_out = EXIT_USAGE;
    if (!options_read(analyze_rows, options, count, arguments, &operands, &error)) {
        complain("%s (see --help)", error.message);
        return false;
    }
    if (options->record.wants_help) {
        record_print_help("analyze", analyze_rows);
        *status_out = EXIT_DONE;
        return false;
    }
    if (operands + (options->from != NULL) > 1) {
        complain("one deployment at a time, not '%s' too (see --help)", arguments[operands - 1]);
        return false;
    }
    if (operands)
        options->from = arguments[0];
    return true;
}

/* A list of checks, or a plan's, of which the caller owns it; NULL with a sentence on failure. */
static cJSON *read_checks(const char *path, struct error *error)
{
    size_t size;
    CLEANUP(member_faults_clear) struct member_faults faults = { 0 };
    CLEANUP(freep) char *text = file_read(path, CHECKS_MAX, &size, error);
    if (!text)
        return NULL;
    cJSON *json = plan_json((struct text){ text, size }, &faults);
    if (!json) {
        const struct member_fault *fault = &faults.items[0];
        error_set(error, NULL, "%s:%d: %s%s%s", path,
                  plan_fault_line((struct text){ text, size }, fault), fault->path,
                  *fault->path ? ": " : "", fault->message);
        return NULL;
    }
    if (cJSON_IsArray(json))
        return json;
    cJSON *list = cJSON_DetachItemFromObjectCaseSensitive(json, "checks");
    cJSON_Delete(json);
    if (cJSON_IsArray(list))
        return list;
    cJSON_Delete(list);
    error_set(error, NULL, "%s is neither a JSON list of checks nor a plan that has one", path);
    return NULL;
}

/* The recorded values are of the metrics of the plan that they were recorded by. */
static void fill_checks(struct text record, cJSON *checks)
{
    CLEANUP(json_deletep) cJSON *first = json_parse(text_cut(&record, '\n'));
    metrics_fill_checks(json_get(first, "plan"), checks);
}

static void report_finding(const struct replay_finding *finding, int64_t begun_ms, cJSON *list)
{
    const struct check_verdict *verdict = &finding->verdict;
    say("  %8.1f s  step %d  %-17s %s%s%s: %s",
        (double)(finding->time_ms - begun_ms) / MS_PER_SECOND, finding->step + 1, finding->name,
        check_result_name(verdict->result), finding->is_final ? "" : " (while running)",
        verdict->is_dry_run ? " (dry run)" : "", verdict->sentence);
    if (finding->is_recorded && !finding->is_same)
        say("  %10s  RECORDED DIFFERENTLY: %s", "", finding->recorded);
    cJSON *item = cJSON_CreateObject();
    json_set_double(item, "t", (double)finding->time_ms);
    json_set_double(item, "step", finding->step);
    json_set_double(item, "check", (double)finding->check);
    json_set_text(item, "name", finding->name);
    json_set_text(item, "kind", finding->kind);
    json_set_bool(item, "isFinal", finding->is_final);
    check_verdict_write(verdict, item);
    if (finding->is_recorded) {
        json_set_text(item, "recorded", finding->recorded);
        json_set_bool(item, "isSame", finding->is_same);
    }
    cJSON_AddItemToArray(list, item);
}

/* With other checks the exit status is their verdict. */
static int worst_status(const struct replay *replay)
{
    int status = EXIT_DONE;
    for (size_t i = 0; i < replay->count; i++) {
        const struct check_verdict *verdict = &replay->findings[i].verdict;
        if (verdict->is_dry_run)
            continue;
        if (verdict->result == CHECK_FAIL)
            return EXIT_FAILED;
        if (verdict->result == CHECK_INCONCLUSIVE)
            status = EXIT_INCONCLUSIVE;
    }
    return status;
}

static int report(const struct replay *replay, bool has_other_checks)
{
    cJSON *list = json_set_array(facts(), "verdicts");
    json_set_text(facts(), "function", replay->function);
    json_set_text(facts(), "alias", replay->alias);
    json_set_double(facts(), "samples", (double)replay->samples);
    if (replay->count)
        say("%s:%s, %zu samples; times count from the deployment's start.", replay->function,
            replay->alias, replay->samples);
    else
        say("%s:%s, %zu samples; nothing was judged.", replay->function, replay->alias,
            replay->samples);
    for (size_t i = 0; i < replay->count; i++)
        report_finding(&replay->findings[i], replay->begun_ms, list);
    if (has_other_checks)
        return worst_status(replay);
    json_set_double(facts(), "different", (double)replay->different);
    if (replay->different)
        say("%zu of %zu verdicts are NOT the recorded ones: another canary decided, which judged "
            "otherwise, or the record was changed. canary report tells what was decided.",
            replay->different, replay->count);
    else if (replay->count)
        say("All %zu verdicts are the recorded ones.", replay->count);
    return replay->different ? EXIT_FAILED : EXIT_DONE;
}

static int fail_without_record(const char *path, const struct replay *replay,
                               const struct error *error)
{
    if (replay->is_unplanned && record_ended_early(path))
        return EXIT_FAILED;
    complain("%s: %s", path, error->message);
    return EXIT_USAGE;
}

static int analyze(const struct analyze_options *options)
{
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(replay_clear) struct replay replay = { 0 };
    CLEANUP(json_deletep)
    cJSON *checks = options->checks ? read_checks(options->checks, &error) : NULL;
    size_t size = 0;
    if (options->checks && !checks) {
        complain("%s", error.message);
        return EXIT_USAGE;
    }
    CLEANUP(freep) char *path = record_find(options->from, &options->record);
    if (!path)
        return EXIT_USAGE;
    CLEANUP(freep) char *text = file_read(path, RECORD_MAX, &size, &error);
    if (!text) {
        complain("%s", error.message);
        return EXIT_USAGE;
    }
    fill_checks((struct text){ text, size }, checks);
    if (!replay_run((struct text){ text, size }, checks, &replay, &error))
        return fail_without_record(path, &replay, &error);
    return report(&replay, checks != NULL);
}

int analyze_command(int count, char **arguments)
{
    struct analyze_options options = { 0 };
    int status;
    if (!read_options(&options, count, arguments, &status))
        return status;
    output_start(strcmp(options.output, "json") == 0);
    status = analyze(&options);
    json_set_double(facts(), "exitCode", status);
    return output_end() || status != EXIT_DONE ? status : EXIT_FAILED;
}
