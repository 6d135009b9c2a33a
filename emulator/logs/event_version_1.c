#include "logs/event_version_1.h"

#include "logs/event_writer.h"
#include "store/statements.h"

static bool copy_events(sqlite3 *database, struct event_writer *writer, struct error *error)
{
    sqlite3_stmt *query = NULL;
    bool is_good = statements_prepare(
        database,
        "SELECT group_id, stream_id, time_ms, sequence, ingested_ms, message FROM log_event "
        "ORDER BY stream_id, sequence",
        &query, error);
    int result = SQLITE_DONE;
    while (is_good && (result = sqlite3_step(query)) == SQLITE_ROW) {
        const struct event_row row = {
            .group_id = sqlite3_column_int64(query, 0),
            .stream_id = sqlite3_column_int64(query, 1),
            .time_ms = sqlite3_column_int64(query, 2),
            .sequence = sqlite3_column_int64(query, 3),
            .ingested_ms = sqlite3_column_int64(query, 4),
            .message = { sqlite3_column_blob(query, 5), (size_t)sqlite3_column_bytes(query, 5) },
        };
        is_good = event_writer_add(writer, &row, error);
    }
    if (is_good && result != SQLITE_DONE)
        is_good = statements_set_error(database, error);
    sqlite3_finalize(query);
    return is_good;
}

static bool convert(sqlite3 *database, struct error *error)
{
    struct event_writer writer;
    bool is_good =
        event_writer_begin(&writer, database, error) && copy_events(database, &writer, error);
    return event_writer_end(&writer, is_good, error) &&
           statements_execute(database, "DROP TABLE log_event; COMMIT", error);
}

bool event_version_1_convert(sqlite3 *database, struct error *error)
{
    int64_t tables = statements_number(database, "SELECT count(*) FROM sqlite_schema WHERE "
                                                 "type='table' AND name='log_event'");
    if (tables < 0)
        return statements_set_error(database, error);
    if (tables == 0)
        return true;
    /* What the groups hold is counted anew while it is written. */
    bool is_good =
        statements_execute(database, "BEGIN IMMEDIATE; DELETE FROM log_group_state", error) &&
        convert(database, error);
    if (!is_good)
        sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    return is_good;
}
