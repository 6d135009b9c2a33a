/*
 * The platform's own lines in JSON format (lambda-api.md section 24.3): {"time", "type",
 * "record"}, one per line, each only if its level is kept.
 */
#ifndef COALMINE_PLATFORM_RECORD_H
#define COALMINE_PLATFORM_RECORD_H

#include "buffer.h"
#include "runtime/function_log.h"

/* Each appends one record of the JSON log format, of that time, if the owner's system log level
 * keeps it. The environment begins to boot. */
void platform_add_init_start(struct buffer *out, const struct function_log_owner *owner,
                             int64_t time_ms);
/* The boot went well: told at level DEBUG, and its time at INFO if it was not on demand. */
void platform_add_init_end(struct buffer *out, const struct function_log_owner *owner,
                           double init_ms, int64_t time_ms);
/* It did not. */
void platform_add_init_failure(struct buffer *out, const struct function_log_owner *owner,
                               const struct function_report *report, int64_t time_ms);
void platform_add_start(struct buffer *out, const struct function_log_owner *owner,
                        const struct function_report *report, int64_t time_ms);
/* Lines of the function that were not kept: told at every level. */
void platform_add_logs_dropped(struct buffer *out, size_t bytes, int64_t time_ms);
/* platform.runtimeDone and platform.report. */
void platform_add_end(struct buffer *out, const struct function_log_owner *owner,
                      const struct function_report *report, int64_t time_ms);

/* A line of the function: a JSON object below the level is dropped, one without a valid level or
 * time gets both; any other text stays as it is. */
void application_add_line(struct buffer *out, enum log_severity least, struct text line,
                          int64_t time_ms);

#endif
