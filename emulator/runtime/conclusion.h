/*
 * How an invocation ended, in Lambda's words (lambda-api.md, section 6).
 */
#ifndef COALMINE_CONCLUSION_H
#define COALMINE_CONCLUSION_H

#include "runtime/pool.h"
#include "text.h"

struct conclusion {
    enum invocation_end end;
    struct text payload;    /* result or error body; borrowed, or `owned` */
    const char *error_type; /* static; NULL: the function's own error, or none */
    const char *status;     /* for the REPORT line; NULL: success */
    char *owned;            /* body made here; NULL: none */
    char *remark;           /* lines for the log; NULL: none */
};

/* The function's result, borrowed. */
struct conclusion conclusion_success(struct text payload);
/* What the function reported, word for word. */
struct conclusion conclusion_error(struct text body);
/* The answer was larger than Lambda passes on. */
struct conclusion conclusion_too_large(void);
/* The plan's Timeout, to be named in the body and the log, is over. */
struct conclusion conclusion_timeout(struct text request_id, int timeout_ms);
/* `error_type` "Runtime.ExitError", "Runtime.OutOfMemory", ...; `message` is what follows
 * "RequestId: ... Error: ". */
struct conclusion conclusion_exit(struct text request_id, const char *error_type,
                                  const char *message);

/* Frees the body and the remark that were made here; a borrowed payload stays its owner's. */
void conclusion_clear(struct conclusion *conclusion);

#endif
