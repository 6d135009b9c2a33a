/*
 * The database's events of a range, one after the other in order of reading.
 */
#ifndef COALMINE_LOGS_EVENT_CURSOR_H
#define COALMINE_LOGS_EVENT_CURSOR_H

#include "arena.h"
#include "logs/event_rows.h"
#include "store/telemetry.h"

struct event_cursor {
    struct telemetry *telemetry;
    sqlite3_stmt *query; /* stands at the first block of the next slot */
    bool has_block;
    int64_t slot; /* that is being read */
    int64_t group_id;
    int64_t below;          /* only events with smaller sequence numbers */
    struct event_rows rows; /* of that slot: if full, those that are read first */
    struct arena texts;     /* their messages */
    size_t at;
};

/* One cursor is open at a time: it uses a statement that the next one uses too. */
void event_cursor_open(struct event_cursor *cursor, struct telemetry *telemetry,
                       const struct event_range *range, int64_t below);
/* Where it stands, until it moves; NULL: at the end. */
const struct event_row *event_cursor_row(const struct event_cursor *cursor);
void event_cursor_move_on(struct event_cursor *cursor);
void event_cursor_close(struct event_cursor *cursor);

#endif
