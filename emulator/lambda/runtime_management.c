#include "lambda/runtime_management.h"

#include "lambda/function.h"

struct runtime_management runtime_management_get(struct store *store,
                                                 const struct function_key *key,
                                                 const char *qualifier, struct arena *arena)
{
    struct runtime_management setting = { .update_on = "Auto" };
    sqlite3_stmt *query =
        store_query(store, "SELECT update_on, runtime_version_arn FROM lambda_runtime_management "
                           "WHERE account = ? AND region = ? AND name = ? AND qualifier = ?");
    function_key_bind(query, key);
    store_bind_text(query, 4, qualifier);
    if (!store_step(store, query))
        return setting;
    setting.update_on = store_copy(query, 0, arena);
    setting.runtime_version_arn = store_copy(query, 1, arena);
    sqlite3_reset(query);
    return setting;
}

void runtime_management_save(struct store *store, const struct function_key *key,
                             const char *qualifier, const struct runtime_management *setting)
{
    sqlite3_stmt *query =
        store_query(store, "INSERT OR REPLACE INTO lambda_runtime_management (account, region, "
                           "name, qualifier, update_on, runtime_version_arn) "
                           "VALUES (?, ?, ?, ?, ?, ?)");
    function_key_bind(query, key);
    store_bind_text(query, 4, qualifier);
    store_bind_text(query, 5, setting->update_on);
    store_bind_text(query, 6, setting->runtime_version_arn);
    store_run(store, query);
}

void runtime_management_delete(struct store *store, const struct function_key *key,
                               const char *qualifier)
{
    sqlite3_stmt *query =
        store_query(store, "DELETE FROM lambda_runtime_management WHERE account = ? AND "
                           "region = ? AND name = ? AND qualifier = ?");
    function_key_bind(query, key);
    store_bind_text(query, 4, qualifier);
    store_run(store, query);
}
