#include "cli/output.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"
#include "xalloc.h"

enum { LINE_INTERVAL_US = 5000000, WIDTH_UNKNOWN = 200 };

static struct {
    bool is_json;
    cJSON *facts;
    bool has_line; /* a progress line stands on the terminal */
    int64_t last_line_us;
} output;

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

void output_end(void)
{
    progress_end();
    if (output.is_json) {
        json_mend_utf8(output.facts);
        char *text = cJSON_Print(output.facts);
        puts(text ? text : "{}");
        free(text);
    }
    cJSON_Delete(output.facts);
    output.facts = NULL;
}

cJSON *facts(void)
{
    return output.facts;
}

void say(const char *format, ...)
{
    FILE *stream = output.is_json ? stderr : stdout;
    va_list arguments;
    progress_end();
    va_start(arguments, format);
    vfprintf(stream, format, arguments);
    va_end(arguments);
    fputc('\n', stream);
}

void complain(const char *format, ...)
{
    va_list arguments;
    progress_end();
    va_start(arguments, format);
    char *text = xvformat(format, arguments);
    va_end(arguments);
    fprintf(stderr, "canary: %s\n", text);
    if (output.facts && !json_get(output.facts, "error"))
        json_set_text(output.facts, "error", text);
    free(text);
}

/* A line that wraps cannot be redrawn in place, so it is cut to the terminal's width. */
static int terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
        return size.ws_col - 1;
    return WIDTH_UNKNOWN;
}

void progress(const char *format, ...)
{
    bool is_terminal = isatty(STDERR_FILENO);
    int64_t now_us = clock_monotonic_us();
    va_list arguments;
    if (!is_terminal && now_us - output.last_line_us < LINE_INTERVAL_US)
        return;
    output.last_line_us = now_us;
    va_start(arguments, format);
    CLEANUP(freep) char *line = xvformat(format, arguments);
    va_end(arguments);
    if (is_terminal)
        fprintf(stderr, "\r\x1b[K%.*s", terminal_width(), line);
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
