#include "lambda/policy.h"

#include <stdlib.h>

#include "arn.h"
#include "lambda/faults.h"
#include "pattern.h"
#include "random.h"
#include "xalloc.h"

enum { POLICY_MAX = 20480 };

static const char layer_prefix[] = "layer:";

struct policy_key policy_key_of_function(const struct function_key *key, const char *qualifier,
                                         struct arena *arena)
{
    return (struct policy_key){ key->account, key->region,
                                arena_format(arena, "function:%s%s%s", key->name,
                                             qualifier ? ":" : "", qualifier ? qualifier : "") };
}

struct policy_key policy_key_of_layer(const struct function_key *layer, int64_t number,
                                      struct arena *arena)
{
    return (struct policy_key){ layer->account, layer->region,
                                arena_format(arena, "%s%s:%lld", layer_prefix, layer->name,
                                             (long long)number) };
}

const char *policy_resource_arn(const struct policy_key *key, struct arena *arena)
{
    return arena_format(arena, "arn:%s:lambda:%s:%s:%s", arn_partition(key->region), key->region,
                        key->account, key->resource);
}

void policy_clear(struct policy *policy)
{
    cJSON_Delete(policy->statements);
    policy->statements = NULL;
}

/* The members of a condition operator, made when first needed. */
static cJSON *operator_of(cJSON *condition, const char *name)
{
    cJSON *found = json_get(condition, name);
    return found ? found : json_set_object(condition, name);
}

static void set_condition(cJSON *condition, const char *operator_name, const char *key,
                          const char *value)
{
    if (value)
        json_set_text(operator_of(condition, operator_name), key, value);
}

static cJSON *make_condition(const struct policy_grant *grant)
{
    cJSON *condition = cJSON_CreateObject();
    set_condition(condition, "StringEquals", "AWS:SourceAccount", grant->source_account);
    set_condition(condition, "StringEquals", "lambda:FunctionUrlAuthType",
                  grant->function_url_auth_type);
    set_condition(condition, "StringEquals", "aws:PrincipalOrgID", grant->organization_id);
    set_condition(condition, "StringEquals", "lambda:EventSourceToken", grant->event_source_token);
    set_condition(condition, "Bool", "lambda:InvokedViaFunctionUrl",
                  grant->via_function_url ? "true" : NULL);
    set_condition(condition, "ArnLike", "AWS:SourceArn", grant->source_arn);
    return condition;
}

/* Everybody, a service, an account or an identity; NULL if it is none of them. */
static cJSON *make_principal(const struct policy_key *key, const char *principal)
{
    static const char service[] = "[a-zA-Z0-9-]+(\\.[a-zA-Z0-9-]+)*\\.(amazonaws\\.com(\\.cn)?|"
                                  "amazon\\.com|aws\\.internal)";
    static const char identity[] = "arn:aws[a-zA-Z-]*:(iam|sts)::\\d{12}:"
                                   "(root|(user|role|assumed-role|federated-user)/.+)";
    static const char account[] = "\\d{12}";
    struct text text = text_from(principal);
    bool is_account = pattern_matches(account, text);
    if (strcmp(principal, "*") == 0)
        return cJSON_CreateString("*");
    if (!is_account && !pattern_matches(service, text) && !pattern_matches(identity, text))
        return NULL;
    cJSON *object = cJSON_CreateObject();
    CLEANUP(freep)
    char *root = xformat("arn:%s:iam::%s:root", arn_partition(key->region), principal);
    if (is_account)
        json_set_text(object, "AWS", root);
    else
        json_set_text(object, text_starts_with(text, "arn:") ? "AWS" : "Service", principal);
    return object;
}

static cJSON *make_statement(const struct policy_key *key, const struct policy_grant *grant,
                             cJSON *takes_principal, struct arena *arena)
{
    cJSON *statement = cJSON_CreateObject();
    json_set_text(statement, "Sid", grant->statement_id);
    json_set_text(statement, "Effect", "Allow");
    json_set(statement, "Principal", takes_principal);
    json_set_text(statement, "Action", grant->action);
    json_set_text(statement, "Resource", policy_resource_arn(key, arena));
    cJSON *condition = make_condition(grant);
    if (condition->child)
        json_set(statement, "Condition", condition);
    else
        cJSON_Delete(condition);
    return statement;
}

static int place_of(const struct policy *policy, const char *statement_id)
{
    const cJSON *statement;
    int place = 0;
    cJSON_ArrayForEach(statement, policy->statements)
    {
        if (strcmp(json_text(statement, "Sid", ""), statement_id) == 0)
            return place;
        place++;
    }
    return -1;
}

static bool check_revision(const struct policy_key *key, const struct policy *policy,
                           const char *revision_id, struct error *error)
{
    bool is_layer = text_starts_with(text_from(key->resource), layer_prefix);
    return !revision_id || (policy->revision_id && strcmp(policy->revision_id, revision_id) == 0) ||
           error_set(error, &LAMBDA_PRECONDITION_FAILED,
                     "The Revision Id provided does not match the latest Revision Id. Call the %s "
                     "API to retrieve the latest Revision Id",
                     is_layer ? "GetLayerPolicy" : "GetPolicy");
}

char *policy_print(const struct policy *policy)
{
    CLEANUP(json_deletep) cJSON *document = cJSON_CreateObject();
    json_set_text(document, "Version", "2012-10-17");
    json_set_text(document, "Id", "default");
    json_set(document, "Statement", cJSON_Duplicate(policy->statements, true));
    return json_print(document);
}

