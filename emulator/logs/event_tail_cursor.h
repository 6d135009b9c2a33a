/*
 * A tail's events of a range, one after the other in order of reading: only as far as somebody
 * reads, so that a page costs the same however long the tail is.
 */
#ifndef COALMINE_LOGS_EVENT_TAIL_CURSOR_H
#define COALMINE_LOGS_EVENT_TAIL_CURSOR_H

#include "logs/event_rows.h"
#include "logs/event_tail.h"

struct event_tail_cursor {
    const struct event_tail *tail; /* must not change meanwhile */
    const struct event_order *order;
    const struct event_range *range;
    struct event_bounds bounds;
    size_t at; /* the next one: of the order; backward: the one below */
    struct event_row row;
    bool has_row;
};

/* Sorts what has come into the tail since somebody read it; tail and range are borrowed. The cursor
 * itself owns nothing, and need not be closed. */
void event_tail_cursor_open(struct event_tail_cursor *cursor, struct event_tail *tail,
                            const struct event_range *range);
/* Where it stands, until it moves; NULL: at the end. */
const struct event_row *event_tail_cursor_row(const struct event_tail_cursor *cursor);
void event_tail_cursor_move_on(struct event_tail_cursor *cursor);

#endif
