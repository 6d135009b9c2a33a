/*
 * The statements of one connection, each prepared once: to prepare one takes longer than most take
 * to run.
 */
#ifndef COALMINE_STATEMENTS_H
#define COALMINE_STATEMENTS_H

#include <sqlite3.h>
#include <stdint.h>

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

/* Before the connection is closed. None may be standing at a row. */
void statements_clear(struct statements *statements);

#endif
