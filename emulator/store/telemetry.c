#include "store/telemetry.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "buffer.h"
#include "clock.h"
#include "file.h"
#include "log.h"
#include "loop/loop.h"
#include "store/journal.h"
#include "store/statements.h"
#include "store/wal.h"
#include "store/store.h"
#include "xalloc.h"

enum {
    INTERVAL_MS = 5000,   /* until what failed is tried again */
    GROWTH_MIN = 1 << 20, /* bytes of journal that make a checkpoint worth its while */
    REST = 20,            /* times as long as the loop was busy with the last one */
    US_PER_MS = 1000,
    PARTS_MAX = 4,
};

struct telemetry {
    char *path;
    sqlite3 *database;
    sqlite3 *reader;
    struct statements statements; /* of the reader */
    struct loop *loop;
    struct journal *journal;
    struct store *store; /* that it serves; NULL: none */
    struct loop_timer *timer;
    pthread_mutex_t writing; /* held by whoever writes to the database */
    struct telemetry_part parts[PARTS_MAX];
    int part_count;
    uint64_t position; /* that what was taken reflects */
    uint64_t saved;    /* that the database reflects */
    int64_t rests_until_us;
    bool is_under_way;
    bool is_written;
    bool is_discarded; /* a reset came: what is under way must not be written */
    bool is_requested;
};

/* Puts before the reason what cannot be used for it. */
static bool set_error(const struct telemetry *telemetry, struct error *error)
{
    return error_set(error, NULL, "cannot use %s: %s", telemetry->path, error->message);
}

static bool check_version(const struct telemetry *telemetry, struct error *error)
{
    int64_t version = statements_number(telemetry->database, "PRAGMA user_version");
    if (version < 0) {
        statements_set_error(telemetry->database, error);
        return set_error(telemetry, error);
    }
    return version <= TELEMETRY_VERSION ||
           error_set(error, NULL, "%s was written by a newer coalmine: use that one",
                     telemetry->path);
}

static bool connect_database(const struct telemetry *telemetry, int flags, sqlite3 **database_out,
                             struct error *error)
{
    return sqlite3_open_v2(telemetry->path, database_out, flags | SQLITE_OPEN_NOMUTEX, NULL) ==
               SQLITE_OK ||
           statements_set_error(*database_out, error);
}

/* The writer is used by one thread at a time: see `writing`. */
static bool connect_both(struct telemetry *telemetry, bool is_durable, struct error *error)
{
    const char *synchronous = is_durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL";
    return connect_database(telemetry, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                            &telemetry->database, error) &&
           statements_execute(telemetry->database, "PRAGMA journal_mode=WAL", error) &&
           statements_execute(telemetry->database, synchronous, error) &&
           connect_database(telemetry, SQLITE_OPEN_READONLY, &telemetry->reader, error);
}

bool telemetry_read_position(sqlite3 *database, uint64_t *position_out)
{
    int64_t position = statements_number(database, "SELECT coalesce(max(at), 0) FROM position");
    if (position < 0)
        return false;
    *position_out = (uint64_t)position;
    return true;
}

static bool make_tables(struct telemetry *telemetry, struct error *error)
{
    CLEANUP(freep)
    char *schema = xformat("CREATE TABLE IF NOT EXISTS position (at INTEGER NOT NULL);"
                           "PRAGMA user_version=%d",
                           TELEMETRY_VERSION);
    return statements_execute(telemetry->database, schema, error) &&
           (telemetry_read_position(telemetry->database, &telemetry->saved) ||
            statements_set_error(telemetry->database, error));
}

struct telemetry *telemetry_open(const char *directory, bool is_durable, struct error *error)
{
    struct telemetry *telemetry = xcalloc(1, sizeof(*telemetry));
    telemetry->path = xformat("%s/telemetry.db", directory);
    pthread_mutex_init(&telemetry->writing, NULL);
    if (wal_check_has_database(telemetry->path, error) &&
        file_make_private(telemetry->path, error) &&
        (connect_both(telemetry, is_durable, error) || set_error(telemetry, error)) &&
        (wal_check(telemetry->path, error) || statements_keep_log(telemetry->database)) &&
        check_version(telemetry, error) &&
        (make_tables(telemetry, error) || set_error(telemetry, error)))
        return telemetry;
    telemetry_close(telemetry);
    return NULL;
}

