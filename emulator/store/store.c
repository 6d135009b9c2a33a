/*
 * SQLite behind store.h. Writes outside a call are not possible by design: whoever writes
 * without one (start-up) opens one.
 */
#include "store/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "log.h"
#include "store/checkpointer.h"
#include "store/schema.h"
#include "store/statements.h"
#include "store/wal.h"
#include "xalloc.h"

enum { BUSY_MS = 1000 }; /* until a lock of the worker's on the database is an error */

struct store {
    sqlite3 *database;
    char *directory;
    char *path;
    struct checkpointer *checkpointer; /* NULL unless it was started */
    struct statements statements;
    bool is_dirty; /* this turn has written; unless it is lost its transaction is open */
    bool is_lost;  /* what this turn has written is undone: nobody of it may be told otherwise */
    bool is_new;   /* its tables were made when it was opened */
    char *failure; /* why a statement of the present call, or reading, failed; NULL: none has */
    uint64_t failures;
    uint64_t undone; /* how often something was rolled back */
};

static bool database_error(struct store *store, struct error *error, const char *what)
{
    int reason = sqlite3_system_errno(store->database);
    return error_set(error, NULL, "cannot %s %s: %s%s%s%s", what, store->path,
                     sqlite3_errmsg(store->database), reason ? ": " : "",
                     reason ? strerror(reason) : "", statements_advice(store->database));
}

