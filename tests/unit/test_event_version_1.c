/* event_version_1: a conversion that is refused. One that goes well is test_event_store.c's. */

#include "logs/event_version_1.h"
#include "support/suite.h"

static const char tables[] =
    "CREATE TABLE log_event (group_id, time_ms, sequence, stream_id, ingested_ms, message);"
    "INSERT INTO log_event VALUES (7, 10, 1, 70, 11, 'a'), (7, 20, 2, 71, 21, 'b');"
    "CREATE TABLE log_block ("
    "  id INTEGER PRIMARY KEY, group_id, stream_id, slot, bytes, events);"
    "CREATE TABLE log_stream_state ("
    "  stream_id INTEGER PRIMARY KEY, group_id, first_ms, last_ms, ingested_ms);"
    "CREATE TABLE log_group_state (group_id INTEGER PRIMARY KEY, bytes);";

/* The second stream's rows are refused when all of the first's went well. */
static const char refusal[] =
    "CREATE TRIGGER refusal BEFORE INSERT ON log_block WHEN NEW.stream_id = 71"
    "  BEGIN SELECT RAISE(ABORT, 'no room'); END";

static void execute(sqlite3 *database, const char *sql)
{
    ck_assert_int_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
}

static int count(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *query;
    ck_assert_int_eq(sqlite3_prepare_v2(database, sql, -1, &query, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(query), SQLITE_ROW);
    int rows = sqlite3_column_int(query, 0);
    sqlite3_finalize(query);
    return rows;
}

START_TEST(a_conversion_that_is_refused_tells_why_and_leaves_the_rows)
{
    struct error error = { 0 };
    sqlite3 *database;
    ck_assert_int_eq(sqlite3_open(":memory:", &database), SQLITE_OK);
    execute(database, tables);
    execute(database, refusal);
    ck_assert(!event_version_1_convert(database, &error));
    ck_assert_str_eq(error.message, "no room");
    error_clear(&error);
    ck_assert_int_eq(count(database, "SELECT count(*) FROM log_event"), 2);
    ck_assert_int_eq(count(database, "SELECT count(*) FROM log_block"), 0);
    execute(database, "DROP TRIGGER refusal");
    ck_assert(event_version_1_convert(database, &error));
    ck_assert_int_eq(count(database, "SELECT count(*) FROM log_block"), 2);
    ck_assert(event_version_1_convert(database, &error)); /* there is nothing more to convert */
    sqlite3_close(database);
}
END_TEST

SUITE("event_version_1", a_conversion_that_is_refused_tells_why_and_leaves_the_rows)
