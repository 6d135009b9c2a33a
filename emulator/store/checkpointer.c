#include "store/checkpointer.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "clock.h"
#include "compiler.h"
#include "log.h"
#include "loop/loop.h"
#include "xalloc.h"

enum {
    GROWTH = 1000,           /* pages that make it worth its while */
    LENGTH_MAX = 4 * GROWTH, /* from here on the log has to start over */
    PASSES = 2,
    TRIES = 1000,
    INTERVAL_US = 5 * 1000 * 1000, /* until what failed is tried again */
};

struct checkpointer {
    sqlite3 *database;
    const char *path;
    struct loop *loop;
    int length; /* of the log, in pages, with the last commit */
    int begun;  /* its length when the last one began; 0: it has started over since */
    bool is_under_way;
    bool has_failed;
    bool must_finish; /* the loop copies what the worker has not, so that nothing is left */
    int64_t rests_until_us;
};

static bool is_done(const struct checkpointer *checkpointer, int result)
{
    if (result != SQLITE_OK)
        log_error("store", "cannot checkpoint %s: %s; its log grows until the next try",
                  checkpointer->path, sqlite3_errstr(result));
    return result == SQLITE_OK;
}

/* Passive: it neither waits for a writer nor keeps one waiting. While a commit is writing the log's
 * header, SQLite says that it is busy: a moment later the header is whole. */
static int copy_pages(sqlite3 *database)
{
    int result;
    int tries = 0;
    do
        result = sqlite3_wal_checkpoint_v2(database, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    while (result == SQLITE_BUSY && ++tries < TRIES);
    return result;
}

/* SQLite leaves that to the copy after which the log may start over, which is often the loop's. */
static int sync_pages(sqlite3 *database)
{
    sqlite3_file *file = NULL;
    int result = sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    return result == SQLITE_OK ? file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) : result;
}

static int connect_database(const char *path, sqlite3 **database_out)
{
    int result =
        sqlite3_open_v2(path, database_out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, STORE_VFS);
    return result == SQLITE_OK
               ? sqlite3_exec(*database_out, "PRAGMA journal_mode=WAL", NULL, NULL, NULL)
               : result;
}

/* On the worker. The first pass may take long; the second takes what was written meanwhile, so that
 * the loop's next write often finds everything copied, and starts the log over. */
static void work(void *owner)
{
    struct checkpointer *checkpointer = owner;
    sqlite3 *database = NULL;
    int result = connect_database(checkpointer->path, &database);
    for (int pass = 0; pass < PASSES && result == SQLITE_OK; pass++) {
        result = copy_pages(database);
        if (result == SQLITE_OK)
            result = sync_pages(database);
    }
    checkpointer->has_failed = !is_done(checkpointer, result);
    sqlite3_close(database);
}

static void rest(struct checkpointer *checkpointer)
{
    checkpointer->begun = 0;
    checkpointer->rests_until_us = clock_monotonic_us() + INTERVAL_US;
}

static void on_worked(void *owner)
{
    struct checkpointer *checkpointer = owner;
    checkpointer->is_under_way = false;
    if (checkpointer->has_failed)
        rest(checkpointer);
    else
        checkpointer->must_finish = checkpointer->length >= LENGTH_MAX;
}

/* The log starts over with a write that finds all of it copied. While every turn writes, the worker
 * never gets so far: now and then the loop takes the little that is left. */
static void finish(struct checkpointer *checkpointer)
{
    checkpointer->must_finish = false;
    if (!is_done(checkpointer, copy_pages(checkpointer->database)))
        rest(checkpointer);
}

static int on_commit(void *owner, sqlite3 *database UNUSED, const char *name UNUSED, int length)
{
    struct checkpointer *checkpointer = owner;
    bool has_started_over = length < checkpointer->length;
    checkpointer->length = length;
    if (has_started_over) {
        checkpointer->begun = 0;
        checkpointer->must_finish = false;
    }
    if (checkpointer->is_under_way || clock_monotonic_us() < checkpointer->rests_until_us)
        return SQLITE_OK;
    if (checkpointer->must_finish) {
        finish(checkpointer);
    } else if (length - checkpointer->begun >= GROWTH) {
        checkpointer->begun = length;
        checkpointer->is_under_way = true;
        loop_work(checkpointer->loop, work, on_worked, checkpointer);
    }
    return SQLITE_OK;
}

struct checkpointer *checkpointer_start(sqlite3 *database, const char *path, struct loop *loop)
{
    struct checkpointer *checkpointer = xcalloc(1, sizeof(*checkpointer));
    checkpointer->database = database;
    checkpointer->path = path;
    checkpointer->loop = loop;
    sqlite3_wal_hook(database, on_commit, checkpointer);
    return checkpointer;
}

void checkpointer_stop(struct checkpointer *checkpointer)
{
    if (!checkpointer)
        return;
    sqlite3_wal_autocheckpoint(checkpointer->database, GROWTH);
    while (checkpointer->is_under_way)
        loop_turn(checkpointer->loop);
    free(checkpointer);
}