static bool execute(struct store *store, const char *sql)
{
    return sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* A database without tables beside checkpoints is one that was lost, or whose log was: it must not
 * start as if it were new, for what no row names is swept away. */
static bool check_may_be_new(const struct store *store, struct error *error)
{
    CLEANUP(freep) char *telemetry = xformat("%s/telemetry.db", store->directory);
    return access(telemetry, F_OK) != 0 ||
           error_set(error, NULL,
                     "%s is gone or empty, but what else was in its directory is not. Put it "
                     "back from a copy, with its coalmine.db-wal if there was one; or start "
                     "empty and keep what is there: mv '%s' '%s.lost'",
                     store->path, store->directory, store->directory);
}

/* A table may be missing from a database of a state between two versions of the schema. */
static bool check_tables(struct store *store, int version, struct error *error)
{
    const char *missing;
    if (!schema_find_missing(store->database, version, &missing))
        return database_error(store, error, "read");
    return !missing ||
           error_set(error, NULL,
                     "%s has no table %s, which belongs to its schema %d: either a coalmine wrote "
                     "it that was never finished, or it is damaged. Use the coalmine that wrote "
                     "it, put it back from a copy, or say another --data-dir",
                     store->path, missing, version);
}

static bool migrate(struct store *store, struct error *error)
{
    int version = (int)statements_number(store->database, "PRAGMA user_version");
    if (version < 0)
        return database_error(store, error, "read");
    store->is_new = version == 0;
    if (store->is_new && !check_may_be_new(store, error))
        return false;
    if (version > SCHEMA_VERSION)
        return error_set(error, NULL,
                         "%s/coalmine.db was written by a newer coalmine (schema %d, this one "
                         "knows %d): use that one, or another --data-dir",
                         store->directory, version, SCHEMA_VERSION);
    if (!check_tables(store, version, error))
        return false;
    for (; version < SCHEMA_VERSION; version++) {
        char *mark = xformat("PRAGMA user_version=%d; COMMIT", version + 1);
        bool done = execute(store, "BEGIN IMMEDIATE") &&
                    execute(store, schema_migrations[version]) && execute(store, mark);
        free(mark);
        if (!done)
            return database_error(store, error, "prepare");
    }
    return true;
}

/* "unix-excl" has the file for this process alone: two servers on one directory would overwrite
 * each other's memory. Within the process a worker brings the log into the database, and may for a
 * moment hold what a writer needs. */
static bool connect_database(struct store *store, bool is_durable)
{
    return sqlite3_open_v2(store->path, &store->database,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                           STORE_VFS) == SQLITE_OK &&
           execute(store, "PRAGMA journal_mode=WAL") && execute(store, "PRAGMA foreign_keys=ON") &&
           execute(store, is_durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL") &&
           sqlite3_busy_timeout(store->database, BUSY_MS) == SQLITE_OK;
}

static bool refuse_to_open(struct store *store, struct error *error)
{
    if (sqlite3_errcode(store->database) == SQLITE_BUSY)
        return error_set(error, NULL,
                         "%s is in use by another coalmine: stop that one, or say another "
                         "--data-dir",
                         store->directory);
    return database_error(store, error, "open");
}

/* Of a database without a byte SQLite removes the log, which may be all that is left. */
static bool check_has_bytes(const struct store *store, struct error *error)
{
    struct stat status;
    return (stat(store->path, &status) == 0 && status.st_size > 0) ||
           (check_may_be_new(store, error) && wal_check_has_database(store->path, error));
}

struct store *store_open(const char *directory, bool is_durable, struct error *error)
{
    /* Counting what is allocated costs a lock for each allocation, and nobody asks. Refused,
     * without harm, when another database was opened before. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    /* Pages are allocated when they are needed: each connection's first twenty beforehand would be
     * a tenth of an idle server's heap. Refused, as it should be, once SQLite is in use. */
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
    struct store *store = xcalloc(1, sizeof(*store));
    store->directory = xstrdup(directory);
    store->path = xformat("%s/coalmine.db", directory);
    if (check_has_bytes(store, error) &&
        file_make_private(store->path, error) && /* and so is its write-ahead log */
        (connect_database(store, is_durable) || refuse_to_open(store, error)) &&
        (wal_check(store->path, error) || statements_keep_log(store->database)) &&
        migrate(store, error))
        return store;
    store_close(store);
    return NULL;
}

void store_start(struct store *store, struct loop *loop)
{
    store->checkpointer = checkpointer_start(store->database, store->path, loop);
}

void store_stop(struct store *store)
{
    if (!store)
        return;
    checkpointer_stop(store->checkpointer);
    store->checkpointer = NULL;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    statements_clear(&store->statements);
    sqlite3_close(store->database);
    free(store->failure);
    free(store->path);
    free(store->directory);
    free(store);
}

const char *store_directory(const struct store *store)
{
    return store->directory;
}

/* A statement that every call or turn runs; its text is a literal, as store_query() wants it. */
static bool execute_kept(struct store *store, const char *sql)
{
    sqlite3_stmt *statement = store_query(store, sql);
    bool is_done = sqlite3_step(statement) == SQLITE_DONE;
    return sqlite3_reset(statement) == SQLITE_OK && is_done;
}

static void forget_failure(struct store *store)
{
    free(store->failure);
    store->failure = NULL;
}

/* The first reason stays: SQLite's own is that of its last statement, which may have gone well. */
static void note_failure(struct store *store, const char *reason)
{
    store->failures++;
    if (!store->failure)
        store->failure = xstrdup(reason);
}

/* A part of the call or turn that every one has; it fails as a statement does. */
static bool execute_part(struct store *store, const char *sql)
{
    bool is_done = execute_kept(store, sql);
    if (!is_done)
        note_failure(store, sqlite3_errmsg(store->database));
    return is_done;
}

/* A full disk, or a page that cannot be read, may have SQLite undo all of a transaction by itself,
 * calls before this one too. */
static void notice_loss(struct store *store)
{
    store->is_lost |= store->is_dirty && sqlite3_get_autocommit(store->database);
}

/* Without what may not be saved nothing of the turn is. */
static void lose_turn(struct store *store)
{
    execute(store, "ROLLBACK");
    store->is_lost = true;
}

void store_begin_call(struct store *store)
{
    notice_loss(store);
    forget_failure(store);
    if (store->is_lost)
        note_failure(store, "what was written with it is undone");
    else if (!store->is_dirty)
        store->is_dirty = execute_part(store, "BEGIN IMMEDIATE");
    if (!store->failure && !execute_part(store, "SAVEPOINT call"))
        lose_turn(store);
}

/* False if what may not stay of the call cannot be undone. */
static bool end_savepoint(struct store *store, bool is_kept)
{
    return (is_kept || execute_part(store, "ROLLBACK TO call")) &&
           execute_part(store, "RELEASE call");
}

bool store_end_call(struct store *store, bool keeps, struct error *error)
{
    notice_loss(store);
    bool is_kept = keeps && !store->failure;
    store->undone += !is_kept;
    if (!store->is_lost && store->is_dirty && !end_savepoint(store, is_kept))
        lose_turn(store);
    return !store->failure || error_set(error, NULL, "The database refused: %s", store->failure);
}

void store_begin_reading(struct store *store)
{
    forget_failure(store);
}

bool store_end_reading(const struct store *store, struct error *error)
{
    return !store->failure || error_set(error, NULL, "cannot read what is in %s: %s",
                                        store->directory, store->failure);
}

void store_fail_reading(struct store *store, const char *reason)
{
    note_failure(store, reason);
}

uint64_t store_failures(const struct store *store)
{
    return store->failures;
}

bool store_is_dirty(const struct store *store)
{
    return store->is_dirty;
}

bool store_commit(struct store *store, struct error *error)
{
    if (!store->is_dirty)
        return true;
    if (store->is_lost)
        return error_set(error, NULL, "cannot write to %s: SQLite has undone what was written",
                         store->path);
    if (!execute_kept(store, "COMMIT")) {
        database_error(store, error, "write to");
        lose_turn(store);
        return false;
    }
    store->is_dirty = false;
    return true;
}

void store_abandon(struct store *store)
{
    if (!store->is_dirty)
        return;
    if (!sqlite3_get_autocommit(store->database))
        execute(store, "ROLLBACK");
    store->is_dirty = false;
    store->is_lost = false;
    store->undone++;
}

uint64_t store_generation(const struct store *store)
{
    return (uint64_t)sqlite3_total_changes64(store->database) + store->undone;
}

bool store_reset(struct store *store, struct error *error)
{
    store_begin_call(store);
    for (const struct schema_table *table = schema_tables; table->name && !store->failure;
         table++) {
        char *sql = xformat("DELETE FROM %s", table->name);
        if (!execute(store, sql))
            note_failure(store, sqlite3_errmsg(store->database));
        free(sql);
    }
    return store_end_call(store, true, error);
}

/* A directory that is older than the count has been started on. */
int64_t store_count_start(struct store *store, struct error *error)
{
    store_begin_call(store);
    sqlite3_stmt *query =
        store_query(store, "INSERT INTO setting VALUES ('starts', ?) ON CONFLICT (name) DO UPDATE "
                           "SET value = value + 1 RETURNING value");
    store_bind_int(query, 1, store->is_new ? 1 : 2);
    int64_t count = 0;
    while (store_step(store, query))
        count = sqlite3_column_int64(query, 0);
    return store_end_call(store, true, error) && store_commit(store, error) ? count : 0;
}

sqlite3_stmt *store_query(struct store *store, const char *sql)
{
    return statements_get(&store->statements, store->database, sql);
}

void store_bind_text(sqlite3_stmt *statement, int at, const char *value)
{
    sqlite3_bind_text(statement, at, value, -1, SQLITE_TRANSIENT);
}

void store_bind_int(sqlite3_stmt *statement, int at, int64_t value)
{
    sqlite3_bind_int64(statement, at, value);
}

void store_bind_double(sqlite3_stmt *statement, int at, double value)
{
    sqlite3_bind_double(statement, at, value);
}

bool store_step(struct store *store, sqlite3_stmt *statement)
{
    /* Once SQLite has undone the turn, what a handler writes on would be saved by itself. */
    bool is_alone = sqlite3_get_autocommit(store->database) && !sqlite3_stmt_readonly(statement);
    int result = is_alone ? SQLITE_ABORT : sqlite3_step(statement);
    if (result == SQLITE_ROW)
        return true;
    if (result != SQLITE_DONE) {
        const char *reason = is_alone ? "its transaction is gone" : sqlite3_errmsg(store->database);
        if (!is_alone)
            log_error("store", "%s: %s", sqlite3_sql(statement), reason);
        note_failure(store, reason);
    }
    sqlite3_reset(statement);
    return false;
}

bool store_has_row(struct store *store, sqlite3_stmt *statement)
{
    bool found = store_step(store, statement);
    sqlite3_reset(statement);
    return found;
}

int64_t store_number(struct store *store, sqlite3_stmt *statement, int64_t fallback)
{
    int64_t number = fallback;
    if (store_step(store, statement) && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        number = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return number;
}

int store_run(struct store *store, sqlite3_stmt *statement)
{
    while (store_step(store, statement))
        ;
    return sqlite3_changes(store->database);
}

const char *store_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    return text ? (const char *)text : "";
}

const char *store_copy(sqlite3_stmt *statement, int column, struct arena *arena)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? NULL
               : arena_copy(arena, text_from(store_text(statement, column)));
}
