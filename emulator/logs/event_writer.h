/*
 * Writes events into the telemetry database, as blocks and what they add to the states of streams
 * and groups. On the worker, inside its transaction.
 */
#ifndef COALMINE_LOGS_EVENT_WRITER_H
#define COALMINE_LOGS_EVENT_WRITER_H

#include <sqlite3.h>

#include "buffer.h"
#include "compiler.h"
#include "error.h"
#include "logs/event.h"

/* Events of one stream that were added one after the other. */
struct event_run {
    int64_t group_id;
    int64_t stream_id;
    int64_t first_ms;
    int64_t last_ms;
    int64_t ingested_ms;
    int64_t bytes; /* overhead included */
};

struct event_writer {
    sqlite3_stmt *block;
    sqlite3_stmt *stream;
    sqlite3_stmt *group;
    struct event_run run;
    struct buffer events; /* the block that is being made */
    int64_t slot;
    int64_t block_bytes; /* of `run`, those of the block */
};

/* Whatever becomes of it, event_writer_end() must follow. */
MUST_CHECK bool event_writer_begin(struct event_writer *writer, sqlite3 *database,
                                   struct error *error);
/* A stream costs least when its events come one after the other. */
MUST_CHECK bool event_writer_add(struct event_writer *writer, const struct event_row *row,
                                 struct error *error);
/* Writes what is left if `is_good`, which it passes on, and frees. */
MUST_CHECK bool event_writer_end(struct event_writer *writer, bool is_good, struct error *error);

#endif
