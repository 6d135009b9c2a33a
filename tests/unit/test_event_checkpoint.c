/* event_checkpoint: what SQLite cannot read fails the checkpoint, and all of it. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "logs/event_state.h"
#include "loop/loop.h"
#include "store/journal.h"
#include "store/telemetry.h"
#include "support/directory.h"
#include "support/suite.h"

enum { GROUP = 7, STREAM = 70, KEPT_FROM_MS = 25 };

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

/* Opens all, appends an event of that time, expires what is old if that is wanted, and ends with a
 * checkpoint. The position that the one before has left. */
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
    const struct log_event event = { time_ms, text_from("x") };
    const struct event_batch batch = { GROUP, STREAM, time_ms, &event, 1 };
    event_store_append(store, &batch);
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

SUITE("event checkpoint", an_expiry_that_cannot_read_its_slot_fails_the_checkpoint)
