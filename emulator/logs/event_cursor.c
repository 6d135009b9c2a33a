/*
 * Slot by slot: the rows of one are gathered from its blocks and sorted. Of what is in a slot,
 * however much, only what the range may still give is held.
 */
#include "logs/event_cursor.h"

#include <stdlib.h>

#include "log.h"
#include "logs/event_block.h"

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
    int64_t slot = sqlite3_column_int64(cursor->query, 1);
    cursor->at = 0;
    event_rows_reset(&cursor->rows);
    arena_clear(&cursor->texts);
    while (cursor->has_block && sqlite3_column_int64(cursor->query, 1) == slot) {
        add_block(cursor);
        cursor->has_block = sqlite3_step(cursor->query) == SQLITE_ROW;
    }
    event_rows_sort(&cursor->rows);
}

/* To the next slot that has something, if this one has nothing more. */
static void settle(struct event_cursor *cursor)
{
    while (cursor->at == cursor->rows.count && cursor->has_block)
        load_slot(cursor);
}

void event_cursor_open(struct event_cursor *cursor, sqlite3 *database,
                       const struct event_range *range, int64_t below)
{
    struct event_bounds bounds = event_bounds_of(range);
    int64_t start = event_slot(bounds.start.time_ms);
    int64_t stop = event_slot(bounds.stop_ms);
    *cursor = (struct event_cursor){ .group_id = range->group_id,
                                     .below = below,
                                     .rows = { .bounds = bounds, .most = event_rows_most(range) } };
    if (sqlite3_prepare_v2(database, choose(range), -1, &cursor->query, NULL) != SQLITE_OK)
        abort();
    sqlite3_bind_int64(cursor->query, 1, range->stream_id ? range->stream_id : range->group_id);
    sqlite3_bind_int64(cursor->query, 2, range->is_backward ? stop : start);
    sqlite3_bind_int64(cursor->query, 3, range->is_backward ? start : stop);
    cursor->has_block = sqlite3_step(cursor->query) == SQLITE_ROW;
    settle(cursor);
}

const struct event_row *event_cursor_row(const struct event_cursor *cursor)
{
    return cursor->at < cursor->rows.count ? &cursor->rows.list[cursor->at] : NULL;
}

void event_cursor_move_on(struct event_cursor *cursor)
{
    cursor->at++;
    settle(cursor);
}

void event_cursor_close(struct event_cursor *cursor)
{
    sqlite3_finalize(cursor->query);
    arena_clear(&cursor->texts);
    free(cursor->rows.list);
}
