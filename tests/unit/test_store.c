/* store: savepoints per call, one commit per turn, schema versions. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto.h"
#include "loop/loop.h"
#include "store/checkpointer.h"
#include "store/schema.h"
#include "store/statements.h"
#include "store/store.h"
#include "support/directory.h"
#include "support/suite.h"
#include "xalloc.h"

enum { LOG_MAX = 4000 }; /* pages that the write-ahead log may have before it must start over */

static const char *directory;

/* The statement of this text fails; in place of SQLite's own step. */
static const char *refused;

int sqlite3_step(sqlite3_stmt *statement)
{
    int (*step)(sqlite3_stmt *) = NULL;
    *(void **)&step = dlsym(RTLD_NEXT, "sqlite3_step");
    const char *sql = refused ? sqlite3_sql(statement) : NULL;
    return sql && strcmp(sql, refused) == 0 ? SQLITE_IOERR : step(statement);
}

static struct store *open_store(void)
{
    struct error error = { 0 };
    struct store *store = store_open(directory, false, &error);
    ck_assert_msg(store != NULL, "%s", error.message ? error.message : "");
    return store;
}

static void insert(struct store *store, const char *name)
{
    sqlite3_stmt *query = store_query(store, "INSERT INTO setting VALUES (?, 'x')");
    store_bind_text(query, 1, name);
    store_run(store, query);
}

static int count(struct store *store)
{
    sqlite3_stmt *query = store_query(store, "SELECT count(*) FROM setting");
    ck_assert(store_step(store, query));
    int rows = sqlite3_column_int(query, 0);
    sqlite3_reset(query);
    return rows;
}

static bool call(struct store *store, const char *name, bool keeps)
{
    struct error error = { 0 };
    store_begin_call(store);
    insert(store, name);
    bool ended = store_end_call(store, keeps, &error);
    error_clear(&error);
    return ended;
}

START_TEST(a_failed_call_leaves_nothing_and_its_neighbours_stay)
{
    directory = test_directory();
    struct store *store = open_store();
    struct error error = { 0 };
    ck_assert(!store_is_dirty(store));
    ck_assert(call(store, "a", true));
    ck_assert(call(store, "b", false));
    ck_assert(call(store, "c", true));
    ck_assert(!call(store, "a", true)); /* the key is taken */
    ck_assert_int_eq(count(store), 2);
    ck_assert(store_is_dirty(store));
    ck_assert(store_commit(store, &error));
    ck_assert(!store_is_dirty(store));
    store_close(store);
    store = open_store();
    ck_assert_int_eq(count(store), 2);
    store_close(store);
}
END_TEST

static void expect_refusal(struct store *store, const char *reason)
{
    struct error error = { 0 };
    ck_assert(!store_end_call(store, true, &error));
    ck_assert_ptr_nonnull(strstr(error.message, reason));
    error_clear(&error);
}

/* Whatever else the handler asks for, and whichever database it was. */
START_TEST(a_refused_call_has_the_reason_of_what_failed_first)
{
    directory = test_directory();
    struct store *store = open_store();
    ck_assert(call(store, "a", true));
    store_begin_call(store);
    insert(store, "a");
    insert(store, "b");
    expect_refusal(store, "UNIQUE constraint failed");
    store_begin_call(store);
    store_fail_reading(store, "the other disk is gone");
    insert(store, "c");
    expect_refusal(store, "the other disk is gone");
    ck_assert(call(store, "d", true));
    ck_assert_int_eq(count(store), 2);
    store_close(store);
}
END_TEST

/* Its neighbours are told too that they are not saved. */
static void expect_loss(const char *sql, bool keeps)
{
    struct error error = { 0 };
    directory = test_directory();
    struct store *store = open_store();
    ck_assert(call(store, "before", true));
    refused = sql;
    ck_assert(!call(store, "a", keeps));
    refused = NULL;
    ck_assert(!call(store, "after", true));
    ck_assert(!store_commit(store, &error));
    error_clear(&error);
    store_abandon(store);
    ck_assert_int_eq(count(store), 0);
    ck_assert(call(store, "another turn", true) && store_commit(store, &error));
    ck_assert_int_eq(count(store), 1);
    store_close(store);
}

