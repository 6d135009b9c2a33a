/*
 * How an invocation ended, in Lambda's words (lambda-api.md, section 6).
 */
#ifndef COALMINE_OUTCOME_H
#define COALMINE_OUTCOME_H

#include "runtime/pool.h"
#include "text.h"

struct outcome {
    enum invocation_end end;
    struct text payload;    /* result or error body; borrowed, or `owned` */
    const char *error_type; /* static; NULL: the function's own error, or none */
    const char *status;     /* for the REPORT line; NULL: success */
    char *owned;            /* body made here; NULL: none */
    char *remark;           /* lines for the log; NULL: none */
};

struct outcome outcome_success(struct text payload);
/* What the function reported, word for word. */
struct outcome outcome_error(struct text body);
/* The answer was larger than Lambda passes on. */
struct outcome outcome_too_large(void);
struct outcome outcome_timeout(struct text request_id, int timeout_ms);
/* `error_type` "Runtime.ExitError", "Runtime.OutOfMemory", ...; `message` is what follows
 * "RequestId: ... Error: ". */
struct outcome outcome_exit(struct text request_id, const char *error_type, const char *message);

void outcome_clear(struct outcome *outcome);

#endif
