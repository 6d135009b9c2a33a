/*
 * All log events. A batch is one record of the journal and stays in memory until the next
 * checkpoint writes it to the telemetry database; reading merges both. Knows groups and streams
 * by their ids only.
 */
#ifndef COALMINE_LOGS_EVENT_STORE_H
#define COALMINE_LOGS_EVENT_STORE_H

#include <stdbool.h>

#include "arena.h"
#include "compiler.h"
#include "error.h"
#include "logs/event.h"

struct event_store;
struct journal;
struct telemetry;

struct event_store_parts {
    struct telemetry *telemetry;
    struct journal *journal;
    /* Whether the control plane has (still) this stream, or, with stream id 0, this group: only
     * then are events kept. */
    bool (*exists)(int64_t group_id, int64_t stream_id, void *owner);
    /* From when on the control plane has (still) this group's events kept. */
    int64_t (*kept_from_ms)(int64_t group_id, void *owner);
    void *owner;
};

/* NULL with a sentence if the database refuses. */
struct event_store *event_store_create(const struct event_store_parts *parts, struct error *error);
/* After telemetry_close(). Accepts NULL. */
void event_store_destroy(struct event_store *store);

/* The journal is open: what follows may be appended. */
void event_store_set_journal(struct event_store *store, struct journal *journal);

/* Takes the batch in, which is safe when the turn's journal is, and gives the sequence number of
 * its first event. */
int64_t event_store_append(struct event_store *store, const struct event_batch *batch);

/* Applies a JOURNAL_LOG_EVENTS record at start. */
void event_store_replay(struct event_store *store, struct text record);

/* Drops events of streams that exist no more, which a crash may have left. At start. */
void event_store_sweep(struct event_store *store);

/* The stream (0: the whole group) was deleted: its events go with the next checkpoint. */
void event_store_delete(struct event_store *store, int64_t group_id, int64_t stream_id);
/* What has expired of the group's events by the next checkpoint goes with it. */
void event_store_expire(struct event_store *store, int64_t group_id);

/* The telemetry was reset: memory follows. */
void event_store_reset(struct event_store *store);

/* What to read: events strictly behind `position` in the direction of reading. */
struct event_range {
    int64_t group_id;
    int64_t stream_id; /* 0: the whole group */
    int64_t from_ms;
    int64_t until_ms; /* not included */
    struct event_position position;
    bool is_backward;
    size_t limit;      /* events */
    size_t likely;     /* so many will mostly do, as the visitor stops then; 0: `limit` */
    size_t byte_limit; /* of messages, overhead included; the first event may pass it */
};

/* Where reading everything begins, in either direction. */
extern const struct event_position EVENT_POSITION_FIRST;
extern const struct event_position EVENT_POSITION_LAST;

/* Calls `visit` for each event of the range in order of reading, until it answers false or a limit
 * is reached; true if there is more then (that at which `visit` answered false included). A row is
 * borrowed during the call, which reads no events itself. */
bool event_store_visit(struct event_store *store, const struct event_range *range,
                       bool (*visit)(const struct event_row *row, void *owner), void *owner);

struct event_page {
    struct event_row *rows; /* in order of reading */
    size_t count;
    bool is_cut; /* a limit ended the page: there is more */
};

/* Reads a page; rows and messages live in the arena. */
void event_store_read(struct event_store *store, const struct event_range *range,
                      struct arena *arena, struct event_page *page_out);

/* What is known of a stream's events; last_ingested_ms 0: it has none. */
struct stream_state {
    int64_t stream_id; /* given by the caller */
    int64_t first_ms;
    int64_t last_ms;
    int64_t last_ingested_ms;
};

/* Fills in the states; sorts them by stream id. */
void event_store_states(struct event_store *store, struct stream_state *states, size_t count);

/* Bytes of the group's events, as far as they are in the database. */
int64_t event_store_group_bytes(struct event_store *store, int64_t group_id);

#endif
