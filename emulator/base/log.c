#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "buffer.h"

static enum log_level current_level = LOG_LEVEL_INFO;

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

void log_set_level(enum log_level level)
{
    current_level = level;
}

enum log_level log_level(void)
{
    return current_level;
}

/* What clients wrote is in many lines: it must neither begin one nor steer the terminal. */
static void add_printable(struct buffer *line, struct text text)
{
    enum { DELETE = 0x7f };
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < ' ' || byte == DELETE)
            buffer_add_format(line, "\\x%02x", byte);
        else
            buffer_add_char(line, text.data[i]);
    }
}

void log_line(enum log_level level, const char *subject, const char *format, ...)
{
    if (level > current_level)
        return;
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    CLEANUP(buffer_clear) struct buffer line = { 0 };
    CLEANUP(buffer_clear) struct buffer message = { 0 };
    buffer_add_format(&line, "%02d:%02d:%02d.%03ld %-5s ", parts.tm_hour, parts.tm_min,
                      parts.tm_sec, now.tv_nsec / 1000000, level_names[level]);
    if (subject)
        buffer_add_format(&line, "%s: ", subject);
    va_list arguments;
    va_start(arguments, format);
    buffer_add_vformat(&message, format, arguments);
    va_end(arguments);
    add_printable(&line, buffer_text(&message));
    buffer_add_char(&line, '\n');
    fwrite(line.data, 1, line.size, stderr);
}
