#include "store/inspection.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h"
#include "store/checkpointer.h"
#include "store/schema.h"
#include "store/statements.h"
#include "store/telemetry.h"
#include "store/wal.h"
#include "text.h"
#include "xalloc.h"

static void report(struct inspection *inspection, bool is_problem, const char *format,
                   va_list arguments)
{
    CLEANUP(freep) char *sentence = xvformat(format, arguments);
    inspection->problems += is_problem;
    inspection->notes += !is_problem;
    inspection->on_finding(is_problem, sentence, inspection->owner);
}

void inspection_problem(struct inspection *inspection, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(inspection, true, format, arguments);
    va_end(arguments);
}

void inspection_note(struct inspection *inspection, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(inspection, false, format, arguments);
    va_end(arguments);
}

static void check_pages(struct inspection *inspection, sqlite3 *database, const char *path)
{
    sqlite3_stmt *query;
    int result = sqlite3_prepare_v2(database, "PRAGMA integrity_check(20)", -1, &query, NULL);
    while (result == SQLITE_OK && (result = sqlite3_step(query)) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(query, 0);
        if (!line || strcmp(line, "ok") != 0)
            inspection_problem(inspection, "%s: %s", path, line ? line : "unreadable");
        result = SQLITE_OK;
    }
    if (result != SQLITE_DONE)
        inspection_problem(inspection, "%s: %s", path, sqlite3_errmsg(database));
    sqlite3_finalize(query);
}

static void check_references(struct inspection *inspection, sqlite3 *database, const char *path)
{
    sqlite3_stmt *query;
    if (sqlite3_prepare_v2(database, "PRAGMA foreign_key_check", -1, &query, NULL) == SQLITE_OK) {
        while (sqlite3_step(query) == SQLITE_ROW)
            inspection_problem(inspection, "%s: a row of %s belongs to no row of %s", path,
                               (const char *)sqlite3_column_text(query, 0),
                               (const char *)sqlite3_column_text(query, 2));
    }
    sqlite3_finalize(query);
}

/* SQLite's pages have no checksum, so this is what can be told of a text: all of ours are UTF-8
 * without NUL, and in some columns JSON. */
static bool is_sound_text(const char *column, struct text value)
{
    if (!text_is_utf8(value, NULL) || memchr(value.data, '\0', value.size))
        return false;
    if (strcmp(column, "configuration") != 0 && strcmp(column, "tags") != 0)
        return true;
    CLEANUP(json_deletep) cJSON *tree = json_parse_mended(value);
    return tree != NULL;
}

/* The name of the row's first column whose text is damaged, or NULL. */
static const char *find_bad_text(sqlite3_stmt *row)
{
    for (int column = 0; column < sqlite3_column_count(row); column++) {
        struct text value = { (const char *)sqlite3_column_text(row, column),
                              (size_t)sqlite3_column_bytes(row, column) };
        if (value.data && sqlite3_column_type(row, column) == SQLITE_TEXT &&
            !is_sound_text(sqlite3_column_name(row, column), value))
            return sqlite3_column_name(row, column);
    }
    return NULL;
}

static void check_texts(struct inspection *inspection, sqlite3 *database, const char *path,
                        const char *table)
{
    sqlite3_stmt *rows = NULL;
    const char *column = NULL;
    CLEANUP(freep) char *sql = xformat("SELECT * FROM %s", table);
    if (sqlite3_prepare_v2(database, sql, -1, &rows, NULL) == SQLITE_OK) {
        while (!column && sqlite3_step(rows) == SQLITE_ROW)
            column = find_bad_text(rows);
    }
    if (column)
        inspection_problem(inspection, "%s: a row of %s is damaged: its %s", path, table, column);
    sqlite3_finalize(rows);
}

/* Why SQLite does not read it. Where its log cannot be prepared it reads nothing, damaged or not.
 */
static const char *find_reason(struct inspection *inspection, sqlite3 *database,
                               const char *directory)
{
    bool is_busy = sqlite3_errcode(database) == SQLITE_BUSY;
    bool is_shut = sqlite3_errcode(database) == SQLITE_CANTOPEN && access(directory, W_OK) != 0;
    inspection->is_barred |= is_busy || is_shut;
    if (is_busy)
        return "a server runs on it; stop it first";
    return is_shut ? "nothing can be written beside it, as SQLite must: look over a copy"
                   : sqlite3_errmsg(database);
}

