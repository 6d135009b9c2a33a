#include "iam/inline_policy.h"

#include "iam/faults.h"
#include "iam/name.h"
#include "iam/permissions_policy.h"
#include "iam/role.h"

enum { SIZE_MAX_OF_ROLE = 10240 }; /* of all policies of a role together */

static size_t size_of_others(struct store *store, const char *account,
                             const struct inline_policy *policy)
{
    size_t size = 0;
    sqlite3_stmt *query =
        store_query(store, "SELECT document FROM iam_inline_policy WHERE account = ? AND role = ? "
                           "AND name <> ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, policy->role);
    store_bind_text(query, 3, policy->name);
    while (store_step(store, query))
        size += permissions_policy_size(store_text(query, 0));
    return size;
}

static bool has_room(struct store *store, const char *account, const struct inline_policy *policy,
                     struct error *error)
{
    size_t size =
        size_of_others(store, account, policy) + permissions_policy_size(policy->document);
    return size <= SIZE_MAX_OF_ROLE ||
           error_set(error, &IAM_LIMIT_EXCEEDED,
                     "Maximum policy size of %d bytes exceeded for role %s", SIZE_MAX_OF_ROLE,
                     policy->role);
}

bool inline_policy_put(struct store *store, const char *account, const struct inline_policy *policy,
                       struct error *error)
{
    if (!name_check("policyName", policy->name, error) ||
        !role_exists(store, account, policy->role, error) ||
        !has_room(store, account, policy, error) ||
        !permissions_policy_check(policy->document, error))
        return false;
    sqlite3_stmt *query =
        store_query(store, "INSERT OR REPLACE INTO iam_inline_policy VALUES (?, ?, ?, ?)");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, policy->role);
    store_bind_text(query, 3, policy->name);
    store_bind_text(query, 4, policy->document);
    store_run(store, query);
    return true;
}

static bool refuse_absent(const char *name, struct error *error)
{
    return error_set(error, &IAM_NO_SUCH_ENTITY, "The role policy with name %s cannot be found.",
                     name);
}

const char *inline_policy_get(struct store *store, const char *account, const char *role,
                              const char *name, struct arena *arena, struct error *error)
{
    if (!role_exists(store, account, role, error))
        return NULL;
    sqlite3_stmt *query =
        store_query(store, "SELECT document FROM iam_inline_policy WHERE account = ? AND role = ? "
                           "AND name = ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, role);
    store_bind_text(query, 3, name);
    const char *document = store_step(store, query) ? store_copy(query, 0, arena) : NULL;
    sqlite3_reset(query);
    if (!document)
        refuse_absent(name, error);
    return document;
}

bool inline_policy_delete(struct store *store, const char *account, const char *role,
                          const char *name, struct error *error)
{
    if (!role_exists(store, account, role, error))
        return false;
    sqlite3_stmt *query = store_query(
        store, "DELETE FROM iam_inline_policy WHERE account = ? AND role = ? AND name = ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, role);
    store_bind_text(query, 3, name);
    return store_run(store, query) > 0 || refuse_absent(name, error);
}

const char *inline_policy_next(struct store *store, const char *account, const char *role,
                               const char *after, struct arena *arena)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT name FROM iam_inline_policy WHERE account = ? AND role = ? AND "
                           "name > ? ORDER BY name LIMIT 1");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, role);
    store_bind_text(query, 3, after);
    const char *name = store_step(store, query) ? store_copy(query, 0, arena) : NULL;
    sqlite3_reset(query);
    return name;
}

bool inline_policy_is_any(struct store *store, const char *account, const char *role)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT 1 FROM iam_inline_policy WHERE account = ? AND role = ? LIMIT 1");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, role);
    return store_has_row(store, query);
}
