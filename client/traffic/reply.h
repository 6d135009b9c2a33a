/*
 * An answer to Invoke, read as its bytes come in: what traffic counts by, and nothing more. The
 * body of a good answer is passed over.
 */
#ifndef CANARY_REPLY_H
#define CANARY_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "text.h"

enum { REPLY_VERSION_SIZE = 24, REPLY_ERROR_SIZE = 64 };
enum { REPLY_HEAD_MAX = 64 << 10, REPLY_BODY_MAX = 8 << 10 };

enum reply_state {
    REPLY_HEAD,
    REPLY_BODY,
    REPLY_CHUNK_SIZE,
    REPLY_CHUNK,
    REPLY_CHUNK_END,
    REPLY_TRAILER,
    REPLY_TO_THE_END,
    REPLY_DONE,
    REPLY_BAD
};

struct reply {
    enum reply_state state;
    int status;
    char version[REPLY_VERSION_SIZE]; /* X-Amz-Executed-Version; "" without */
    char error[REPLY_ERROR_SIZE];     /* X-Amzn-ErrorType; "" without */
    bool is_function_error;
    bool is_cold;       /* its log tail tells of an Init Duration */
    bool is_last;       /* the server closes the connection after it */
    struct buffer head; /* a line, or all the head, that is not complete yet */
    struct buffer body; /* the beginning of a body that is not 200's: why it failed */
    uint64_t left;      /* of the body or the chunk */
    uint64_t seen;      /* bytes in all */
};

/* A zeroed reply is ready. Takes in bytes and returns how many of them belong to the answer; all,
 * unless it is done or bad. */
size_t reply_feed(struct reply *reply, const char *bytes, size_t size);

/* The connection has ended: true if that completes the answer. */
bool reply_end(struct reply *reply);

/* One header line, without its line end. */
void reply_header(struct reply *reply, struct text line);

/* A sentence about an answer that is not 200, from its body. */
void reply_message(const struct reply *reply, char *message_out, size_t size);

/* Ready for the next one; keeps its memory. */
void reply_reset(struct reply *reply);
void reply_clear(struct reply *reply);

#endif
