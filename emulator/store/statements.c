#include "store/statements.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "xalloc.h"

struct kept_statement {
    struct kept_statement *next;
    const char *sql;
    sqlite3_stmt *statement;
};

/* NULL if the tables' description could not be read, which the first statement brings with it. */
static sqlite3_stmt *prepare(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (result == SQLITE_ERROR || result == SQLITE_NOMEM) {
        fprintf(stderr, "statement does not prepare: %s: %s\n", sql, sqlite3_errmsg(database));
        abort();
    }
    if (result != SQLITE_OK)
        log_error("store", "%s: %s", sql, sqlite3_errmsg(database));
    return statement;
}

sqlite3_stmt *statements_get(struct statements *statements, sqlite3 *database, const char *sql)
{
    struct kept_statement **bucket =
        &statements->buckets[((uintptr_t)sql >> 4) % STATEMENT_BUCKETS];
    for (struct kept_statement *kept = *bucket; kept; kept = kept->next) {
        if (kept->sql == sql) {
            sqlite3_reset(kept->statement);
            sqlite3_clear_bindings(kept->statement);
            return kept->statement;
        }
    }
    sqlite3_stmt *statement = prepare(database, sql);
    if (!statement)
        return NULL;
    struct kept_statement *kept = xcalloc(1, sizeof(*kept));
    kept->sql = sql;
    kept->statement = statement;
    kept->next = *bucket;
    *bucket = kept;
    return kept->statement;
}

int64_t statements_number(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *query = NULL;
    int64_t number = -1;
    if (sqlite3_prepare_v2(database, sql, -1, &query, NULL) == SQLITE_OK &&
        sqlite3_step(query) == SQLITE_ROW)
        number = sqlite3_column_int64(query, 0);
    sqlite3_finalize(query);
    return number;
}

/* Nobody can be reading now: one that stands was forgotten, and has cost disk all the time. */
static void free_list(struct kept_statement *kept)
{
    while (kept) {
        struct kept_statement *next = kept->next;
        assert(!sqlite3_stmt_busy(kept->statement));
        sqlite3_finalize(kept->statement);
        free(kept);
        kept = next;
    }
}

const char *statements_advice(sqlite3 *database)
{
    int code = sqlite3_errcode(database);
    return code == SQLITE_NOTADB || code == SQLITE_CORRUPT
               ? "; `coalmine check` on its directory tells more: restore that from a copy, or "
                 "move "
                 "it away to start empty"
               : "";
}

bool statements_set_error(sqlite3 *database, struct error *error)
{
    return error_set(error, NULL, "%s%s", sqlite3_errmsg(database), statements_advice(database));
}

bool statements_execute(sqlite3 *database, const char *sql, struct error *error)
{
    return sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK ||
           statements_set_error(database, error);
}

bool statements_prepare(sqlite3 *database, const char *sql, sqlite3_stmt **statement_out,
                        struct error *error)
{
    return sqlite3_prepare_v2(database, sql, -1, statement_out, NULL) == SQLITE_OK ||
           statements_set_error(database, error);
}

bool statements_run(sqlite3_stmt *statement, struct error *error)
{
    return sqlite3_step(statement) == SQLITE_DONE ||
           statements_set_error(sqlite3_db_handle(statement), error);
}

bool statements_keep_log(sqlite3 *database)
{
    sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    return false;
}

void statements_clear(struct statements *statements)
{
    for (int i = 0; i < STATEMENT_BUCKETS; i++) {
        free_list(statements->buckets[i]);
        statements->buckets[i] = NULL;
    }
}
