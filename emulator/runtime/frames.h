/*
 * The framed channel: what our own bootstraps speak on two pipes, events one way (descriptor 3
 * in the function process) and answers the other (descriptor 4). It says what the Lambda Runtime
 * API says, at a tenth of the cost.
 *
 * Every frame is an 8-byte header, then its body. Numbers are little-endian.
 *   header: u32 body size, u8 type, u8 flags, u16 how long the handler took, in us, if this is its
 *           answer (65535: as long or longer)
 *   event:  f64 deadline (ms since 1970), u32 sizes of request id, ARN, trace id and client
 *           context (0: none), these four strings, then the payload up to the end
 *   next:   nothing; the process has booted and asks for an event
 *   response: the payload
 *   error, init error: error type, a newline, the JSON body
 *   stream: the content type (may be empty) of a response that comes in pieces
 *   chunk:  a piece of it
 *   stream end: nothing, or like an error
 * Response, error and stream end ask for the next event as well, unless the flag FRAME_FINAL says
 * that the process is about to exit.
 */
#ifndef COALMINE_FRAMES_H
#define COALMINE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "text.h"

enum frame_type {
    FRAME_EVENT = 1,
    FRAME_NEXT = 2,
    FRAME_RESPONSE = 3,
    FRAME_ERROR = 4,
    FRAME_INIT_ERROR = 5,
    FRAME_STREAM = 6,
    FRAME_CHUNK = 7,
    FRAME_STREAM_END = 8,
};

enum { FRAME_FINAL = 1, FRAME_HANDLER_US_MAX = UINT16_MAX };
enum { FRAME_HEADER_SIZE = 8, FRAME_EVENT_FIELDS_SIZE = 24 };

struct frame {
    enum frame_type type;
    bool is_final;
    bool is_oversized; /* the body was larger than the ceiling and is not there */
    int handler_us;
    struct text body; /* in the reader's buffer, until its next call */
};

/* The parts of an event; strings may be empty. */
struct frame_event {
    double deadline_ms;
    struct text request_id;
    struct text invoked_arn;
    struct text trace_id;
    struct text client_context;
    struct text payload;
};

/* Of its whole frame, in bytes. */
size_t frame_event_size(const struct frame_event *event);
/* Writes the event's frame to `bytes_out`, which has frame_event_size() of room, and points the
 * texts of `event` into it. */
void frame_event_write(struct frame_event *event, char *bytes_out);
/* Changes the deadline of a frame written before. */
void frame_event_set_deadline(char *bytes, double deadline_ms);

/* Cuts frames out of what arrives on a descriptor. Zeroed except for the ceiling at birth. */
struct frame_reader {
    struct buffer buffer;
    size_t body_max; /* larger bodies are thrown away and reported as oversized */
    size_t used;     /* bytes of the frame handed out last */
    size_t to_skip;  /* bytes of an oversized body still to come */
    struct frame skipped;
};

enum frame_read {
    FRAME_READ_WHOLE, /* *frame_out is set */
    FRAME_READ_LATER, /* nothing whole has arrived */
    FRAME_READ_END,   /* the other side has closed, or cannot be understood */
};

/* The next frame that has come, reading what the descriptor has without waiting. Its texts are
 * borrowed until the next call. */
enum frame_read frame_reader_next(struct frame_reader *reader, int fd, struct frame *frame_out);
void frame_reader_clear(struct frame_reader *reader);

#endif
