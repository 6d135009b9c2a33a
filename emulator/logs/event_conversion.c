#include "logs/event_conversion.h"

#include "logs/event_block.h"
#include "logs/event_writer.h"
#include "store/statements.h"
#include "xalloc.h"

static bool copy_rows(sqlite3 *database, struct event_writer *writer, struct error *error)
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

static bool copy_block(sqlite3_stmt *query, struct event_writer *writer, struct error *error)
{
    struct event_row row = { .group_id = sqlite3_column_int64(query, 0),
                             .stream_id = sqlite3_column_int64(query, 1) };
    struct text events = { sqlite3_column_blob(query, 2), (size_t)sqlite3_column_bytes(query, 2) };
    bool is_good = true;
    while (is_good && event_block_next(&events, &row))
        is_good = event_writer_add(writer, &row, error);
    return is_good;
}

/* What is written meanwhile comes behind all of these. */
static bool copy_blocks(sqlite3 *database, struct event_writer *writer, struct error *error)
{
    sqlite3_stmt *query = NULL;
    int64_t last = statements_number(database, "SELECT max(id) FROM log_block");
    bool is_good = statements_prepare(
        database, "SELECT group_id, stream_id, events FROM log_block WHERE id <= ? ORDER BY id",
        &query, error);
    sqlite3_bind_int64(query, 1, last);
    int result = SQLITE_DONE;
    while (is_good && (result = sqlite3_step(query)) == SQLITE_ROW)
        is_good = copy_block(query, writer, error);
    if (is_good && result != SQLITE_DONE)
        is_good = statements_set_error(database, error);
    sqlite3_finalize(query);
    CLEANUP(freep)
    char *remove = xformat("DELETE FROM log_block WHERE id <= %lld", (long long)last);
    return is_good && statements_execute(database, remove, error);
}

/* What the groups hold is counted anew while it is written. */
static bool convert(sqlite3 *database,
                    bool (*copy)(sqlite3 *, struct event_writer *, struct error *), const char *end,
                    struct error *error)
{
    struct event_writer writer;
    bool is_begun =
        statements_execute(database, "BEGIN IMMEDIATE; DELETE FROM log_group_state", error);
    bool is_good =
        is_begun && event_writer_begin(&writer, database, error) && copy(database, &writer, error);
    if (is_begun)
        is_good = event_writer_end(&writer, is_good, error);
    if (is_good && statements_execute(database, end, error))
        return true;
    sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

/* The oldest block tells: slots have not become longer again. In the first slots of 1970 both
 * lengths give one number. */
static bool find_long_slots(sqlite3 *database, bool *has_long_out, struct error *error)
{
    sqlite3_stmt *query = NULL;
    struct event_row row;
    *has_long_out = false;
    if (!statements_prepare(
            database, "SELECT slot, events FROM log_block WHERE slot <> 0 ORDER BY id LIMIT 1",
            &query, error))
        return false;
    int result = sqlite3_step(query);
    if (result == SQLITE_ROW) {
        int64_t slot = sqlite3_column_int64(query, 0);
        struct text events = { sqlite3_column_blob(query, 1),
                               (size_t)sqlite3_column_bytes(query, 1) };
        *has_long_out = event_block_next(&events, &row) && event_slot(row.time_ms) != slot &&
                        event_long_slot(row.time_ms) == slot;
    }
    bool is_good =
        result == SQLITE_ROW || result == SQLITE_DONE || statements_set_error(database, error);
    sqlite3_finalize(query);
    return is_good;
}

bool event_conversion_run(sqlite3 *database, struct error *error)
{
    int64_t tables = statements_number(database, "SELECT count(*) FROM sqlite_schema WHERE "
                                                 "type='table' AND name='log_event'");
    bool has_long;
    if (tables < 0)
        return statements_set_error(database, error);
    if (tables > 0)
        return convert(database, copy_rows, "DROP TABLE log_event; COMMIT", error);
    return find_long_slots(database, &has_long, error) &&
           (!has_long || convert(database, copy_blocks, "COMMIT", error));
}
