/*
 * A result that comes in pieces: passed on to who waits for pieces, collected for who does not.
 */
#ifndef COALMINE_ANSWER_STREAM_H
#define COALMINE_ANSWER_STREAM_H

#include <stdbool.h>

#include "buffer.h"
#include "runtime/conclusion.h"
#include "runtime/job.h"

/* Lambda lets 200 MB through (lambda-api.md section 5.5). */
enum { ANSWER_STREAM_MAX = 200 * 1000 * 1000 };

struct answer_stream {
    bool is_open;
    size_t size; /* of all pieces so far */
    struct buffer collected;
};

/* Tells the job's owner that pieces follow, if he takes pieces. */
void answer_stream_begin(struct answer_stream *stream, const struct job *job,
                         struct text content_type);
/* What comes beyond the limit (ANSWER_STREAM_MAX in pieces, CHANNEL_PAYLOAD_MAX collected) is
 * counted and dropped. */
void answer_stream_add(struct answer_stream *stream, const struct job *job, struct text bytes);
/* What came of it; `error` is the body that the function reported, empty if it was a success. The
 * conclusion borrows from the stream until that is closed. */
struct conclusion answer_stream_conclusion(const struct answer_stream *stream,
                                           const struct job *job, struct text error);
/* How many bytes the function has answered, for the log: an error is no answer. */
size_t answer_stream_produced(const struct answer_stream *stream,
                              const struct conclusion *conclusion);
void answer_stream_close(struct answer_stream *stream);

#endif
