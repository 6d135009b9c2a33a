/*
 * The metrics of invocations, in AWS's dimension sets (lambda-api.md section 10).
 */
#ifndef COALMINE_METRIC_SET_H
#define COALMINE_METRIC_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "lambda/state.h"

/* One finished (or throttled) invocation, as the journal keeps it. */
struct invocation_record {
    const char *account;
    const char *region;
    const char *function;
    const char *resource; /* "fn", "fn:live", "fn:3", "fn:$LATEST" */
    const char *version;  /* that ran */
    bool is_alias;        /* invoked through one: the ExecutedVersion set is written too */
    bool is_error;
    bool is_throttled;   /* it did not run */
    bool is_provisioned; /* it ran on provisioned concurrency */
    int64_t started_ms;  /* service time */
    double duration_ms;
    /* At its start, itself included. */
    uint32_t concurrency[4]; /* in flight: account, function, resource, version */
    uint32_t unreserved;     /* in flight on what the account has left unreserved */
    uint32_t claimed;        /* that, and all that is reserved and provisioned */
    uint32_t allocated;      /* provisioned for the version */
    uint32_t provisioned;    /* of that, in flight */
};

/* Appends the record's journal form to the buffer: version byte, then fields; little-endian,
 * texts with a 16-bit size before. */
void invocation_record_encode(const struct invocation_record *record, struct buffer *buffer);

/* The record; texts live in the arena. False if the bytes are none. */
MUST_CHECK bool invocation_record_decode(struct text bytes, struct arena *arena,
                                         struct invocation_record *record_out);

/* Adds the record's data to the metrics. */
void invocation_record_publish(struct lambda *lambda, const struct invocation_record *record);

/* Forgets metric handles: the metrics were reset. */
void metric_sets_forget(struct lambda *lambda);

#endif
