/*
 * One run of a function, whoever asked for it: Invoke, the queue of events, a function URL. Draws
 * the version, keeps the concurrency limits, stops loops, and at the end writes the record from
 * which the metrics come.
 */
#ifndef COALMINE_INVOCATION_H
#define COALMINE_INVOCATION_H

#include <stdbool.h>

#include "error.h"
#include "lambda/state.h"
#include "lambda/target.h"

/* What an invocation was, beside its result. Borrowed during on_end. */
struct invocation_run {
    const char *version;  /* that was drawn */
    const char *trace_id; /* as the function saw it */
};

/* Borrowed during invocation_start(). */
struct invocation_order {
    const char *request_id;
    const char *trace_id;       /* the caller's X-Amzn-Trace-Id; NULL: none */
    const char *client_context; /* JSON text; NULL: none */
    struct text payload;        /* JSON */
    /* The answer as it comes, if the function streams it: first on_stream, then on_chunk any
     * number of times, each only once the version is known. NULL: the answer comes whole. */
    void (*on_stream)(struct text content_type, const char *version, void *owner);
    void (*on_chunk)(struct text bytes, void *owner);
    struct flow *flow; /* full: the function waits; lasts until on_end. NULL: never full */
    void (*on_end)(const struct invocation_result *result, const struct invocation_run *run,
                   void *owner);
    void *owner;
};

/* Runs the target; exactly one on_end follows, never inside the call. False with the fault if it
 * may not run now: throttled (told to the metrics), stopped as part of a loop, or Pending. */
MUST_CHECK bool invocation_start(struct lambda *lambda, const struct target *target,
                                 const struct invocation_order *order, struct error *error);

#endif