/* Is there a file to read? SQLite would remove the log of one without a byte, which is what a
 * server's first moments leave. */
static bool check_file(struct inspection *inspection, const char *path)
{
    struct stat status;
    CLEANUP(error_clear) struct error error = { 0 };
    bool is_there = access(path, R_OK) == 0 && stat(path, &status) == 0;
    if (!is_there) {
        inspection->is_barred |= errno == EACCES;
        inspection_problem(inspection, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        inspection_problem(inspection, "%s is no file", path);
    } else if (!wal_check_has_database(path, &error)) {
        inspection_problem(inspection, "%s", error.message);
    }
    return is_there && S_ISREG(status.st_mode) && status.st_size > 0;
}

static bool check_version(struct inspection *inspection, sqlite3 *database, const char *directory,
                          const char *path, int newest_version)
{
    int version = (int)statements_number(database, "PRAGMA user_version");
    if (version < 0) {
        inspection_problem(inspection, "%s: %s", path,
                           find_reason(inspection, database, directory));
    } else if (version > newest_version) {
        inspection->is_barred = true;
        inspection_problem(inspection,
                           "%s was written by a newer coalmine (schema %d, this one knows %d): "
                           "let that one check it",
                           path, version, newest_version);
    }
    return version >= 0 && version <= newest_version;
}

static bool check_log(struct inspection *inspection, const char *path)
{
    CLEANUP(error_clear) struct error error = { 0 };
    if (wal_check(path, &error))
        return true;
    inspection_problem(inspection, "%s", error.message);
    return false;
}

/* As the server opens its own, so that SQLite has the index of the log in memory and changes no
 * file. */
static sqlite3 *open_database(struct inspection *inspection, const char *directory,
                              const char *name, int newest_version)
{
    sqlite3 *database = NULL;
    CLEANUP(freep) char *path = xformat("%s/%s", directory, name);
    if (!check_file(inspection, path))
        return NULL;
    CLEANUP(freep) char *log = xformat("%s-wal", path);
    bool has_log = access(log, F_OK) == 0; /* or else SQLite makes one, and removes it */
    sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, STORE_VFS);
    if (has_log)
        statements_keep_log(database);
    if (check_version(inspection, database, directory, path, newest_version) &&
        check_log(inspection, path)) {
        check_pages(inspection, database, path);
        check_references(inspection, database, path);
        return database;
    }
    sqlite3_close(database);
    return NULL;
}

static void check_tables(struct inspection *inspection, sqlite3 *database, const char *path)
{
    const char *missing;
    int version = (int)statements_number(database, "PRAGMA user_version");
    if (schema_find_missing(database, version, &missing) && missing)
        inspection_problem(inspection, "%s has no table %s, which belongs to its schema %d", path,
                           missing, version);
    for (const struct schema_table *table = schema_tables; table->name; table++)
        check_texts(inspection, database, path, table->name);
}

/* A server makes the tables in its first moments, before all else. */
sqlite3 *store_inspect(struct inspection *inspection, const char *directory)
{
    sqlite3 *database = open_database(inspection, directory, "coalmine.db", SCHEMA_VERSION);
    bool is_empty = database ? statements_number(database, "PRAGMA user_version") == 0
                             : inspection->problems == 0;
    CLEANUP(freep) char *path = xformat("%s/coalmine.db", directory);
    if (database)
        check_tables(inspection, database, path);
    if (is_empty)
        inspection_problem(inspection, "%s/coalmine.db is empty, or its coalmine.db-wal is lost",
                           directory);
    return database;
}

/* The server has the index of this database's log in a file, which SQLite makes anew. */
static void check_index(struct inspection *inspection, const char *directory)
{
    struct stat status;
    CLEANUP(freep) char *path = xformat("%s/telemetry.db-shm", directory);
    if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode))
        inspection_problem(inspection, "%s is no file: remove it", path);
}

sqlite3 *telemetry_inspect(struct inspection *inspection, const char *directory)
{
    check_index(inspection, directory);
    return open_database(inspection, directory, "telemetry.db", TELEMETRY_VERSION);
}
