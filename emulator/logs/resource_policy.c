#include "logs/resource_policy.h"

void account_policy_put(struct store *store, const char *account, const char *region,
                        const struct resource_policy *policy)
{
    sqlite3_stmt *insert =
        store_query(store, "INSERT OR REPLACE INTO logs_account_policy (account, region, name, "
                           "document, updated_ms) VALUES (?, ?, ?, ?, ?)");
    store_bind_text(insert, 1, account);
    store_bind_text(insert, 2, region);
    store_bind_text(insert, 3, policy->name);
    store_bind_text(insert, 4, policy->document);
    store_bind_int(insert, 5, policy->updated_ms);
    store_run(store, insert);
}

bool account_policy_delete(struct store *store, const char *account, const char *region,
                           const char *name)
{
    sqlite3_stmt *statement = store_query(
        store, "DELETE FROM logs_account_policy WHERE account=? AND region=? AND name=?");
    store_bind_text(statement, 1, account);
    store_bind_text(statement, 2, region);
    store_bind_text(statement, 3, name);
    return store_run(store, statement) > 0;
}

size_t account_policy_count_others(struct store *store, const char *account, const char *region,
                                   const char *name)
{
    sqlite3_stmt *query = store_query(store, "SELECT count(*) FROM logs_account_policy WHERE "
                                             "account=? AND region=? AND name<>?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, region);
    store_bind_text(query, 3, name);
    return (size_t)store_number(store, query, 0);
}

void group_policy_put(struct store *store, int64_t group_id, const struct resource_policy *policy)
{
    sqlite3_stmt *insert =
        store_query(store, "INSERT OR REPLACE INTO logs_group_policy (group_id, document, "
                           "updated_ms, revision_id) VALUES (?, ?, ?, ?)");
    store_bind_int(insert, 1, group_id);
    store_bind_text(insert, 2, policy->document);
    store_bind_int(insert, 3, policy->updated_ms);
    store_bind_text(insert, 4, policy->revision_id);
    store_run(store, insert);
}

void group_policy_delete(struct store *store, int64_t group_id)
{
    sqlite3_stmt *statement = store_query(store, "DELETE FROM logs_group_policy WHERE group_id=?");
    store_bind_int(statement, 1, group_id);
    store_run(store, statement);
}

const char *group_policy_revision(struct store *store, int64_t group_id, struct arena *arena)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT revision_id FROM logs_group_policy WHERE group_id=?");
    store_bind_int(query, 1, group_id);
    const char *revision = store_step(store, query) ? store_copy(query, 0, arena) : NULL;
    sqlite3_reset(query);
    return revision;
}

static sqlite3_stmt *search_query(struct store *store, const struct resource_policy_search *search)
{
    static const char of_account[] =
        "SELECT name, '', document, updated_ms FROM logs_account_policy WHERE account=?1 "
        "AND region=?2 AND name>?3 ORDER BY name";
    static const char of_groups[] =
        "SELECT g.name, p.revision_id, p.document, p.updated_ms FROM logs_group_policy p "
        "JOIN logs_group g ON g.id=p.group_id WHERE g.account=?1 AND g.region=?2 AND g.name>?3 "
        "AND (?4=0 OR g.id=?4) ORDER BY g.name";
    sqlite3_stmt *query = store_query(store, search->is_of_groups ? of_groups : of_account);
    store_bind_text(query, 1, search->account);
    store_bind_text(query, 2, search->region);
    store_bind_text(query, 3, search->after);
    if (search->is_of_groups)
        store_bind_int(query, 4, search->group_id);
    return query;
}

void resource_policy_each(struct store *store, const struct resource_policy_search *search,
                          bool (*visit)(const struct resource_policy *policy, void *owner),
                          void *owner)
{
    sqlite3_stmt *query = search_query(store, search);
    bool goes_on = true;
    while (goes_on && store_step(store, query)) {
        bool is_of_group = search->is_of_groups;
        const struct resource_policy policy = {
            .name = is_of_group ? NULL : store_text(query, 0),
            .group_name = is_of_group ? store_text(query, 0) : NULL,
            .revision_id = is_of_group ? store_text(query, 1) : NULL,
            .document = store_text(query, 2),
            .updated_ms = sqlite3_column_int64(query, 3),
        };
        goes_on = visit(&policy, owner);
    }
    sqlite3_reset(query);
}
