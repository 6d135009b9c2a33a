/*
 * The control plane's database: SQLite, one connection, owned by the loop thread.
 *
 * A turn of the loop is a transaction. The first call that writes opens it, a savepoint wraps
 * each call, store_commit() ends it before the loop sleeps, and only then do replies leave. A
 * call that fails leaves nothing behind. Tables are in schema.c; SQL stands in the file that
 * owns the table.
 */
#ifndef COALMINE_STORE_H
#define COALMINE_STORE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "compiler.h"
#include "error.h"
#include "text.h"

struct loop;
struct store;

/* Opens (and makes or migrates) DIRECTORY/coalmine.db. `is_durable`: survive power loss too
 * (synchronous=FULL). NULL with a sentence if it cannot, if the database is newer than we, or if it
 * was lost from a directory that has other state. */
struct store *store_open(const char *directory, bool is_durable, struct error *error);
void store_close(struct store *store);

/* From now on a worker keeps the write-ahead log short, so that no COMMIT waits for the disk to
 * take what has gathered; store_stop() waits for it, before the loop ends. Accepts NULL, and a
 * store that was not started. */
void store_start(struct store *store, struct loop *loop);
void store_stop(struct store *store);

const char *store_directory(const struct store *store);

/* Counts starts: 1 on a new directory, more each time that it is asked after a later start. Outside
 * a call; 0 with a sentence if the database refuses. */
MUST_CHECK int64_t store_count_start(struct store *store, struct error *error);

/* Around one call that may write. store_end_call(false) undoes all since the begin; so does a
 * statement in between that failed, and then the end is false, with that reason. What cannot be
 * undone by itself costs the turn: store_commit(). */
void store_begin_call(struct store *store);
MUST_CHECK bool store_end_call(struct store *store, bool keeps, struct error *error);

/* Around what only reads: false with a sentence if a statement failed since the begin. What it made
 * of no rows, "there is no such function", is not true then. */
void store_begin_reading(struct store *store);
MUST_CHECK bool store_end_reading(const struct store *store, struct error *error);
/* How often that has happened yet. Who decides by what is read, outside of a call or whatever call
 * it is, compares: if the number has grown meanwhile, what seemed not to be there may be there. */
uint64_t store_failures(const struct store *store);
/* What belongs to it elsewhere could not be read: the call, or reading, that is under way fails,
 * for that reason (copied). */
void store_fail_reading(struct store *store, const char *reason);

/* True while the turn has writes that are not committed. */
bool store_is_dirty(const struct store *store);
/* Commits the turn. False if the disk refuses, now or in a call before: all of the turn is undone
 * then, and it stays dirty until it is abandoned, so that whoever ends it hears of it. */
MUST_CHECK bool store_commit(struct store *store, struct error *error);
/* Undoes all of the turn, and begins another. */
void store_abandon(struct store *store);

/* What was read holds as long as this number is the same: it changes with every row that is
 * written, and when something is undone. */
uint64_t store_generation(const struct store *store);

/* Empties every table. Outside a call. */
MUST_CHECK bool store_reset(struct store *store, struct error *error);

/*
 * Statements. store_query() prepares once per SQL literal (its pointer is the key) and hands the
 * statement out reset and unbound; it is used up before the next store_query() of the same SQL.
 * Binding is by position from 1. A statement that fails to prepare is our mistake: abort; if the
 * database cannot be read, its steps fail.
 */
sqlite3_stmt *store_query(struct store *store, const char *sql);
void store_bind_text(sqlite3_stmt *statement, int at, const char *value); /* NULL binds NULL */
void store_bind_int(sqlite3_stmt *statement, int at, int64_t value);
void store_bind_double(sqlite3_stmt *statement, int at, double value);

/* Next row: true. No more, or failed: false; a failure is remembered and makes the call's end
 * (store_end_call) fail, so that callers need not test each statement. */
bool store_step(struct store *store, sqlite3_stmt *statement);
/* Is there a row? Ends the statement, as whoever does not step to the last row must
 * (sqlite3_reset): one that is left standing keeps the write-ahead log from starting over. */
bool store_has_row(struct store *store, sqlite3_stmt *statement);
/* The one number that it gives; `fallback` if it gives no row, or NULL. Ends the statement too. */
int64_t store_number(struct store *store, sqlite3_stmt *statement, int64_t fallback);
/* Runs a statement that gives no rows; the number of rows it changed. */
int store_run(struct store *store, sqlite3_stmt *statement);
const char *store_text(sqlite3_stmt *statement, int column); /* borrowed until the next step */
/* The column's text in the arena; NULL for NULL. */
const char *store_copy(sqlite3_stmt *statement, int column, struct arena *arena);

#endif