bool telemetry_add(struct telemetry *telemetry, const struct telemetry_part *part,
                   struct error *error)
{
    assert(telemetry->part_count < PARTS_MAX);
    telemetry->parts[telemetry->part_count++] = *part;
    return (statements_execute(telemetry->database, part->schema, error) &&
            part->load(telemetry->database, part->owner, error)) ||
           set_error(telemetry, error);
}

uint64_t telemetry_position(const struct telemetry *telemetry)
{
    return telemetry->saved;
}

sqlite3_stmt *telemetry_query(struct telemetry *telemetry, const char *sql)
{
    return statements_get(&telemetry->statements, telemetry->reader, sql);
}

bool telemetry_step(struct telemetry *telemetry, sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        const char *reason = sqlite3_errmsg(telemetry->reader);
        log_error("store", "cannot read %s: %s", telemetry->path, reason);
        if (telemetry->store)
            store_fail_reading(telemetry->store, reason);
    }
    return result == SQLITE_ROW;
}

void telemetry_serve(struct telemetry *telemetry, struct store *store)
{
    telemetry->store = store;
}

static void take(struct telemetry *telemetry)
{
    telemetry->is_requested = false;
    for (int i = 0; i < telemetry->part_count; i++)
        telemetry->parts[i].take(telemetry->parts[i].owner);
    telemetry->position = journal_position(telemetry->journal);
}

static bool write_parts(struct telemetry *telemetry, struct error *error)
{
    for (int i = 0; i < telemetry->part_count; i++) {
        if (!telemetry->parts[i].write(telemetry->database, telemetry->parts[i].owner, error))
            return false;
    }
    return true;
}

/* A failure may have ended the transaction already: then there is nothing to roll back. */
static void roll_back(struct telemetry *telemetry)
{
    sqlite3_exec(telemetry->database, "ROLLBACK", NULL, NULL, NULL);
}

/* All parts and the position in one transaction: a restart replays exactly what they lack. */
static bool write_all(struct telemetry *telemetry, struct error *error)
{
    CLEANUP(freep)
    char *end = xformat("DELETE FROM position; INSERT INTO position VALUES (%lld); COMMIT",
                        (long long)telemetry->position);
    return statements_execute(telemetry->database, "BEGIN IMMEDIATE", error) &&
           write_parts(telemetry, error) && statements_execute(telemetry->database, end, error);
}

static void write_checkpoint(void *owner)
{
    struct telemetry *telemetry = owner;
    CLEANUP(error_clear) struct error error = { 0 };
    pthread_mutex_lock(&telemetry->writing);
    telemetry->is_written = telemetry->is_discarded || write_all(telemetry, &error);
    if (!telemetry->is_written) {
        log_error("store", "cannot write %s: %s", telemetry->path, error.message);
        roll_back(telemetry);
    }
    pthread_mutex_unlock(&telemetry->writing);
}

static void on_written(void *owner)
{
    struct telemetry *telemetry = owner;
    enum telemetry_result result = telemetry->is_discarded ? TELEMETRY_DISCARDED
                                   : telemetry->is_written ? TELEMETRY_WRITTEN
                                                           : TELEMETRY_FAILED;
    telemetry->is_under_way = false;
    telemetry->is_discarded = false;
    telemetry->is_requested |= result == TELEMETRY_FAILED;
    if (result == TELEMETRY_FAILED)
        telemetry->rests_until_us = clock_monotonic_us() + (int64_t)INTERVAL_MS * US_PER_MS;
    if (result == TELEMETRY_WRITTEN) {
        telemetry->saved = telemetry->position;
        journal_forget(telemetry->journal, telemetry->saved);
    }
    for (int i = 0; i < telemetry->part_count; i++)
        telemetry->parts[i].on_written(result, telemetry->parts[i].owner);
}

