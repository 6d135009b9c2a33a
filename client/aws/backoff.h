/*
 * How long to wait between the tries of a call, and when to give it up: exponential backoff with
 * full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), capped
 * as the AWS SDKs' standard mode is. Pure: whoever asks does the waiting.
 */
#ifndef CANARY_BACKOFF_H
#define CANARY_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "random.h"

enum { BACKOFF_TRIES = 5, BACKOFF_FIRST_MS = 100, BACKOFF_MAX_MS = 20000 };

struct backoff {
    struct random_stream *jitter; /* borrowed */
    int64_t patient_until_us;     /* throttling is waited out until then (monotonic) */
    int tries;                    /* that have failed */
    int others;                   /* of these, not for throttling */
};

/* After a try that failed: milliseconds until the next one; -1: no more. Five tries; but throttled
 * ones are not counted while there is patience, nor among those that fail in another way: who is
 * throttled was only one of too many, and is served once the others have had enough. */
int64_t backoff_next_ms(struct backoff *backoff, bool is_throttled, int64_t now_us);

#endif
