/* event_checkpoint: what SQLite refuses fails the checkpoint, and all of it, and the log has why.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "logs/event_state.h"
#include "loop/loop.h"
#include "store/journal.h"
#include "store/telemetry.h"
#include "support/directory.h"
#include "support/suite.h"
#include "xalloc.h"

enum { GROUP = 7, STREAM = 70, SECOND_STREAM = 71, KEPT_FROM_MS = 25, LOG_MAX = 4096 };

/* The SELECT that begins so fails; in place of SQLite's own step. */
static const char *unreadable;

int sqlite3_step(sqlite3_stmt *statement)
{
    int (*step)(sqlite3_stmt *) = NULL;
    *(void **)&step = dlsym(RTLD_NEXT, "sqlite3_step");
    const char *sql = unreadable ? sqlite3_sql(statement) : NULL;
    return sql && strncmp(sql, unreadable, strlen(unreadable)) == 0 ? SQLITE_IOERR
                                                                    : step(statement);
}

static bool exists(int64_t group_id UNUSED, int64_t stream_id UNUSED, void *owner UNUSED)
{
    return true;
}

static int64_t kept_from_ms(int64_t group_id UNUSED, void *owner UNUSED)
{
    return KEPT_FROM_MS;
}

static void on_record(uint8_t kind UNUSED, struct text payload, void *owner)
{
    event_store_replay(owner, payload);
}

static void append(struct event_store *store, int64_t stream_id, int64_t time_ms)
{
    const struct log_event event = { time_ms, text_from("x") };
    const struct event_batch batch = { GROUP, stream_id, time_ms, &event, 1 };
    event_store_append(store, &batch);
}

/* Opens all, appends an event of that time to both streams, expires what is old if that is wanted,
 * and ends with a checkpoint. The position that the one before has left. */
static uint64_t run(const char *directory, int64_t time_ms, bool expires)
{
    struct error error = { 0 };
    struct loop *loop = loop_create();
    struct telemetry *telemetry = telemetry_open(directory, false, &error);
    const struct event_store_parts parts = { telemetry, NULL, exists, kept_from_ms, NULL };
    struct event_store *store = event_store_create(&parts, &error);
    struct journal *journal = journal_open(directory, false, &error);
    uint64_t position = telemetry_position(telemetry);
    event_store_set_journal(store, journal);
    ck_assert(journal_replay(journal, position, on_record, store, &error));
    telemetry_start(telemetry, loop, journal);
    append(store, STREAM, time_ms);
    append(store, SECOND_STREAM, time_ms);
    if (expires)
        event_store_expire(store, GROUP);
    ck_assert(journal_flush(journal, &error));
    telemetry_close(telemetry);
    event_store_destroy(store);
    journal_close(journal);
    loop_destroy(loop);
    return position;
}

/* The rest of its slot would stay for ever. */
START_TEST(an_expiry_that_cannot_read_its_slot_fails_the_checkpoint)
{
    const char *directory = test_directory();
    ck_assert_uint_eq(run(directory, 20, false), 0);
    unreadable = "SELECT id, events FROM log_block";
    uint64_t before = run(directory, 30, true);
    unreadable = NULL;
    ck_assert_uint_gt(before, 0);
    ck_assert_uint_eq(run(directory, 40, true), before);
    ck_assert_uint_gt(run(directory, 50, false), before);
}
END_TEST

static void execute_in(const char *directory, const char *sql)
{
    CLEANUP(freep) char *path = xformat("%s/telemetry.db", directory);
    sqlite3 *database;
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
}

/* The second stream's events are refused when all of the first's went well. */
START_TEST(the_log_has_why_a_checkpoint_was_refused)
{
    struct error error = { 0 };
    const char *directory = test_directory();
    CLEANUP(freep) char *path = xformat("%s/log", directory);
    run(directory, 20, false);
    execute_in(directory, "CREATE TRIGGER refusal BEFORE INSERT ON log_block "
                          "WHEN NEW.stream_id = 71 BEGIN SELECT RAISE(ABORT, 'no room'); END");
    ck_assert_ptr_nonnull(freopen(path, "w", stderr));
    uint64_t before = run(directory, 30, false);
    fflush(stderr);
    CLEANUP(freep) char *log = file_read(path, LOG_MAX, &(size_t){ 0 }, &error);
    ck_assert_ptr_nonnull(strstr(log, "telemetry.db: no room\n"));
    execute_in(directory, "DROP TRIGGER refusal");
    ck_assert_uint_eq(run(directory, 40, false), before);
    ck_assert_uint_gt(run(directory, 50, false), before);
}
END_TEST

/* As none, it would have what the checkpoint reflects replayed once more. */
START_TEST(a_position_that_cannot_be_read_is_not_taken_for_none)
{
    struct error error = { 0 };
    const char *directory = test_directory();
    run(directory, 20, false);
    unreadable = "SELECT coalesce(max(at), 0) FROM position";
    ck_assert_ptr_null(telemetry_open(directory, false, &error));
    error_clear(&error);
    unreadable = NULL;
    ck_assert_uint_gt(run(directory, 30, false), 0);
}
END_TEST

SUITE("event checkpoint", an_expiry_that_cannot_read_its_slot_fails_the_checkpoint,
      the_log_has_why_a_checkpoint_was_refused,
      a_position_that_cannot_be_read_is_not_taken_for_none)
