/*
 * What Lambda's log says about one invocation (lambda-api.md, sections 23 and 24): START, the
 * function's own lines, END, REPORT, or the same as JSON records. Of the function's lines the
 * last MiB is kept, behind a line that says what is missing. Lines that come between two
 * invocations belong to the next one; those written while the process boots are kept apart. A boot
 * that fails was part of the invocation: its lines and INIT_REPORT stand in front of START, and
 * are seen in the tail of the log, too.
 *
 * Our bootstraps put a NUL behind a newline that stands inside a record: the record is one log
 * event. Two NULs before the newline that ends it say that the event has none: such is what
 * Lambda's clients send without. Behind the last line of an invocation, if it printed any, they put
 * a turn mark, a line that begins with two NULs and has the request id: the process may be at the
 * next event already when its answer to this one is read.
 */
#ifndef COALMINE_FUNCTION_LOG_H
#define COALMINE_FUNCTION_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "runtime/log_format.h"
#include "text.h"

struct sandbox_plan;

enum { FUNCTION_LOG_MAX = 1024 * 1024 };

/* The environment whose log it is; texts are borrowed. */
struct function_log_owner {
    const char *runtime;
    const char *region;
    const char *function_name;
    const char *version;
    const char *log_stream;
    int memory_mb;
    const char *initialization; /* AWS_LAMBDA_INITIALIZATION_TYPE */
    bool boots_ahead;           /* that is not on-demand */
    struct log_format format;
};

/* Whose lines an environment of that plan writes; the texts are borrowed from both. */
struct function_log_owner function_log_owner_of(const struct sandbox_plan *plan,
                                                const char *log_stream);

/* What stands before `end` and behind the mark before had been printed at that service time. */
struct log_mark {
    size_t end;
    int64_t time_ms;
};

struct log_marks {
    struct log_mark *list;
    size_t count;
    size_t capacity;
};

struct function_log {
    struct function_log_owner owner;
    struct buffer lines;    /* of the function, not yet in a finished text */
    struct log_marks marks; /* of the lines */
    size_t dropped;         /* bytes that stood before the lines */
    struct buffer init;     /* INIT_START and the lines of the boot */
    struct log_marks inits; /* of that */
    struct buffer text;     /* the last finished invocation */
    struct log_marks texts; /* of that */
    int turns_without_mark; /* while there were lines that may have been of a later one */
    bool has_unmarked;      /* lines of this process came without a turn mark */
};

/* A text that ends well is reported without status; an ordinary error of the handler is such. */
struct function_report {
    struct text request_id;
    struct text invoked_arn;
    const char *version;
    int64_t started_ms; /* service time */
    double duration_ms;
    double billed_ms; /* rounded up to whole milliseconds here */
    double init_ms;   /* < 0: warm */
    int memory_mb;
    int memory_used_mb;
    size_t produced_bytes;  /* of the answer */
    bool is_failure;        /* the handler reported an error */
    bool has_failed_boot;   /* the lines are the boot's, and end with INIT_REPORT */
    double failed_boot_ms;  /* how long that lasted; more than the duration if it was late */
    const char *status;     /* "timeout", "error"; NULL: success */
    const char *error_type; /* behind status "error" */
    const char *remark;     /* lines of the platform before END; NULL: none */
};

/* Bytes that the function printed. */
void function_log_add(struct function_log *log, struct text bytes);

/* Reads what the pipe holds now, but no more than a pipe can hold, so that a function that prints
 * without end stops nobody. False if nothing will come any more. */
bool function_log_read(struct function_log *log, int fd);

/* The process starts to boot: writes INIT_START, behind what the last one has printed since its
 * last invocation. */
void function_log_begin_init(struct function_log *log, const struct function_log_owner *owner);
/* The boot went well: what was printed so far was the boot's. */
void function_log_end_init(struct function_log *log, double init_ms);

/* Moves what there is of the boot, and a large text, out of the log; both stay where they are until
 * that is cleared. */
struct function_log function_log_take_init(struct function_log *log);

/* The version of a runtime ("nodejs22.x") as Lambda's logs name it: "nodejs:22.v1". */
void function_log_add_runtime(struct buffer *out, const char *runtime);

/* Whose the lines are that no turn mark follows. */
enum function_log_rest { FUNCTION_LOG_REST_IS_ITS, FUNCTION_LOG_REST_IS_OTHERS };

/* The finished text, in the log's memory until the next call, or in what is taken of it. */
struct text function_log_finish(struct function_log *log, const struct function_report *report,
                                enum function_log_rest rest);

/* Frees. */
void function_log_clear(struct function_log *log);

/* A finished text as Lambda shows it: without our marks. */
void function_log_add_plain(struct buffer *out, struct text log);

/* Cuts a log into its events, each with its newline if it has one, and with the time at which it
 * was there. */
void function_log_each(struct text log, const struct log_marks *marks,
                       void (*visit)(struct text event, int64_t time_ms, void *owner), void *owner);

/* "2025/11/25/[3]" and 32 hex digits; the function's name comes in when it is not the group's. */
char *function_log_stream_name(const struct sandbox_plan *plan);

#endif
