#include "cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/terminal.h"
#include "clock.h"
#include "xalloc.h"

enum { LINE_INTERVAL_US = 5000000, WIDTH_UNKNOWN = 200 };

static struct {
    bool is_json;
    cJSON *facts;
    bool has_line; /* a progress line stands on the terminal */
    int64_t last_line_us;
    int failure; /* errno of the first thing that could not be written to stdout; 0: none */
} output;

static void put(FILE *stream, const char *line)
{
    if (fprintf(stream, "%s\n", line) < 0 && stream == stdout && !output.failure)
        output.failure = errno;
}

void output_start(bool is_json)
{
    output.is_json = is_json;
    output.facts = cJSON_CreateObject();
    setvbuf(stdout, NULL, _IOLBF, 0);
}

bool output_is_json(void)
{
    return output.is_json;
}

bool output_end(void)
{
    progress_end();
    if (output.is_json) {
        json_mend_utf8(output.facts);
        CLEANUP(freep) char *text = cJSON_Print(output.facts);
        put(stdout, text ? text : "{}");
    }
    cJSON_Delete(output.facts);
    output.facts = NULL;
    if (fflush(stdout) != 0 && !output.failure)
        output.failure = errno;
    if (output.failure && output.failure != EPIPE)
        complain("cannot write to standard output: %s", strerror(output.failure));
    clearerr(stdout); /* judged: nobody need do it again */
    return !output.failure || output.failure == EPIPE;
}

cJSON *facts(void)
{
    return output.facts;
}

/* On a terminal, long lines are wrapped; elsewhere a line stays a line. */
static void put_line(FILE *stream, const char *text)
{
    CLEANUP(buffer_clear) struct buffer wrapped = { 0 };
    size_t columns = terminal_columns(fileno(stream));
    if (columns >= TERMINAL_WIDTH_MIN) {
        text_wrap(&wrapped, text_from(text), columns);
        text = buffer_text(&wrapped).data;
    }
    put(stream, text);
}

void say_plain(const char *text)
{
    progress_end();
    put(output.is_json ? stderr : stdout, text);
}

void say(const char *format, ...)
{
    va_list arguments;
    progress_end();
    va_start(arguments, format);
    CLEANUP(freep) char *text = xvformat(format, arguments);
    va_end(arguments);
    text_tame(text);
    put_line(output.is_json ? stderr : stdout, text);
}

void say_cut(const char *given)
{
    CLEANUP(freep) char *line = xstrdup(given);
    CLEANUP(buffer_clear) struct buffer row = { 0 };
    FILE *stream = output.is_json ? stderr : stdout;
    size_t columns = terminal_columns(fileno(stream));
    text_tame(line);
    for (char *end = line; (end = strchr(end, '\n'));)
        *end = ' ';
    size_t size = text_columns(text_from(line));
    struct terminal terminal;
    terminal_init(&terminal, stream);
    progress_end();
    text_fit(&row, text_from(line), columns && columns < size ? columns : size, terminal.is_utf8);
    put(stream, row.data);
}

void complain(const char *format, ...)
{
    va_list arguments;
    progress_end();
    va_start(arguments, format);
    CLEANUP(freep) char *text = xvformat(format, arguments);
    va_end(arguments);
    CLEANUP(freep) char *line = xformat("canary: %s", text);
    text_tame(line);
    put_line(stderr, line);
    if (output.facts && !json_get(output.facts, "error"))
        json_set_text(output.facts, "error", text);
}

void progress(const char *format, ...)
{
    size_t columns = terminal_columns(STDERR_FILENO);
    bool is_terminal = isatty(STDERR_FILENO);
    int64_t now_us = clock_monotonic_us();
    va_list arguments;
    if (!is_terminal && now_us - output.last_line_us < LINE_INTERVAL_US)
        return;
    output.last_line_us = now_us;
    va_start(arguments, format);
    CLEANUP(freep) char *line = xvformat(format, arguments);
    va_end(arguments);
    text_tame(line);
    if (is_terminal) /* a line that wraps cannot be redrawn in place */
        fprintf(stderr, "\r\x1b[K%.*s", columns > 1 ? (int)columns - 1 : WIDTH_UNKNOWN, line);
    else
        fprintf(stderr, "%s\n", line);
    output.has_line = is_terminal;
    fflush(stderr);
}

void progress_end(void)
{
    if (output.has_line)
        fputc('\n', stderr);
    output.has_line = false;
}