static bool check_length(const struct policy *policy, struct error *error)
{
    CLEANUP(freep) char *document = policy_print(policy);
    size_t size = strlen(document);
    return size <= POLICY_MAX ||
           error_set(error, &LAMBDA_POLICY_LENGTH_EXCEEDED,
                     "The final policy size (%zu) is bigger than the limit (%d).", size,
                     POLICY_MAX);
}

static void save(struct store *store, const struct policy_key *key, const struct policy *policy);

static const char *fresh_revision(struct arena *arena)
{
    char uuid[UUID_SIZE];
    random_uuid(uuid);
    return arena_copy(arena, text_from(uuid));
}

static bool check_addition(const struct policy_key *key, const struct policy *policy,
                           const struct policy_grant *grant, const char *revision_id,
                           struct error *error)
{
    return check_revision(key, policy, revision_id, error) &&
           (place_of(policy, grant->statement_id) < 0 ||
            error_set(error, &LAMBDA_RESOURCE_CONFLICT,
                      "The statement id (%s) provided already exists. Please provide a new "
                      "statement id, or remove the existing statement.",
                      grant->statement_id));
}

bool policy_add(struct store *store, const struct policy_key *key, const struct policy_grant *grant,
                const char *revision_id, struct arena *arena, const char **statement_out,
                const char **revision_out, struct error *error)
{
    CLEANUP(policy_clear) struct policy policy = { 0 };
    if (!policy_find(store, key, arena, &policy))
        policy.statements = cJSON_CreateArray();
    if (!check_addition(key, &policy, grant, revision_id, error))
        return false;
    cJSON *principal = make_principal(key, grant->principal);
    if (!principal)
        return error_set(error, &LAMBDA_INVALID_PARAMETER,
                         "The provided principal was invalid. Please check the principal and try "
                         "again.");
    cJSON *statement = make_statement(key, grant, principal, arena);
    cJSON_AddItemToArray(policy.statements, statement);
    if (!check_length(&policy, error))
        return false;
    policy.revision_id = fresh_revision(arena);
    save(store, key, &policy);
    CLEANUP(freep) char *text = json_print(statement);
    *statement_out = arena_copy(arena, text_from(text));
    *revision_out = policy.revision_id;
    return true;
}

bool policy_remove(struct store *store, const struct policy_key *key, const char *statement_id,
                   const char *revision_id, struct arena *arena, struct error *error)
{
    CLEANUP(policy_clear) struct policy policy = { 0 };
    if (!policy_find(store, key, arena, &policy))
        return error_set(error, &LAMBDA_RESOURCE_NOT_FOUND,
                         "No policy is associated with the given resource.");
    int place = place_of(&policy, statement_id);
    if (place < 0)
        return error_set(error, &LAMBDA_RESOURCE_NOT_FOUND,
                         "Statement %s is not found in resource policy.", statement_id);
    if (!check_revision(key, &policy, revision_id, error))
        return false;
    cJSON_DeleteItemFromArray(policy.statements, place);
    policy.revision_id = fresh_revision(arena);
    if (policy.statements->child)
        save(store, key, &policy);
    else
        policy_delete(store, key);
    return true;
}

static void bind_key(sqlite3_stmt *query, const struct policy_key *key)
{
    store_bind_text(query, 1, key->account);
    store_bind_text(query, 2, key->region);
    store_bind_text(query, 3, key->resource);
}

bool policy_find(struct store *store, const struct policy_key *key, struct arena *arena,
                 struct policy *policy_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT statements, revision_id FROM lambda_policy WHERE account = ? "
                           "AND region = ? AND resource = ?");
    bind_key(query, key);
    if (!store_step(store, query))
        return false;
    *policy_out =
        (struct policy){ json_parse(text_from(store_text(query, 0))), store_copy(query, 1, arena) };
    sqlite3_reset(query);
    return true;
}

static void save(struct store *store, const struct policy_key *key, const struct policy *policy)
{
    CLEANUP(freep) char *statements = json_print(policy->statements);
    sqlite3_stmt *query =
        store_query(store, "INSERT OR REPLACE INTO lambda_policy (account, region, resource, "
                           "statements, revision_id) VALUES (?, ?, ?, ?, ?)");
    bind_key(query, key);
    store_bind_text(query, 4, statements);
    store_bind_text(query, 5, policy->revision_id);
    store_run(store, query);
}

void policy_delete(struct store *store, const struct policy_key *key)
{
    sqlite3_stmt *query = store_query(store, "DELETE FROM lambda_policy WHERE account = ? AND "
                                             "region = ? AND resource = ?");
    bind_key(query, key);
    store_run(store, query);
}

void policy_delete_all(struct store *store, const struct function_key *key)
{
    /* ';' follows ':', so that this is the function itself and all that begins with "f:". */
    sqlite3_stmt *query =
        store_query(store, "DELETE FROM lambda_policy WHERE account = ?1 AND region = ?2 AND "
                           "(resource = 'function:' || ?3 OR (resource > 'function:' || ?3 || ':' "
                           "AND resource < 'function:' || ?3 || ';'))");
    store_bind_text(query, 1, key->account);
    store_bind_text(query, 2, key->region);
    store_bind_text(query, 3, key->name);
    store_run(store, query);
}
