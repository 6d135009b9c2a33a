/*
 * What a function process can say, over whichever of the two channels it speaks: frames
 * (frame_channel.h) or the Lambda Runtime API (runtime_api.h). Texts are borrowed during a call.
 */
#ifndef COALMINE_CHANNEL_H
#define COALMINE_CHANNEL_H

#include <stdbool.h>

#include "text.h"

/* The largest answer that Lambda passes on: 6 MiB + 100 (lambda-api.md, section 5.5). */
enum { CHANNEL_PAYLOAD_MAX = 6291556 };

/* What the process does after an answer. */
enum channel_after {
    CHANNEL_ASKS,     /* asks for the next event in the same breath */
    CHANNEL_WILL_ASK, /* on_next() will tell */
    CHANNEL_EXITS,
};

struct channel_events {
    /* It has booted, or has done with the last event, and asks for another. */
    void (*on_next)(void *owner);
    /* The result of the event it has; `is_too_large`: it was, and is not here. */
    void (*on_response)(struct text payload, bool is_too_large, enum channel_after after,
                        void *owner);
    /* The error body for the event it has; the type, here and below, is channel_error_type()'s. */
    void (*on_error)(struct text type, struct text body, enum channel_after after, void *owner);
    /* The result comes in pieces: first its content type (may be empty), then the pieces, then the
     * end; `type` and `body` say what went wrong on the way, the body is empty if nothing did.
     * After a chunk that is answered with false none follows before the channel is resumed. */
    void (*on_stream)(struct text content_type, void *owner);
    bool (*on_chunk)(struct text bytes, void *owner);
    void (*on_stream_end)(struct text type, struct text body, enum channel_after after,
                          void *owner);
    /* It cannot boot, and exits. */
    void (*on_init_error)(struct text type, struct text body, void *owner);
    /* It asks again while it has an event: that is to be sent once more. */
    void (*on_repeat)(void *owner);
    /* Another process asks for its first event where one was before: that has gone, with the event
     * that it had, if any. on_next() follows. NULL: there is only ever one process. */
    void (*on_restart)(void *owner);
};

/* What the platform calls an error that the process calls `given` (lambda-api.md, section 18.3):
 * Runtime or Function with a name of letters, else an unknown one. */
struct text channel_error_type(struct text given);

#endif
