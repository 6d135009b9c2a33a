/*
 * The write-ahead logs that SQLite leaves of transactions drawn at random, some of them undone
 * after they were written to it, some behind a log that has begun anew. What a crash can leave of
 * one passes; one that has lost transactions that were saved does not.
 */
#include "store/wal.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "support/directory.h"
#include "support/suite.h"
#include "xalloc.h"

enum { HEADER = 32, FRAME = 24 + 512, LOGS = 60, TRANSACTIONS_MAX = 12, TRIES = 20 };

struct log {
    char *bytes;
    size_t size;
    size_t ends[TRANSACTIONS_MAX + 1]; /* of its transactions */
    int count;
};

static struct random_stream draws;

static uint64_t draw(uint64_t below)
{
    return random_next(&draws) % below;
}

static int on_commit(void *owner, sqlite3 *database UNUSED, const char *name UNUSED, int frames)
{
    struct log *log = owner;
    log->ends[log->count++] = HEADER + (size_t)frames * FRAME;
    return SQLITE_OK;
}

static void run(sqlite3 *database, const char *sql)
{
    ck_assert_msg(sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(database));
}

/* One that is undone is larger than the cache. */
static void make_transaction(sqlite3 *database, bool is_undone)
{
    CLEANUP(freep)
    char *sql = xformat("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                        "%d) INSERT INTO t SELECT randomblob(300) FROM n",
                        (is_undone ? 60 : 1) + (int)draw(8));
    run(database, "BEGIN");
    run(database, sql);
    run(database, is_undone ? "ROLLBACK" : "COMMIT");
}

/* What is written behind a checkpoint of all of it begins the log anew. */
static void make_transactions(sqlite3 *database, struct log *log)
{
    uint64_t count = 1 + draw(TRANSACTIONS_MAX);
    for (uint64_t i = 0; i < count; i++) {
        if (draw(8) == 0) {
            run(database, "PRAGMA wal_checkpoint(RESTART)");
            log->count = 0;
        }
        make_transaction(database, draw(3) == 0);
    }
    if (!log->count)
        make_transaction(database, false);
}

static void make_log(struct log *log_out)
{
    sqlite3 *database;
    struct error error = { 0 };
    const char *directory = test_directory();
    CLEANUP(freep) char *path = xformat("%s/made.db", directory);
    CLEANUP(freep) char *log = xformat("%s-wal", path);
    *log_out = (struct log){ 0 };
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    run(database, "PRAGMA page_size = 512; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
                  "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = 10");
    sqlite3_wal_hook(database, on_commit, log_out);
    run(database, "CREATE TABLE t (v)");
    make_transactions(database, log_out);
    log_out->bytes = file_read(log, SIZE_MAX / 2, &log_out->size, &error);
    ck_assert_msg(log_out->bytes != NULL, "%s", error.message);
    sqlite3_close(database);
}

static bool passes(const struct log *log, size_t size)
{
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(freep) char *path = xformat("%s/copy.db", test_directory_path);
    CLEANUP(freep) char *copy = xformat("%s-wal", path);
    int fd = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert(fd >= 0 && write(fd, log->bytes, size) == (ssize_t)size);
    close(fd);
    bool is_sound = wal_check(path, &error);
    ck_assert(is_sound == !error.message);
    return is_sound;
}

/* With one bit changed somewhere from `from` to before `to`. */
static bool passes_changed(struct log *log, size_t from, size_t to)
{
    char *byte = &log->bytes[from + draw(to - from)];
    char bit = (char)(1 << draw(8));
    *byte ^= bit;
    bool is_sound = passes(log, log->size);
    *byte ^= bit;
    return is_sound;
}

START_TEST(what_a_crash_can_leave_passes)
{
    struct log log;
    draws = random_stream_for("crash");
    for (int i = 0; i < LOGS; i++) {
        make_log(&log);
        size_t last = log.count > 1 ? log.ends[log.count - 2] : HEADER;
        ck_assert(passes(&log, log.size));
        for (int k = 0; k < TRIES; k++) {
            ck_assert(passes(&log, draw(log.size + 1)));
            ck_assert(passes_changed(&log, last, log.ends[log.count - 1]));
        }
        free(log.bytes);
    }
}
END_TEST

/* The last two are not told from what a power cut tore, and the frame before them says what they
 * go on from. */
START_TEST(a_bit_that_takes_saved_transactions_away_is_told)
{
    struct log log;
    int tried = 0;
    draws = random_stream_for("damage");
    for (int i = 0; i < LOGS; i++) {
        make_log(&log);
        for (int k = 0; k < TRIES && log.count > 3; k++, tried++)
            ck_assert(!passes_changed(&log, HEADER, log.ends[log.count - 4]));
        for (int k = 0; k < TRIES && log.count > 1; k++)
            ck_assert(!passes_changed(&log, 0, 4));
        free(log.bytes);
    }
    ck_assert_int_gt(tried, LOGS);
}
END_TEST

SUITE("wal", what_a_crash_can_leave_passes, a_bit_that_takes_saved_transactions_away_is_told)
