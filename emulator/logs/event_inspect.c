#include "logs/event_inspect.h"

#include "logs/event_block.h"
#include "store/inspection.h"

static bool is_whole(struct text block, int64_t slot, int64_t bytes)
{
    struct event_row row;
    while (event_block_next(&block, &row)) {
        /* Longer slots are converted at the next start. */
        bool is_right = event_slot(row.time_ms) == slot || event_long_slot(row.time_ms) == slot;
        if (!is_right || !text_is_utf8(row.message, NULL))
            return false;
        bytes -= (int64_t)row.message.size + EVENT_OVERHEAD;
    }
    return block.size == 0 && bytes == 0;
}

void event_inspect(struct inspection *inspection, sqlite3 *database)
{
    sqlite3_stmt *query = NULL;
    /* A database of version 1 has no such table. */
    if (sqlite3_prepare_v2(database, "SELECT id, slot, bytes, events FROM log_block", -1, &query,
                           NULL) == SQLITE_OK) {
        while (sqlite3_step(query) == SQLITE_ROW) {
            struct text block = { sqlite3_column_blob(query, 3),
                                  (size_t)sqlite3_column_bytes(query, 3) };
            if (!is_whole(block, sqlite3_column_int64(query, 1), sqlite3_column_int64(query, 2)))
                inspection_problem(inspection,
                                   "telemetry.db: the log events of block %lld are not whole",
                                   (long long)sqlite3_column_int64(query, 0));
        }
    }
    sqlite3_finalize(query);
}
