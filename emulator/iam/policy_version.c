#include "iam/policy_version.h"

void policy_version_insert(struct store *store, const char *account, const char *policy,
                           const struct policy_version *version)
{
    sqlite3_stmt *query =
        store_query(store, "INSERT INTO iam_policy_version VALUES (?, ?, ?, ?, ?)");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, policy);
    store_bind_int(query, 3, version->number);
    store_bind_text(query, 4, version->document);
    store_bind_int(query, 5, version->created_ms);
    store_run(store, query);
}

bool policy_version_get(struct store *store, const char *account, const char *policy, int number,
                        struct arena *arena, struct policy_version *version_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT document, created_ms FROM iam_policy_version WHERE account = ? "
                           "AND policy = ? AND number = ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, policy);
    store_bind_int(query, 3, number);
    bool is_found = store_step(store, query);
    if (is_found)
        *version_out = (struct policy_version){ .number = number,
                                                .document = store_copy(query, 0, arena),
                                                .created_ms = sqlite3_column_int64(query, 1) };
    sqlite3_reset(query);
    return is_found;
}

bool policy_version_next(struct store *store, const char *account, const char *policy, int before,
                         struct policy_version *version_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT number, created_ms FROM iam_policy_version WHERE account = ? "
                           "AND policy = ? AND number < ? ORDER BY number DESC LIMIT 1");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, policy);
    store_bind_int(query, 3, before);
    bool is_found = store_step(store, query);
    if (is_found)
        *version_out = (struct policy_version){ .number = sqlite3_column_int(query, 0),
                                                .created_ms = sqlite3_column_int64(query, 1) };
    sqlite3_reset(query);
    return is_found;
}

int policy_version_count(struct store *store, const char *account, const char *policy)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT count(*) FROM iam_policy_version WHERE account = ? AND policy = ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, policy);
    return (int)store_number(store, query, 0);
}

bool policy_version_delete(struct store *store, const char *account, const char *policy, int number)
{
    sqlite3_stmt *query =
        store_query(store, "DELETE FROM iam_policy_version WHERE account = ? AND policy = ? AND "
                           "number = ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, policy);
    store_bind_int(query, 3, number);
    return store_run(store, query) > 0;
}