START_TEST(a_call_that_cannot_be_undone_by_itself_is_undone_with_its_turn)
{
    expect_loss("ROLLBACK TO call", false);
    expect_loss("RELEASE call", true);
    expect_loss("SAVEPOINT call", true);
}
END_TEST

START_TEST(a_turn_whose_commit_is_refused_is_undone)
{
    struct error error = { 0 };
    directory = test_directory();
    struct store *store = open_store();
    ck_assert(call(store, "a", true));
    refused = "COMMIT";
    ck_assert(!store_commit(store, &error));
    refused = NULL;
    ck_assert_ptr_nonnull(strstr(error.message, "cannot write to"));
    error_clear(&error);
    ck_assert(!call(store, "of the same turn", true));
    store_abandon(store);
    ck_assert_int_eq(count(store), 0);
    ck_assert(store_commit(store, &error)); /* nothing */
    ck_assert(call(store, "another turn", true) && store_commit(store, &error));
    ck_assert_int_eq(count(store), 1);
    store_close(store);
}
END_TEST

/* From now on the database cannot grow: as on a full disk, SQLite undoes the whole transaction. */
static void fill_disk(struct store *store)
{
    sqlite3_stmt *query = store_query(store, "PRAGMA max_page_count=1");
    ck_assert(store_step(store, query));
    sqlite3_reset(query);
}

static bool call_that_grows(struct store *store)
{
    struct error error = { 0 };
    store_begin_call(store);
    store_run(store, store_query(store, "INSERT INTO setting VALUES ('large', zeroblob(100000))"));
    insert(store, "goes on");
    bool ended = store_end_call(store, true, &error);
    error_clear(&error);
    return ended;
}

START_TEST(a_turn_that_sqlite_has_undone_is_saved_for_none_of_its_calls)
{
    directory = test_directory();
    struct store *store = open_store();
    struct error error = { 0 };
    fill_disk(store);
    ck_assert(call(store, "before", true));
    ck_assert(!call_that_grows(store));
    ck_assert(store_is_dirty(store));
    ck_assert(!call(store, "after", true));
    ck_assert(!store_commit(store, &error));
    error_clear(&error);
    ck_assert_int_eq(count(store), 0);
    store_abandon(store);
    ck_assert(!store_is_dirty(store));
    ck_assert(call(store, "another turn", true));
    ck_assert(store_commit(store, &error));
    ck_assert_int_eq(count(store), 1);
    store_close(store);
}
END_TEST

START_TEST(what_was_not_committed_is_gone_after_a_restart)
{
    directory = test_directory();
    struct store *store = open_store();
    ck_assert(call(store, "a", true));
    store_close(store);
    store = open_store();
    ck_assert_int_eq(count(store), 0);
    store_close(store);
}
END_TEST

static void execute_in(const char *sql)
{
    char *path = xformat("%s/coalmine.db", directory);
    sqlite3 *database;
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
    free(path);
}

START_TEST(a_database_of_an_older_version_is_migrated_and_keeps_its_rows)
{
    directory = test_directory();
    execute_in(schema_migrations[0]);
    execute_in("PRAGMA user_version=1;"
               "INSERT INTO lambda_function VALUES ('1', 'r', 'f', 7, '{}')");
    struct store *store = open_store();
    sqlite3_stmt *query = store_query(store, "SELECT last_version, recursive_loop FROM "
                                             "lambda_function WHERE name = 'f'");
    ck_assert(store_step(store, query));
    ck_assert_int_eq(sqlite3_column_int(query, 0), 7);
    ck_assert_str_eq(store_text(query, 1), "Terminate");
    sqlite3_reset(query);
    store_close(store);
}
END_TEST

/* What the schema says of the database at hand; the caller's. */
static char *tables_of(struct store *store)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_master "
                           "WHERE sql IS NOT NULL ORDER BY name)");
    ck_assert(store_step(store, query));
    char *tables = xstrdup(store_text(query, 0));
    sqlite3_reset(query);
    store_close(store);
    char *path = xformat("%s/coalmine.db", directory);
    ck_assert_int_eq(unlink(path), 0);
    free(path);
    return tables;
}

