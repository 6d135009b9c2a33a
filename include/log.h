/*
 * One line per event on stderr: time, level, whose it is, sentence. Never payloads above debug.
 * Implemented in emulator/base/log.c.
 */
#ifndef COALMINE_LOG_H
#define COALMINE_LOG_H

#include "compiler.h"

enum log_level {
    LOG_LEVEL_ERROR, /* we are wrong or broken */
    LOG_LEVEL_WARN,  /* the user should look */
    LOG_LEVEL_INFO,  /* life of functions and deployments */
    LOG_LEVEL_DEBUG, /* every step */
};

/* Lines above this level are dropped; LOG_LEVEL_INFO at start. */
void log_set_level(enum log_level level);
enum log_level log_level(void);

/* `subject` says whose line it is ("lambda hello:3"); NULL for none. One line whatever the text
 * holds: control characters appear as \xNN. */
void log_line(enum log_level level, const char *subject, const char *format, ...) PRINTF_LIKE(3, 4);

#define log_error(subject, ...) log_line(LOG_LEVEL_ERROR, subject, __VA_ARGS__)
#define log_warn(subject, ...) log_line(LOG_LEVEL_WARN, subject, __VA_ARGS__)
#define log_info(subject, ...) log_line(LOG_LEVEL_INFO, subject, __VA_ARGS__)
#define log_debug(subject, ...)                                                                    \
    do {                                                                                           \
        if (log_level() >= LOG_LEVEL_DEBUG)                                                        \
            log_line(LOG_LEVEL_DEBUG, subject, __VA_ARGS__);                                       \
    } while (0)

#endif