static void begin_checkpoint(struct telemetry *telemetry)
{
    int64_t begun_us = clock_monotonic_us();
    telemetry->is_under_way = true;
    take(telemetry);
    int64_t taken_us = clock_monotonic_us();
    telemetry->rests_until_us = taken_us + REST * (taken_us - begun_us);
    loop_work(telemetry->loop, write_checkpoint, on_written, telemetry);
}

/* What the disk may still refuse must be in no checkpoint. Hooks save a turn before this one, but
 * whatever is taken up while its answers leave belongs to the next. */
static bool is_saved(const struct telemetry *telemetry)
{
    return !journal_is_dirty(telemetry->journal) &&
           !(telemetry->store && store_is_dirty(telemetry->store));
}

/* The journal is short, so that the next start is. */
static bool before_sleep(void *owner)
{
    struct telemetry *telemetry = owner;
    bool is_wanted = telemetry->is_requested ||
                     journal_position(telemetry->journal) - telemetry->saved >= GROWTH_MIN;
    if (is_wanted && !telemetry->is_under_way && is_saved(telemetry) &&
        clock_monotonic_us() >= telemetry->rests_until_us)
        begin_checkpoint(telemetry);
    return false;
}

/* Ends a sleep, so that the loop looks again when nothing else happens. */
static void on_timer(void *owner UNUSED)
{
}

void telemetry_request(struct telemetry *telemetry)
{
    telemetry->is_requested = telemetry->timer != NULL;
}

void telemetry_start(struct telemetry *telemetry, struct loop *loop, struct journal *journal)
{
    telemetry->loop = loop;
    telemetry->journal = journal;
    telemetry->timer = loop_timer_start(loop, INTERVAL_MS, INTERVAL_MS, on_timer, telemetry);
    loop_before_sleep(loop, before_sleep, telemetry);
}

/* Waits for the worker: what it took is then either written or to be written again. */
static void wait_for_worker(struct telemetry *telemetry)
{
    while (telemetry->is_under_way)
        loop_turn(telemetry->loop);
}

void telemetry_close(struct telemetry *telemetry)
{
    if (!telemetry)
        return;
    loop_timer_stop(&telemetry->timer);
    if (telemetry->journal) {
        loop_forget_hook(telemetry->loop, telemetry);
        wait_for_worker(telemetry);
        take(telemetry);
        write_checkpoint(telemetry);
        on_written(telemetry);
    }
    statements_clear(&telemetry->statements);
    sqlite3_close(telemetry->reader);
    sqlite3_close(telemetry->database);
    pthread_mutex_destroy(&telemetry->writing);
    free(telemetry->path);
    free(telemetry);
}

static void add_reset_sql(const struct telemetry *telemetry, uint64_t position, struct buffer *sql)
{
    buffer_add_string(sql, "BEGIN IMMEDIATE;");
    for (int i = 0; i < telemetry->part_count; i++)
        buffer_add_format(sql, "%s;", telemetry->parts[i].empty);
    buffer_add_format(sql, "DELETE FROM position; INSERT INTO position VALUES (%lld); COMMIT",
                      (long long)position);
}

/* A checkpoint that waits for its worker would bring back what the reset removes. */
bool telemetry_reset(struct telemetry *telemetry, struct error *error)
{
    CLEANUP(buffer_clear) struct buffer sql = { 0 };
    pthread_mutex_lock(&telemetry->writing);
    uint64_t position = journal_position(telemetry->journal);
    telemetry->is_discarded = telemetry->is_under_way;
    add_reset_sql(telemetry, position, &sql);
    bool is_done = statements_execute(telemetry->database, sql.data, error);
    if (!is_done) {
        set_error(telemetry, error);
        roll_back(telemetry);
    }
    telemetry->saved = position;
    pthread_mutex_unlock(&telemetry->writing);
    return is_done;
}
