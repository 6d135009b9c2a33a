/*
 * Rows that a range holds, gathered in any order and then read in order of reading.
 */
#ifndef COALMINE_LOGS_EVENT_ROWS_H
#define COALMINE_LOGS_EVENT_ROWS_H

#include "logs/event_store.h"

/* The range as a position to start behind and a bound of time to stop at. */
struct event_bounds {
    struct event_position start;
    int64_t stop_ms; /* forward: not included; backward: included */
    bool is_backward;
};

/* `hold`: whether an event at that position is of the range. */
struct event_bounds event_bounds_of(const struct event_range *range);
bool event_bounds_hold(const struct event_bounds *bounds, struct event_position position);

/* Zeroed but for `bounds` and `most` at birth. */
struct event_rows {
    struct event_bounds bounds;
    struct event_row *list; /* sorted: in order of time, in either direction */
    size_t count;
    size_t capacity;
    size_t most; /* of them are wanted first: not many more are held */
    bool is_full;
    struct event_position last; /* when full: what lies behind it is not held */
};

/* Whether an event of the range's group or stream is inside its bounds and among the first. */
bool event_rows_need(const struct event_rows *rows, const struct event_row *row);
/* The row's message must last as long as the rows do. */
void event_rows_add(struct event_rows *rows, const struct event_row *row);
void event_rows_sort(struct event_rows *rows);
/* Of sorted ones, in order of reading. */
const struct event_row *event_rows_at(const struct event_rows *rows, size_t at);
/* Empties them; the memory is kept. */
void event_rows_reset(struct event_rows *rows);

#endif
