/*
 * canary report: what a deployment did and saw, from its record, for a person, a program, a CI
 * system or a release ticket. Needs no network.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/record_file.h"
#include "cli/terminal.h"
#include "file.h"
#include "report/report.h"
#include "rollout/deployment.h"
#include "xalloc.h"

struct report_options {
    const char *format;
    const char *out;
    struct record_options record;
};

#define REPORT_ROW(flag, kind, member)                                                             \
    .name = (flag), .type = (kind), .offset = offsetof(struct report_options, member)

const struct option_row report_rows[] = {
    { REPORT_ROW("format", OPTION_TEXT, format), .placeholder = "FORM", .initial = "text",
      .help = "text, json, junit or html", .choices = "text json junit html" },
    { REPORT_ROW("out", OPTION_TEXT, out), .letter = 'o', .placeholder = "FILE",
      .help = "write there, not to standard output" },
    RECORD_ROWS(struct report_options, record),
    { .name = NULL },
};

static bool write_to(FILE *stream, const struct buffer *report)
{
    bool is_written = fwrite(report->data, 1, report->size, stream) == report->size;
    return fflush(stream) == 0 && is_written;
}

static bool write_file(const char *path, const struct buffer *report)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return false;
    bool is_written = write_to(file, report);
    return fclose(file) == 0 && is_written;
}

static bool write_out(const struct buffer *report, const char *path)
{
    bool is_good = path ? write_file(path, report) : write_to(stdout, report);
    if (!is_good)
        complain("cannot write %s: %s", path ? path : "the report", strerror(errno));
    return is_good;
}

static const struct report_form *form_of(const char *name)
{
    const struct report_form *form = report_forms; /* the option's choices are these */
    while (strcmp(form->name, name) != 0)
        form++;
    return form;
}

/* For people, who may read it on a terminal. */
static void make_readable(struct buffer *report, bool is_wrapped)
{
    struct buffer wrapped = { 0 };
    size_t columns = is_wrapped ? terminal_columns(STDOUT_FILENO) : 0;
    text_tame(report->data);
    report->size = strlen(report->data);
    if (columns < TERMINAL_WIDTH_MIN)
        return;
    text_wrap(&wrapped, buffer_text(report), columns);
    buffer_clear(report);
    *report = wrapped;
}

static int fail(struct error *error, const char *path)
{
    complain("%s: %s", path, error->message);
    error_clear(error);
    return EXIT_FAILED;
}

static int fail_without_plan(const char *path)
{
    if (!record_ended_early(path))
        complain("%s: there is no plan in it: is it a record.jsonl?", path);
    return EXIT_FAILED;
}

static int report(const struct report_options *options, const char *named)
{
    struct error error = { 0 };
    CLEANUP(history_clear) struct history history = { 0 };
    CLEANUP(buffer_clear) struct buffer out = { 0 };
    CLEANUP(freep) char *path = record_find(named, &options->record);
    const struct report_form *form = form_of(options->format);
    size_t size;
    if (!path)
        return EXIT_FAILED;
    CLEANUP(freep) char *record = file_read(path, RECORD_MAX, &size, &error);
    if (!record || !history_read((struct text){ record, size }, &history, &error))
        return fail(&error, path);
    if (history.is_unplanned)
        return fail_without_plan(path);
    form->write(&history, &out);
    if (form->write == report_text)
        make_readable(&out, !options->out);
    return write_out(&out, options->out) ? EXIT_DONE : EXIT_FAILED;
}

int report_command(int count, char **arguments)
{
    struct report_options options = { 0 };
    CLEANUP(error_clear) struct error error = { 0 };
    int operands = 0;
    if (!options_read(report_rows, &options, count, arguments, &operands, &error)) {
        complain("%s (see --help)", error.message);
        return EXIT_USAGE;
    }
    if (options.record.wants_help) {
        record_print_help("report", report_rows);
        return EXIT_DONE;
    }
    if (operands > 1) {
        complain("one deployment at a time, not '%s' too (see --help)", arguments[1]);
        return EXIT_USAGE;
    }
    return report(&options, operands ? arguments[0] : NULL);
}
