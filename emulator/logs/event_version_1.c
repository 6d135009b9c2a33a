#include "logs/event_version_1.h"

#include "logs/event_writer.h"

/* 1: yes, 0: no, -1: the database refuses */
static int is_there(sqlite3 *database)
{
    sqlite3_stmt *query = NULL;
    int result = sqlite3_prepare_v2(database,
                                    "SELECT 1 FROM sqlite_schema WHERE type='table' AND "
                                    "name='log_event'",
                                    -1, &query, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(query);
    sqlite3_finalize(query);
    return result == SQLITE_ROW ? 1 : result == SQLITE_DONE ? 0 : -1;
}

static bool copy_events(sqlite3 *database, struct event_writer *writer)
{
    sqlite3_stmt *query = NULL;
    int result = sqlite3_prepare_v2(
        database,
        "SELECT group_id, stream_id, time_ms, sequence, ingested_ms, message FROM log_event "
        "ORDER BY stream_id, sequence",
        -1, &query, NULL);
    while (result == SQLITE_OK && (result = sqlite3_step(query)) == SQLITE_ROW) {
        const struct event_row row = {
            .group_id = sqlite3_column_int64(query, 0),
            .stream_id = sqlite3_column_int64(query, 1),
            .time_ms = sqlite3_column_int64(query, 2),
            .sequence = sqlite3_column_int64(query, 3),
            .ingested_ms = sqlite3_column_int64(query, 4),
            .message = { sqlite3_column_blob(query, 5), (size_t)sqlite3_column_bytes(query, 5) },
        };
        result = event_writer_add(writer, &row) ? SQLITE_OK : SQLITE_ERROR;
    }
    sqlite3_finalize(query);
    return result == SQLITE_DONE;
}

static bool convert(sqlite3 *database)
{
    struct event_writer writer;
    bool is_good = event_writer_begin(&writer, database) && copy_events(database, &writer);
    return event_writer_end(&writer, is_good) &&
           sqlite3_exec(database, "DROP TABLE log_event; COMMIT", NULL, NULL, NULL) == SQLITE_OK;
}

bool event_version_1_convert(sqlite3 *database)
{
    int found = is_there(database);
    if (found <= 0)
        return found == 0;
    /* What the groups hold is counted anew while it is written. */
    bool is_good = sqlite3_exec(database, "BEGIN IMMEDIATE; DELETE FROM log_group_state", NULL,
                                NULL, NULL) == SQLITE_OK &&
                   convert(database);
    if (!is_good)
        sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    return is_good;
}
