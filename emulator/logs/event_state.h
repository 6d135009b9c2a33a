/*
 * The event store's inside, for the files event_*.c.
 */
#ifndef COALMINE_LOGS_EVENT_STATE_H
#define COALMINE_LOGS_EVENT_STATE_H

#include "logs/event_store.h"
#include "logs/event_tail.h"

/* What the next checkpoint removes. */
struct event_removal {
    int64_t group_id;
    int64_t stream_id; /* 0: the whole group */
    bool is_expiry;    /* what has expired, not all */
    int64_t before_ms; /* an expiry's bound, as it was when the checkpoint began */
};

struct event_removals {
    struct event_removal *list;
    size_t count;
};

struct event_store {
    struct event_store_parts parts;
    struct event_tail tail;
    struct event_tail taken; /* the worker's, until it is written */
    struct event_removals removals;
    struct event_removals taken_removals;
    int64_t next_sequence;
    int64_t taken_sequence;    /* next_sequence when the worker's part was taken */
    int64_t database_sequence; /* the database has what is below */
};

/* Registers with the telemetry. False with a sentence if it refuses. */
MUST_CHECK bool event_checkpoint_add(struct event_store *store, struct error *error);

#endif