START_TEST(a_database_of_each_older_version_ends_like_a_new_one)
{
    directory = test_directory();
    char *wanted = tables_of(open_store());
    for (int version = 1; version < SCHEMA_VERSION; version++) {
        char *pragma = xformat("PRAGMA user_version=%d", version);
        for (int i = 0; i < version; i++)
            execute_in(schema_migrations[i]);
        execute_in(pragma);
        free(pragma);
        char *migrated = tables_of(open_store());
        ck_assert_str_eq(migrated, wanted);
        free(migrated);
    }
    free(wanted);
}
END_TEST

/* A database that a former text of a migration made is not what the present one makes. */
START_TEST(what_databases_have_been_through_is_as_it_was)
{
    static const char *const digests[SCHEMA_VERSION] = {
        "b46ada89c6980a3ceb2187818a006213048220f58cae598fe2bf60018eb62dac",
        "9df4bb8d0f56b030166c7ef9a8f134e01929a8e2fff0fa3fd4258dcc40ddff3b",
        "45ebdc0d0fcc281ad5ef63aab71e6df95ea9ba6cd27995dff97a6c85767e58ca",
        "e9d826766e93d7633da3dca8c9e74746ec63e7d137e10437b885382d3837e718",
        "4ace575b1f53d1bef7158923321d58e3eae01f8470b455d2cf05f7aca8dd2c39",
        "168cbb2fa343a903ddf2f389fed3ca823674fda20775c95b7b3b7dac88376167",
    };
    for (int i = 0; i < SCHEMA_VERSION; i++) {
        char digest[SHA256_HEX_SIZE];
        crypto_sha256_hex(text_from(schema_migrations[i]), digest);
        ck_assert_str_eq(digest, digests[i]);
    }
}
END_TEST

static void expect_no_start(const char *missing)
{
    struct error error = { 0 };
    ck_assert_ptr_null(store_open(directory, false, &error));
    ck_assert_ptr_nonnull(strstr(error.message, missing));
    ck_assert_ptr_nonnull(strstr(error.message, "another --data-dir"));
    error_clear(&error);
}

START_TEST(a_database_that_lacks_a_table_of_its_version_is_refused_and_left_alone)
{
    directory = test_directory();
    for (int i = 0; i < 3; i++)
        execute_in(schema_migrations[i]);
    execute_in("DROP TABLE cloudwatch_dashboard; PRAGMA user_version=3");
    expect_no_start("no table cloudwatch_dashboard, which belongs to its schema 3");
    execute_in("CREATE TABLE cloudwatch_dashboard (a)"); /* version 4 has not been made */
    store_close(open_store());
    execute_in("DROP TABLE iam_policy_version");
    expect_no_start("no table iam_policy_version, which belongs to its schema");
}
END_TEST

START_TEST(a_newer_database_is_refused_by_name)
{
    directory = test_directory();
    store_close(open_store());
    execute_in("PRAGMA user_version=99");
    struct error error = { 0 };
    ck_assert_ptr_null(store_open(directory, false, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "newer"));
    error_clear(&error);
}
END_TEST

START_TEST(reset_empties_every_table_that_the_schema_makes)
{
    directory = test_directory();
    struct store *store = open_store();
    sqlite3_stmt *query = store_query(store, "SELECT name FROM sqlite_master WHERE type = 'table'");
    while (store_step(store, query)) {
        const char *name = store_text(query, 0);
        bool is_known = strcmp(name, "setting") == 0; /* the secret of links may stay */
        for (const struct schema_table *table = schema_tables; table->name; table++)
            is_known |= strcmp(table->name, name) == 0;
        ck_assert_msg(is_known, "schema_tables lacks %s", name);
    }
    store_close(store);
}
END_TEST

START_TEST(a_generation_ends_with_each_change_and_each_undoing)
{
    directory = test_directory();
    struct store *store = open_store();
    struct error error = { 0 };
    uint64_t before = store_generation(store);
    ck_assert_int_eq(count(store), 0);
    ck_assert_uint_eq(store_generation(store), before); /* reading changes nothing */
    ck_assert(call(store, "a", true));
    uint64_t kept = store_generation(store);
    ck_assert_uint_gt(kept, before);
    ck_assert(store_commit(store, &error));
    ck_assert_uint_eq(store_generation(store), kept);
    store_begin_call(store);
    store_run(store, store_query(store, "INSERT INTO setting VALUES ('b', 'x')"));
    uint64_t inside = store_generation(store);
    ck_assert_uint_gt(inside, kept);
    ck_assert(store_end_call(store, false, &error));
    ck_assert_uint_gt(store_generation(store), inside); /* what was read inside is wrong now */
    uint64_t undone = store_generation(store);
    ck_assert(!call(store, "a", true)); /* the key is taken */
    ck_assert_uint_gt(store_generation(store), undone);
    store_close(store);
}
END_TEST

