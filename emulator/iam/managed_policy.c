#include "iam/managed_policy.h"

#include <string.h>

#include "clock.h"
#include "iam/faults.h"
#include "iam/name.h"
#include "iam/permissions_policy.h"
#include "iam/policy_version.h"

enum { SIZE_MAX_OF_DOCUMENT = 6144, VERSIONS_MAX = 5 };

#define COLUMNS                                                                                    \
    "name, path, policy_id, description, default_version, last_version, created_ms, updated_ms, "  \
    "tags"

static void read_row(sqlite3_stmt *query, struct arena *arena, struct managed_policy *policy_out)
{
    *policy_out = (struct managed_policy){
        .name = store_copy(query, 0, arena),
        .path = store_copy(query, 1, arena),
        .policy_id = store_copy(query, 2, arena),
        .description = store_copy(query, 3, arena),
        .default_version = sqlite3_column_int(query, 4),
        .last_version = sqlite3_column_int(query, 5),
        .created_ms = sqlite3_column_int64(query, 6),
        .updated_ms = sqlite3_column_int64(query, 7),
        .tags = store_copy(query, 8, arena),
    };
}

bool managed_policy_parse_arn(const char *policy_arn, struct arn *arn_out, struct error *error)
{
    return (arn_parse(text_from(policy_arn), arn_out) && text_equal(arn_out->service, "iam")) ||
           error_set(error, &IAM_VALIDATION, "Invalid ARN:  Could not be parsed!");
}

bool managed_policy_is_of_aws(const struct arn *arn)
{
    return text_equal(arn->account, "aws");
}

/* The resource is "policy" and, in the place of the slash behind it, path and name. */
static bool find(struct store *store, const char *account, const struct arn *arn,
                 struct arena *arena, struct managed_policy *policy_out)
{
    const char *resource = arena_copy(arena, arn->resource);
    if (!text_equal(arn->account, account) || arn->region.size ||
        !text_starts_with(arn->resource, "policy/"))
        return false;
    sqlite3_stmt *query =
        store_query(store, "SELECT " COLUMNS " FROM iam_policy WHERE account = ?1 AND name = ?2 "
                           "AND 'policy' || path || name = ?3");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, strrchr(resource, '/') + 1);
    store_bind_text(query, 3, resource);
    bool is_found = store_step(store, query);
    if (is_found)
        read_row(query, arena, policy_out);
    sqlite3_reset(query);
    return is_found;
}

bool managed_policy_exists(struct store *store, const char *account, const struct arn *arn)
{
    struct managed_policy policy;
    struct arena arena = { 0 };
    bool is_found = find(store, account, arn, &arena, &policy);
    arena_clear(&arena);
    return is_found;
}

bool managed_policy_get(struct store *store, const char *account, const char *policy_arn,
                        struct arena *arena, struct managed_policy *policy_out, struct error *error)
{
    struct arn arn;
    if (!managed_policy_parse_arn(policy_arn, &arn, error))
        return false;
    if (managed_policy_is_of_aws(&arn))
        return error_set(error, &IAM_NOT_IMPLEMENTED,
                         "Coalmine keeps no copies of AWS's own policies (%s)", policy_arn);
    return find(store, account, &arn, arena, policy_out) ||
           error_set(error, &IAM_NO_SUCH_ENTITY, "Policy %s was not found.", policy_arn);
}

/* The size first: looking for statements of one name takes long where there are very many. */
static bool check_document(const char *document, struct error *error)
{
    if (permissions_policy_size(document) > SIZE_MAX_OF_DOCUMENT)
        return error_set(error, &IAM_LIMIT_EXCEEDED, "Cannot exceed quota for PolicySize: %d",
                         SIZE_MAX_OF_DOCUMENT);
    return managed_policy_check(document, error);
}

/* Names that differ in case alone are not told apart where one is made. */
static bool is_taken(struct store *store, const char *account, const char *name)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT 1 FROM iam_policy WHERE account = ? AND name = ? COLLATE NOCASE");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, name);
    return store_has_row(store, query);
}

