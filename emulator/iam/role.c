#include "iam/role.h"

#include "arn.h"
#include "iam/faults.h"
#include "iam/inline_policy.h"
#include "iam/managed_policy.h"
#include "iam/name.h"
#include "iam/trust_policy.h"

enum { POLICIES_MAX = 20 };

#define COLUMNS                                                                                    \
    "name, path, role_id, created_ms, trust_policy, description, max_session_s, tags, "            \
    "permissions_boundary"

static void read_row(sqlite3_stmt *query, struct arena *arena, struct role *role_out)
{
    *role_out = (struct role){
        .name = store_copy(query, 0, arena),
        .path = store_copy(query, 1, arena),
        .role_id = store_copy(query, 2, arena),
        .created_ms = sqlite3_column_int64(query, 3),
        .trust_policy = store_copy(query, 4, arena),
        .description = store_copy(query, 5, arena),
        .max_session_s = sqlite3_column_int64(query, 6),
        .tags = store_copy(query, 7, arena),
        .permissions_boundary = store_copy(query, 8, arena),
    };
}

static bool find(struct store *store, const char *account, const char *name, struct arena *arena,
                 struct role *role_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " COLUMNS " FROM iam_role WHERE account = ? AND name = ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, name);
    if (!store_step(store, query))
        return false;
    read_row(query, arena, role_out);
    sqlite3_reset(query);
    return true;
}

bool role_exists(struct store *store, const char *account, const char *name, struct error *error)
{
    if (!name_check("roleName", name, error))
        return false;
    sqlite3_stmt *query =
        store_query(store, "SELECT 1 FROM iam_role WHERE account = ? AND name = ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, name);
    return store_has_row(store, query) ||
           error_set(error, &IAM_NO_SUCH_ENTITY, "The role with name %s cannot be found.", name);
}

bool role_get(struct store *store, const char *account, const char *name, struct arena *arena,
              struct role *role_out, struct error *error)
{
    if (!name_check("roleName", name, error))
        return false;
    return find(store, account, name, arena, role_out) ||
           error_set(error, &IAM_NO_SUCH_ENTITY, "The role with name %s cannot be found.", name);
}

/* AWS makes the roles of that path itself. */
static bool check_path(const char *path, struct error *error)
{
    return !text_starts_with(text_from(path), "/aws-service-role/") ||
           error_set(error, &IAM_INVALID_INPUT,
                     "Paths beginning with '/aws-service-role' are reserved for AWS Service Linked "
                     "Roles");
}

/* Names that differ in case alone are not told apart where one is made. */
static bool is_taken(struct store *store, const char *account, const char *name)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT 1 FROM iam_role WHERE account = ? AND name = ? COLLATE NOCASE");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, name);
    return store_has_row(store, query);
}

bool role_create(struct store *store, const char *account, const struct role *role,
                 struct error *error)
{
    if (!name_check("roleName", role->name, error) || !check_path(role->path, error) ||
        !trust_policy_check(role->trust_policy, error))
        return false;
    if (is_taken(store, account, role->name))
        return error_set(error, &IAM_ENTITY_ALREADY_EXISTS, "Role with name %s already exists.",
                         role->name);
    sqlite3_stmt *query =
        store_query(store, "INSERT INTO iam_role VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, role->name);
    store_bind_text(query, 3, role->path);
    store_bind_text(query, 4, role->role_id);
    store_bind_int(query, 5, role->created_ms);
    store_bind_text(query, 6, role->trust_policy);
    store_bind_text(query, 7, role->description);
    store_bind_int(query, 8, role->max_session_s);
    store_bind_text(query, 9, role->tags);
    store_bind_text(query, 10, role->permissions_boundary);
    store_run(store, query);
    return true;
}

void role_update(struct store *store, const char *account, const struct role *role)
{
    sqlite3_stmt *query =
        store_query(store, "UPDATE iam_role SET trust_policy = ?3, description = ?4, "
                           "max_session_s = ?5, tags = ?6, permissions_boundary = ?7 "
                           "WHERE account = ?1 AND name = ?2");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, role->name);
    store_bind_text(query, 3, role->trust_policy);
    store_bind_text(query, 4, role->description);
    store_bind_int(query, 5, role->max_session_s);
    store_bind_text(query, 6, role->tags);
    store_bind_text(query, 7, role->permissions_boundary);
    store_run(store, query);
}

