/* event_conversion: one that is refused, and one of longer slots. One of rows that goes well is
 * test_event_store.c's. */
#include "logs/event_conversion.h"

#include "logs/event_block.h"
#include "logs/event_writer.h"
#include "support/suite.h"
#include "xalloc.h"

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
    ck_assert(!event_conversion_run(database, &error));
    ck_assert_str_eq(error.message, "no room");
    error_clear(&error);
    ck_assert_int_eq(count(database, "SELECT count(*) FROM log_event"), 2);
    ck_assert_int_eq(count(database, "SELECT count(*) FROM log_block"), 0);
    execute(database, "DROP TRIGGER refusal");
    ck_assert(event_conversion_run(database, &error));
    ck_assert_int_eq(count(database, "SELECT count(*) FROM log_block"), 2);
    ck_assert(event_conversion_run(database, &error)); /* there is nothing more to convert */
    sqlite3_close(database);
}
END_TEST

enum { EVENTS = 5, NEW_EVENTS = 4 };

/* In two slots of 128 ms, and in four of 16; the last one came after those were the rule. */
static const struct event_row events[EVENTS] = {
    { 7, 70, 1000000030, 1, 5, { "a", 1 } }, { 7, 70, 1000000010, 2, 6, { "bb", 2 } },
    { 7, 70, 1000000020, 3, 6, { "c", 1 } }, { 8, 80, -10, 4, 7, { "d", 1 } },
    { 7, 70, 1000000040, 5, 8, { "e", 1 } },
};

static void write_events(sqlite3 *database, int from, int end)
{
    struct error error = { 0 };
    struct event_writer writer;
    bool is_good = event_writer_begin(&writer, database, &error);
    for (int i = from; i < end; i++)
        is_good = is_good && event_writer_add(&writer, &events[i], &error);
    ck_assert(event_writer_end(&writer, is_good, &error));
}

/* A block as the first ones were: of the events that lie in one long slot. */
static void write_long_block(sqlite3 *database, int from, int end)
{
    struct buffer block = { 0 };
    sqlite3_stmt *insert;
    for (int i = from; i < end; i++)
        event_block_add(&block, &events[i]);
    ck_assert_int_eq(sqlite3_prepare_v2(database,
                                        "INSERT INTO log_block VALUES (NULL, ?, ?, ?, 99, ?)", -1,
                                        &insert, NULL),
                     SQLITE_OK);
    sqlite3_bind_int64(insert, 1, events[from].group_id);
    sqlite3_bind_int64(insert, 2, events[from].stream_id);
    sqlite3_bind_int64(insert, 3, event_long_slot(events[from].time_ms));
    sqlite3_bind_blob64(insert, 4, block.data, block.size, SQLITE_STATIC);
    ck_assert_int_eq(sqlite3_step(insert), SQLITE_DONE);
    sqlite3_finalize(insert);
    buffer_clear(&block);
}

static sqlite3 *open_tables(void)
{
    sqlite3 *database;
    ck_assert_int_eq(sqlite3_open(":memory:", &database), SQLITE_OK);
    execute(database, tables);
    execute(database, "DROP TABLE log_event");
    return database;
}

/* All that readers see; the caller's. */
static char *describe(sqlite3 *database)
{
    static const char sql[] =
        "SELECT (SELECT group_concat(group_id || ' ' || stream_id || ' ' || slot || ' ' || bytes ||"
        "  ' ' || hex(events)) FROM (SELECT * FROM log_block ORDER BY group_id, slot)),"
        "  (SELECT group_concat(stream_id || ' ' || first_ms || ' ' || last_ms || ' ' ||"
        "  ingested_ms) FROM log_stream_state),"
        "  (SELECT group_concat(group_id || ' ' || bytes) FROM log_group_state)";
    sqlite3_stmt *query;
    ck_assert_int_eq(sqlite3_prepare_v2(database, sql, -1, &query, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(query), SQLITE_ROW);
    char *text = xformat("%s; %s; %s", sqlite3_column_text(query, 0), sqlite3_column_text(query, 1),
                         sqlite3_column_text(query, 2));
    sqlite3_finalize(query);
    return text;
}

START_TEST(blocks_of_longer_slots_become_what_would_be_written_today)
{
    struct error error = { 0 };
    sqlite3 *today = open_tables();
    sqlite3 *database = open_tables();
    write_events(today, 0, EVENTS);
    char *wanted = describe(today);
    write_long_block(database, 0, NEW_EVENTS - 1);
    write_long_block(database, NEW_EVENTS - 1, NEW_EVENTS);
    execute(database, "INSERT INTO log_group_state VALUES (7, 1)");
    write_events(database, NEW_EVENTS, EVENTS);
    for (int round = 0; round < 2; round++) {
        ck_assert(event_conversion_run(database, &error));
        char *found = describe(database);
        ck_assert_str_eq(found, wanted);
        free(found);
    }
    free(wanted);
    sqlite3_close(database);
    sqlite3_close(today);
}
END_TEST

SUITE("event_conversion", a_conversion_that_is_refused_tells_why_and_leaves_the_rows,
      blocks_of_longer_slots_become_what_would_be_written_today)