bool managed_policy_create(struct store *store, const char *account,
                           const struct managed_policy *policy, const char *document,
                           struct error *error)
{
    if (!name_check("policyName", policy->name, error) || !check_document(document, error))
        return false;
    if (is_taken(store, account, policy->name))
        return error_set(error, &IAM_ENTITY_ALREADY_EXISTS,
                         "A policy called %s already exists. Duplicate names are not allowed.",
                         policy->name);
    sqlite3_stmt *query =
        store_query(store, "INSERT INTO iam_policy VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, policy->name);
    store_bind_text(query, 3, policy->path);
    store_bind_text(query, 4, policy->policy_id);
    store_bind_text(query, 5, policy->description);
    store_bind_int(query, 6, policy->default_version);
    store_bind_int(query, 7, policy->last_version);
    store_bind_int(query, 8, policy->created_ms);
    store_bind_int(query, 9, policy->updated_ms);
    store_bind_text(query, 10, policy->tags);
    store_run(store, query);
    policy_version_insert(store, account, policy->name,
                          &(struct policy_version){ .number = policy->last_version,
                                                    .document = document,
                                                    .created_ms = policy->created_ms });
    return true;
}

void managed_policy_update(struct store *store, const char *account,
                           const struct managed_policy *policy)
{
    sqlite3_stmt *query =
        store_query(store, "UPDATE iam_policy SET default_version = ?3, last_version = ?4, "
                           "updated_ms = ?5, tags = ?6 WHERE account = ?1 AND name = ?2");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, policy->name);
    store_bind_int(query, 3, policy->default_version);
    store_bind_int(query, 4, policy->last_version);
    store_bind_int(query, 5, policy->updated_ms);
    store_bind_text(query, 6, policy->tags);
    store_run(store, query);
}

bool managed_policy_delete(struct store *store, const char *account,
                           const struct managed_policy *policy, const char *policy_arn,
                           struct error *error)
{
    if (managed_policy_attachments(store, account, policy_arn) ||
        managed_policy_boundaries(store, account, policy_arn))
        return error_set(error, &IAM_DELETE_CONFLICT,
                         "Cannot delete a policy attached to entities.");
    if (policy_version_count(store, account, policy->name) > 1)
        return error_set(error, &IAM_DELETE_CONFLICT,
                         "This policy has more than one version. Before you delete a policy, you "
                         "must delete the policy's versions. The default version is deleted with "
                         "the policy.");
    sqlite3_stmt *query =
        store_query(store, "DELETE FROM iam_policy WHERE account = ? AND name = ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, policy->name);
    store_run(store, query);
    return true;
}

bool managed_policy_add_version(struct store *store, const char *account,
                                struct managed_policy *policy, const char *document,
                                bool is_default, struct error *error)
{
    int64_t now = clock_now_ms();
    if (!check_document(document, error))
        return false;
    if (policy_version_count(store, account, policy->name) >= VERSIONS_MAX)
        return error_set(error, &IAM_LIMIT_EXCEEDED,
                         "A managed policy can have up to %d versions. Before you create a new "
                         "version, you must delete an existing version.",
                         VERSIONS_MAX);
    policy->last_version++;
    policy->updated_ms = now;
    if (is_default)
        policy->default_version = policy->last_version;
    policy_version_insert(store, account, policy->name,
                          &(struct policy_version){ .number = policy->last_version,
                                                    .document = document,
                                                    .created_ms = now });
    managed_policy_update(store, account, policy);
    return true;
}

bool managed_policy_next(struct store *store, const char *account, const char *after,
                         const char *path_prefix, struct arena *arena,
                         struct managed_policy *policy_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " COLUMNS " FROM iam_policy WHERE account = ?1 AND name > ?2 "
                           "AND substr(path, 1, length(?3)) = ?3 ORDER BY name LIMIT 1");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, after);
    store_bind_text(query, 3, path_prefix);
    bool is_found = store_step(store, query);
    if (is_found)
        read_row(query, arena, policy_out);
    sqlite3_reset(query);
    return is_found;
}

int managed_policy_attachments(struct store *store, const char *account, const char *policy_arn)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT count(*) FROM iam_attached_policy WHERE account = ? AND policy_arn = ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, policy_arn);
    return (int)store_number(store, query, 0);
}

int managed_policy_boundaries(struct store *store, const char *account, const char *policy_arn)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT count(*) FROM iam_role WHERE account = ? AND permissions_boundary = ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, policy_arn);
    return (int)store_number(store, query, 0);
}

bool managed_policy_next_role(struct store *store, const char *account,
                              const struct policy_users *users, const char *after,
                              struct arena *arena, const char **name_out, const char **role_id_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT name, role_id FROM iam_role AS r WHERE account = ?1 AND "
                           "name > ?2 AND substr(path, 1, length(?6)) = ?6 AND "
                           "(?4 AND EXISTS (SELECT 1 FROM iam_attached_policy AS a "
                           "WHERE a.account = r.account AND a.role = r.name AND policy_arn = ?3) "
                           "OR ?5 AND permissions_boundary = ?3) ORDER BY name LIMIT 1");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, after);
    store_bind_text(query, 3, users->policy_arn);
    store_bind_int(query, 4, users->usages & USED_AS_PERMISSIONS);
    store_bind_int(query, 5, users->usages & USED_AS_BOUNDARY);
    store_bind_text(query, 6, users->path_prefix);
    bool is_found = store_step(store, query);
    if (is_found) {
        *name_out = store_copy(query, 0, arena);
        *role_id_out = store_copy(query, 1, arena);
    }
    sqlite3_reset(query);
    return is_found;
}