static void commit(struct store *store, const char *value)
{
    struct error error = { 0 };
    store_begin_call(store);
    sqlite3_stmt *query = store_query(store, "REPLACE INTO setting VALUES ('a', ?)");
    store_bind_text(query, 1, value);
    store_run(store, query);
    ck_assert(store_end_call(store, true, &error) && store_commit(store, &error));
}

/* How often the write-ahead log has started over, from its header. */
static unsigned log_starts(void)
{
    unsigned char head[16];
    char *path = xformat("%s/coalmine.db-wal", directory);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(head, 1, sizeof(head), file), sizeof(head));
    fclose(file);
    free(path);
    return (unsigned)head[12] << 24 | (unsigned)head[13] << 16 | (unsigned)head[14] << 8 | head[15];
}

/* A reader of its own keeps the worker from copying the newest pages, as a load does that never
 * pauses. */
START_TEST(the_loop_ends_a_log_that_the_worker_could_not_copy_to_its_end)
{
    directory = test_directory();
    struct loop *loop = loop_create();
    struct store *store = open_store();
    sqlite3 *reader;
    char *path = xformat("%s/coalmine.db", directory);
    ck_assert_int_eq(sqlite3_open_v2(path, &reader, SQLITE_OPEN_READWRITE, STORE_VFS), SQLITE_OK);
    store_start(store, loop);
    commit(store, "first");
    unsigned before = log_starts();
    const char *begin = "BEGIN; SELECT count(*) FROM setting";
    ck_assert_int_eq(sqlite3_exec(reader, begin, NULL, NULL, NULL), SQLITE_OK);
    for (int i = 0; i < LOG_MAX; i++)
        commit(store, i % 2 ? "odd" : "even");
    loop_turn(loop); /* the worker is done */
    ck_assert_int_eq(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    commit(store, "finishes");
    ck_assert_uint_eq(log_starts(), before);
    commit(store, "starts over");
    ck_assert_uint_eq(log_starts(), before + 1);
    store_stop(store);
    loop_destroy(loop);
    store_close(store);
    sqlite3_close(reader);
    free(path);
}
END_TEST

START_TEST(what_cannot_be_read_gives_a_statement_whose_steps_fail)
{
    static const char query[] = "SELECT name FROM sqlite_schema";
    struct statements statements = { 0 };
    sqlite3 *database;
    directory = test_directory();
    CLEANUP(freep) char *path = xformat("%s/garbage.db", directory);
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 1000; i++)
        fputs("no database", file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    sqlite3_stmt *statement = statements_get(&statements, database, query);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_MISUSE);
    ck_assert_int_eq(sqlite3_reset(statement), SQLITE_OK);
    statements_clear(&statements);
    sqlite3_close(database);
}
END_TEST

SUITE("store", what_cannot_be_read_gives_a_statement_whose_steps_fail,
      the_loop_ends_a_log_that_the_worker_could_not_copy_to_its_end,
      a_generation_ends_with_each_change_and_each_undoing,
      a_failed_call_leaves_nothing_and_its_neighbours_stay,
      a_refused_call_has_the_reason_of_what_failed_first,
      a_call_that_cannot_be_undone_by_itself_is_undone_with_its_turn,
      a_turn_that_sqlite_has_undone_is_saved_for_none_of_its_calls,
      a_turn_whose_commit_is_refused_is_undone, what_was_not_committed_is_gone_after_a_restart,
      a_database_of_an_older_version_is_migrated_and_keeps_its_rows,
      a_database_of_each_older_version_ends_like_a_new_one, a_newer_database_is_refused_by_name,
      what_databases_have_been_through_is_as_it_was,
      a_database_that_lacks_a_table_of_its_version_is_refused_and_left_alone,
      reset_empties_every_table_that_the_schema_makes)
