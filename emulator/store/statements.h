/*
 * The statements of one connection, each prepared once: to prepare one takes longer than most take
 * to run.
 */
#ifndef COALMINE_STATEMENTS_H
#define COALMINE_STATEMENTS_H

#include <sqlite3.h>
#include <stdint.h>

#include "compiler.h"
#include "error.h"

enum { STATEMENT_BUCKETS = 256 };

/* Zeroed at birth. */
struct statements {
    struct kept_statement *buckets[STATEMENT_BUCKETS];
};

/* The statement of that text, reset and unbound; used up before the same is asked for again. The
 * text is a literal: its pointer is the key. One that SQLite does not understand is our mistake:
 * abort. NULL if the database cannot be read: SQLite takes that for a statement, whose every step
 * fails. */
sqlite3_stmt *statements_get(struct statements *statements, sqlite3 *database, const char *sql);

/* The one number that a statement gives, which is not kept; -1 if it gives none. */
int64_t statements_number(sqlite3 *database, const char *sql);

/* Behind the sentence of an error of this connection: what can be done if the file is damaged; else
 * nothing. */
const char *statements_advice(sqlite3 *database);

/* Sets the error to why the last call on this connection failed, with the advice, and returns
 * false. At once: whatever else is asked of the connection, be it to finalize a statement that went
 * well or to roll back, has SQLite forget the reason. */
bool statements_set_error(sqlite3 *database, struct error *error);

/* What gives no rows, and is run once or by a caller who keeps the statement. Each sets the error
 * as above. The caller finalizes what was prepared, which on failure is NULL. */
MUST_CHECK bool statements_execute(sqlite3 *database, const char *sql, struct error *error);
MUST_CHECK bool statements_prepare(sqlite3 *database, const char *sql, sqlite3_stmt **statement_out,
                                   struct error *error);
MUST_CHECK bool statements_run(sqlite3_stmt *statement, struct error *error);

/* Closing the connection is to leave the write-ahead log as it is. Returns false, as what tells why
 * does. */
bool statements_keep_log(sqlite3 *database);

/* Before the connection is closed. None may be standing at a row. */
void statements_clear(struct statements *statements);

#endif
