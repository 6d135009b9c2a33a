#include "lambda/alias.h"

#include "lambda/function.h"

enum { NO_VERSION = -1 };

#define ALIAS_COLUMNS "alias, version, routed_version, weight, description, revision_id"

static bool read_alias(struct store *store, sqlite3_stmt *query, struct arena *arena,
                       struct alias *alias_out)
{
    if (!store_step(store, query))
        return false;
    *alias_out = (struct alias){
        .name = store_copy(query, 0, arena),
        .version = sqlite3_column_int64(query, 1),
        .routed_version = sqlite3_column_type(query, 2) == SQLITE_NULL
                              ? NO_VERSION
                              : sqlite3_column_int64(query, 2),
        .weight = sqlite3_column_double(query, 3),
        .description = store_copy(query, 4, arena),
        .revision_id = store_copy(query, 5, arena),
    };
    sqlite3_reset(query);
    return true;
}

bool alias_find(struct store *store, const struct function_key *key, const char *name,
                struct arena *arena, struct alias *alias_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " ALIAS_COLUMNS " FROM lambda_alias WHERE account = ? AND "
                           "region = ? AND name = ? AND alias = ?");
    function_key_bind(query, key);
    store_bind_text(query, 4, name);
    return read_alias(store, query, arena, alias_out);
}

bool alias_next(struct store *store, const struct function_key *key, const char *after,
                int64_t version, struct arena *arena, struct alias *alias_out)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT " ALIAS_COLUMNS " FROM lambda_alias WHERE account = ?1 AND region = ?2 AND "
               "name = ?3 AND alias > ?4 AND (?5 < 0 OR version = ?5) "
               "ORDER BY alias LIMIT 1");
    function_key_bind(query, key);
    store_bind_text(query, 4, after);
    store_bind_int(query, 5, version);
    return read_alias(store, query, arena, alias_out);
}

void alias_save(struct store *store, const struct function_key *key, const struct alias *alias)
{
    sqlite3_stmt *query = store_query(
        store, "INSERT OR REPLACE INTO lambda_alias (account, region, name, " ALIAS_COLUMNS
               ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    function_key_bind(query, key);
    store_bind_text(query, 4, alias->name);
    store_bind_int(query, 5, alias->version);
    if (alias->routed_version != NO_VERSION) {
        store_bind_int(query, 6, alias->routed_version);
        store_bind_double(query, 7, alias->weight);
    }
    store_bind_text(query, 8, alias->description);
    store_bind_text(query, 9, alias->revision_id);
    store_run(store, query);
}

void alias_delete(struct store *store, const struct function_key *key, const char *name)
{
    sqlite3_stmt *query = store_query(store, "DELETE FROM lambda_alias WHERE account = ? AND "
                                             "region = ? AND name = ? AND alias = ?");
    function_key_bind(query, key);
    store_bind_text(query, 4, name);
    store_run(store, query);
}

const char *alias_names_of(struct store *store, const struct function_key *key, int64_t number,
                           struct arena *arena)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT group_concat(alias, ', ') FROM (SELECT alias FROM "
                           "lambda_alias WHERE account = ?1 AND region = ?2 AND name = ?3 AND "
                           "(version = ?4 OR routed_version = ?4) ORDER BY alias)");
    function_key_bind(query, key);
    store_bind_int(query, 4, number);
    const char *names = store_step(store, query) ? store_copy(query, 0, arena) : NULL;
    sqlite3_reset(query);
    return names;
}
