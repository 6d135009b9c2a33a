/*
 * Slot by slot: the rows of one are gathered from its blocks and sorted. Of what is in a slot,
 * however much, only so much is held as will mostly do. Who reads on gets the slot once more, from
 * there on and in a larger portion, which is then that of all slots.
 */
#include "logs/event_cursor.h"

#include <stdlib.h>

#include "log.h"
#include "logs/event_block.h"

enum { GROWTH = 4, PORTION_MAX = 1 << 28 };

#define BLOCKS_OF(column)                                                                          \
    "SELECT stream_id, slot, events FROM log_block WHERE " column "=?1 AND slot BETWEEN ?2 AND "   \
    "?3 "

static const char *choose(const struct event_range *range)
{
    if (range->stream_id)
        return range->is_backward ? BLOCKS_OF("stream_id") "ORDER BY slot DESC, id DESC"
                                  : BLOCKS_OF("stream_id") "ORDER BY slot, id";
    return range->is_backward ? BLOCKS_OF("group_id") "ORDER BY slot DESC, id DESC"
                              : BLOCKS_OF("group_id") "ORDER BY slot, id";
}

static void add_block(struct event_cursor *cursor)
{
    struct event_row row = { .group_id = cursor->group_id,
                             .stream_id = sqlite3_column_int64(cursor->query, 0) };
    struct text block = { sqlite3_column_blob(cursor->query, 2),
                          (size_t)sqlite3_column_bytes(cursor->query, 2) };
    while (event_block_next(&block, &row)) {
        if (row.sequence >= cursor->below || !event_rows_need(&cursor->rows, &row))
            continue;
        row.message.data = arena_copy(&cursor->texts, row.message);
        event_rows_add(&cursor->rows, &row);
    }
    if (block.size)
        log_error("logs", "telemetry.db: a block of log events cannot be read to its end");
}

static void load_slot(struct event_cursor *cursor)
{
    cursor->slot = sqlite3_column_int64(cursor->query, 1);
    cursor->at = 0;
    event_rows_reset(&cursor->rows);
    arena_clear(&cursor->texts);
    while (cursor->has_block && sqlite3_column_int64(cursor->query, 1) == cursor->slot) {
        add_block(cursor);
        cursor->has_block = telemetry_step(cursor->telemetry, cursor->query);
    }
    event_rows_sort(&cursor->rows);
}

/* From a slot on. */
static void start_query(struct event_cursor *cursor, int64_t slot)
{
    sqlite3_reset(cursor->query);
    sqlite3_bind_int64(cursor->query, cursor->rows.bounds.is_backward ? 3 : 2, slot);
    cursor->has_block = telemetry_step(cursor->telemetry, cursor->query);
}

/* To the slot that is being read, for what is behind the portion of it that was held. */
static void go_back(struct event_cursor *cursor)
{
    struct event_rows *rows = &cursor->rows;
    rows->bounds.start = event_row_position(event_rows_at(rows, rows->count - 1));
    rows->most = rows->most < PORTION_MAX ? GROWTH * rows->most : PORTION_MAX;
    cursor->at = 0;
    event_rows_reset(rows);
    start_query(cursor, cursor->slot);
}

/* To the next portion, or slot, that has something, if this one has nothing more. */
static void settle(struct event_cursor *cursor)
{
    while (cursor->at == cursor->rows.count) {
        if (cursor->rows.is_full)
            go_back(cursor);
        if (!cursor->has_block)
            return;
        load_slot(cursor);
    }
}

/* One more than will mostly do, since that one tells whether there is more. */
static size_t first_portion(const struct event_range *range)
{
    size_t likely = range->likely ? range->likely : range->limit;
    return likely < PORTION_MAX ? likely + 1 : PORTION_MAX;
}

void event_cursor_open(struct event_cursor *cursor, struct telemetry *telemetry,
                       const struct event_range *range, int64_t below)
{
    struct event_bounds bounds = event_bounds_of(range);
    int64_t start = event_slot(bounds.start.time_ms);
    int64_t stop = event_slot(bounds.stop_ms);
    *cursor = (struct event_cursor){ .telemetry = telemetry,
                                     .query = telemetry_query(telemetry, choose(range)),
                                     .group_id = range->group_id,
                                     .below = below,
                                     .rows = { .bounds = bounds, .most = first_portion(range) } };
    sqlite3_bind_int64(cursor->query, 1, range->stream_id ? range->stream_id : range->group_id);
    sqlite3_bind_int64(cursor->query, range->is_backward ? 2 : 3, stop);
    start_query(cursor, start);
    settle(cursor);
}

const struct event_row *event_cursor_row(const struct event_cursor *cursor)
{
    return cursor->at < cursor->rows.count ? event_rows_at(&cursor->rows, cursor->at) : NULL;
}

void event_cursor_move_on(struct event_cursor *cursor)
{
    cursor->at++;
    settle(cursor);
}

void event_cursor_close(struct event_cursor *cursor)
{
    sqlite3_reset(cursor->query);
    arena_clear(&cursor->texts);
    free(cursor->rows.list);
}
