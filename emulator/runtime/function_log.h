/*
 * What Lambda's log says about one invocation (lambda-api.md, section 23): START, the function's
 * own lines, END, REPORT. Of the function's lines the last 256 KiB are kept. Lines that come
 * between two invocations belong to the next one; those written while the process boots are
 * kept apart.
 */
#ifndef COALMINE_FUNCTION_LOG_H
#define COALMINE_FUNCTION_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "text.h"

enum { FUNCTION_LOG_MAX = 256 * 1024 };

struct function_log {
    struct buffer lines; /* of the function, not yet in a finished text */
    struct buffer init;  /* INIT_START and the lines of the boot */
    struct buffer text;  /* the last finished invocation */
};

/* A text that ends well is reported without status; an ordinary error of the handler is such. */
struct function_report {
    struct text request_id;
    const char *version;
    double duration_ms;
    double billed_ms; /* rounded up to whole milliseconds here */
    double init_ms;   /* < 0: warm */
    int memory_mb;
    int memory_used_mb;
    const char *status;     /* "timeout", "error"; NULL: success */
    const char *error_type; /* behind status "error" */
    const char *remark;     /* lines of the platform before END; NULL: none */
};

/* Bytes that the function printed. */
void function_log_add(struct function_log *log, struct text bytes);

/* Reads what the pipe holds now, but no more than a pipe can hold, so that a function that prints
 * without end stops nobody. False if nothing will come any more. */
bool function_log_read(struct function_log *log, int fd);

/* The process starts to boot: forgets what is left of the last one, writes INIT_START. */
void function_log_begin_init(struct function_log *log, const char *runtime, const char *region);
/* The boot went well: what was printed so far was the boot's. */
void function_log_end_init(struct function_log *log);

/* The finished text, in the log's memory until the next call. */
struct text function_log_finish(struct function_log *log, const struct function_report *report);

void function_log_clear(struct function_log *log);

#endif
