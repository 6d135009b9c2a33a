/*
 * The events that are not in the database yet: one block of rows and one of their bytes.
 */
#ifndef COALMINE_LOGS_EVENT_TAIL_H
#define COALMINE_LOGS_EVENT_TAIL_H

#include "buffer.h"
#include "logs/event.h"

/* Places of rows in some order: of the first `count` rows. */
struct event_order {
    uint32_t *places;
    size_t count;
};

struct event_tail {
    struct tail_row *rows; /* in order of sequence */
    size_t count;
    size_t capacity;
    struct buffer bytes;
    struct event_order by_time;   /* see event_tail_sort() */
    struct event_order by_stream; /* and in each by time */
};

struct tail_row {
    struct event_row row; /* its message has no data: see `offset` */
    size_t offset;
};

/* Copies the batch; its events get numbers from `first_sequence` on. */
void event_tail_add(struct event_tail *tail, const struct event_batch *batch,
                    int64_t first_sequence);

/* Puts what `newer` holds behind what `tail` holds, and empties it. */
void event_tail_join(struct event_tail *tail, struct event_tail *newer);

/* Brings one order up to all rows. Who writes many events and reads none pays nothing for it. */
const struct event_order *event_tail_sort(struct event_tail *tail, bool is_by_stream);

/* The row with its message, which is borrowed until the tail changes. */
struct event_row event_tail_row(const struct event_tail *tail, size_t at);

/* Frees; leaves an empty tail. */
void event_tail_clear(struct event_tail *tail);

#endif
