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
enum { BACKOFF_HASTY_MS = 1500 }; /* what five tries wait between them, at most */

struct backoff {
    struct random_stream *jitter; /* borrowed */
    int64_t patient_until_us;     /* throttling is waited out until then (monotonic) */
    int tries;                    /* that have failed */
    int others;                   /* of these, not for throttling */
};

/* After a try that failed: milliseconds until the next one; -1: no more. Five tries; but throttled
 * ones are not counted while there is patience, nor among those that fail in another way: who is
 * throttled was only one of too many, and is served once the others have had enough.
 * Who throttles may ask for a longer wait (`asked_ms`, of Retry-After; 0: it does not): earlier
 * tries would be in vain. It is waited as long as there is patience; without any it is given up
 * where that is longer than all tries would have waited. */
int64_t backoff_next_ms(struct backoff *backoff, bool is_throttled, int64_t asked_ms,
                        int64_t now_us);

#endif
