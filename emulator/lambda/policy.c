#include "lambda/policy.h"

#include <stdlib.h>

#include "arn.h"
#include "lambda/faults.h"
#include "lambda/function.h"
#include "pattern.h"
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
    cJSON_Delete(policy->document);
    *policy = (struct policy){ 0 };
}

static const char version_of_aws[] = "2012-10-17";
static const char id_of_aws[] = "default";

/* The document that AddPermission makes around statements. */
static void set_statements(struct policy *policy, cJSON *takes_statements)
{
    policy->document = cJSON_CreateObject();
    json_set_text(policy->document, "Version", version_of_aws);
    json_set_text(policy->document, "Id", id_of_aws);
    json_set(policy->document, "Statement", takes_statements);
    policy->statements = takes_statements;
}

static bool is_made_here(const struct policy *policy)
{
    return cJSON_GetArraySize(policy->document) == 3 &&
           strcmp(json_text(policy->document, "Version", ""), version_of_aws) == 0 &&
           strcmp(json_text(policy->document, "Id", ""), id_of_aws) == 0;
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

static const char *reader_of(const struct policy_key *key)
{
    bool is_layer = text_starts_with(text_from(key->resource), layer_prefix);
    return is_layer ? "GetLayerPolicy" : "GetPolicy";
}

/* `reader`: the operation that shows the present one. */
static bool check_revision(const struct policy *policy, const char *revision_id, const char *reader,
                           struct error *error)
{
    return !revision_id || (policy->revision_id && strcmp(policy->revision_id, revision_id) == 0) ||
           error_set(error, &LAMBDA_PRECONDITION_FAILED,
                     "The Revision Id provided does not match the latest Revision Id. Call the %s "
                     "API to retrieve the latest Revision Id",
                     reader);
}

char *policy_print(const struct policy *policy)
{
    return json_print(policy->document);
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

static bool check_addition(const struct policy_key *key, const struct policy *policy,
                           const struct policy_grant *grant, const char *revision_id,
                           struct error *error)
{
    return check_revision(policy, revision_id, reader_of(key), error) &&
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
        set_statements(&policy, cJSON_CreateArray());
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
    policy.revision_id = new_uuid(arena);
    save(store, key, &policy);
    CLEANUP(freep) char *text = json_print(statement);
    *statement_out = arena_copy(arena, text_from(text));
    *revision_out = policy.revision_id;
    return true;
}

static bool refuse_document(struct error *error, const char *reason)
{
    return error_set(error, &LAMBDA_INVALID_PARAMETER, "The policy is not valid: %s.", reason);
}

/* AWS's own words about documents are not known. */
static bool check_statement(const cJSON *statement, struct error *error)
{
    static const char *const needed[] = { "Principal", "Action", "Resource" };
    static const char *const negated[] = { "NotPrincipal", "NotAction", "NotResource" };
    const char *effect = json_text(statement, "Effect", "");
    for (size_t i = 0; i < COUNT_OF(negated); i++) {
        if (json_get(statement, negated[i]))
            return error_set(error, &LAMBDA_NOT_IMPLEMENTED,
                             "Coalmine does not emulate %s in a policy", negated[i]);
        if (!json_get(statement, needed[i]))
            return refuse_document(error, "each Statement needs Principal, Action and Resource");
    }
    return strcmp(effect, "Allow") == 0 || strcmp(effect, "Deny") == 0 ||
           refuse_document(error, "Effect is Allow or Deny");
}

/* One statement may stand without a list. */
static bool read_document(const char *text, struct policy *policy, struct error *error)
{
    const cJSON *statement;
    policy->document = json_parse(text_from(text));
    policy->statements = json_get(policy->document, "Statement");
    if (!cJSON_IsObject(policy->document) || !policy->statements)
        return refuse_document(error, "it is a JSON object with a Statement");
    if (cJSON_IsObject(policy->statements)) {
        cJSON *list = cJSON_CreateArray();
        cJSON_AddItemToArray(list, cJSON_Duplicate(policy->statements, true));
        cJSON_ReplaceItemInObjectCaseSensitive(policy->document, "Statement", list);
        policy->statements = list;
    }
    if (!cJSON_IsArray(policy->statements) || !policy->statements->child)
        return refuse_document(error, "Statement is a list of statements");
    cJSON_ArrayForEach(statement, policy->statements)
    {
        if (!check_statement(statement, error))
            return false;
    }
    return true;
}

static const char whole_reader[] = "GetResourcePolicy";

bool policy_put(struct store *store, const struct policy_key *key, const char *document,
                const char *revision_id, struct arena *arena, struct policy *policy_out,
                struct error *error)
{
    CLEANUP(policy_clear) struct policy present = { 0 };
    policy_find(store, key, arena, &present);
    if (!check_revision(&present, revision_id, whole_reader, error) ||
        !read_document(document, policy_out, error) || !check_length(policy_out, error))
        return false;
    policy_out->revision_id = new_uuid(arena);
    save(store, key, policy_out);
    return true;
}

static bool set_no_policy(struct error *error)
{
    return error_set(error, &LAMBDA_RESOURCE_NOT_FOUND,
                     "No policy is associated with the given resource.");
}

bool policy_drop(struct store *store, const struct policy_key *key, const char *revision_id,
                 struct error *error)
{
    struct arena scratch = { 0 };
    CLEANUP(policy_clear) struct policy policy = { 0 };
    bool may_go = (policy_find(store, key, &scratch, &policy) || set_no_policy(error)) &&
                  check_revision(&policy, revision_id, whole_reader, error);
    arena_clear(&scratch);
    if (may_go)
        policy_delete(store, key);
    return may_go;
}

bool policy_remove(struct store *store, const struct policy_key *key, const char *statement_id,
                   const char *revision_id, struct arena *arena, struct error *error)
{
    CLEANUP(policy_clear) struct policy policy = { 0 };
    if (!policy_find(store, key, arena, &policy))
        return set_no_policy(error);
    int place = place_of(&policy, statement_id);
    if (place < 0)
        return error_set(error, &LAMBDA_RESOURCE_NOT_FOUND,
                         "Statement %s is not found in resource policy.", statement_id);
    if (!check_revision(&policy, revision_id, reader_of(key), error))
        return false;
    cJSON_DeleteItemFromArray(policy.statements, place);
    policy.revision_id = new_uuid(arena);
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
    cJSON *stored = json_parse(text_from(store_text(query, 0)));
    if (cJSON_IsArray(stored))
        set_statements(policy_out, stored);
    else
        *policy_out = (struct policy){ stored, json_get(stored, "Statement"), NULL };
    policy_out->revision_id = store_copy(query, 1, arena);
    sqlite3_reset(query);
    return true;
}

/* The statements; the whole document where it is of the caller's own making. */
static void save(struct store *store, const struct policy_key *key, const struct policy *policy)
{
    CLEANUP(freep)
    char *statements = json_print(is_made_here(policy) ? policy->statements : policy->document);
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