bool role_delete(struct store *store, const char *account, const char *name, struct error *error)
{
    struct arena arena = { 0 };
    if (!role_exists(store, account, name, error))
        return false;
    bool has_policies = role_next_policy(store, account, name, "", "/", &arena) != NULL;
    arena_clear(&arena);
    if (has_policies)
        return error_set(error, &IAM_DELETE_CONFLICT,
                         "Cannot delete entity, must detach all policies first.");
    if (inline_policy_is_any(store, account, name))
        return error_set(error, &IAM_DELETE_CONFLICT,
                         "Cannot delete entity, must delete policies first.");
    sqlite3_stmt *query = store_query(store, "DELETE FROM iam_role WHERE account = ? AND name = ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, name);
    store_run(store, query);
    return true;
}

bool role_next(struct store *store, const char *account, const char *after, const char *path_prefix,
               struct arena *arena, struct role *role_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " COLUMNS " FROM iam_role WHERE account = ? AND name > ? AND "
                           "substr(path, 1, length(?3)) = ?3 ORDER BY name LIMIT 1");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, after);
    store_bind_text(query, 3, path_prefix);
    if (!store_step(store, query))
        return false;
    read_row(query, arena, role_out);
    sqlite3_reset(query);
    return true;
}

/* AWS's own policies are taken by their form. */
static bool policy_exists(struct store *store, const char *account, const struct arn *arn)
{
    return managed_policy_is_of_aws(arn) ? text_starts_with(arn->resource, "policy/") &&
                                               arn->resource.size > strlen("policy/")
                                         : managed_policy_exists(store, account, arn);
}

bool role_check_boundary(struct store *store, const char *account, const char *policy_arn,
                         struct error *error)
{
    struct arn arn;
    if (!arn_parse(text_from(policy_arn), &arn) || !text_starts_with(arn.resource, "policy/"))
        return error_set(error, &IAM_INVALID_INPUT, "ARN %s is not valid.", policy_arn);
    return policy_exists(store, account, &arn) ||
           error_set(error, &IAM_NO_SUCH_ENTITY,
                     "Scope ARN: %s does not exist or is not attachable.", policy_arn);
}

static bool is_attachable(struct store *store, const char *account, const char *policy_arn,
                          struct error *error)
{
    struct arn arn;
    return managed_policy_parse_arn(policy_arn, &arn, error) &&
           (policy_exists(store, account, &arn) ||
            error_set(error, &IAM_NO_SUCH_ENTITY,
                      "Policy ARN does not exist or is not attachable."));
}

/* The default quota; a policy that is attached already takes no further place. */
static bool has_room(struct store *store, const char *account, const char *role,
                     const char *policy_arn, struct error *error)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT count(*) FROM iam_attached_policy WHERE account = ? AND "
                           "role = ? AND policy_arn <> ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, role);
    store_bind_text(query, 3, policy_arn);
    return store_number(store, query, 0) < POLICIES_MAX ||
           error_set(error, &IAM_LIMIT_EXCEEDED, "Cannot exceed quota for PoliciesPerRole: %d",
                     POLICIES_MAX);
}

bool role_attach_policy(struct store *store, const char *account, const char *name,
                        const char *policy_arn, struct error *error)
{
    if (!role_exists(store, account, name, error) ||
        !is_attachable(store, account, policy_arn, error) ||
        !has_room(store, account, name, policy_arn, error))
        return false;
    sqlite3_stmt *query =
        store_query(store, "INSERT OR IGNORE INTO iam_attached_policy VALUES (?, ?, ?)");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, name);
    store_bind_text(query, 3, policy_arn);
    store_run(store, query);
    return true;
}

bool role_detach_policy(struct store *store, const char *account, const char *name,
                        const char *policy_arn, struct error *error)
{
    if (!role_exists(store, account, name, error))
        return false;
    sqlite3_stmt *query =
        store_query(store, "DELETE FROM iam_attached_policy WHERE account = ? AND role = ? AND "
                           "policy_arn = ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, name);
    store_bind_text(query, 3, policy_arn);
    return store_run(store, query) > 0 ||
           error_set(error, &IAM_NO_SUCH_ENTITY, "Policy ARN was not found.");
}

/* An ARN ends with "policy", path and name. */
const char *role_next_policy(struct store *store, const char *account, const char *name,
                             const char *after, const char *path_prefix, struct arena *arena)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT policy_arn FROM iam_attached_policy WHERE account = ?1 AND role = ?2 AND "
               "policy_arn > ?3 AND substr(policy_arn, instr(policy_arn, ':policy/') + 7, "
               "length(?4)) = ?4 ORDER BY policy_arn LIMIT 1");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, name);
    store_bind_text(query, 3, after);
    store_bind_text(query, 4, path_prefix);
    if (!store_step(store, query))
        return NULL;
    const char *policy_arn = store_copy(query, 0, arena);
    sqlite3_reset(query);
    return policy_arn;
}
