#include "lambda/code_signing.h"

#include "lambda/function.h"
#include "arn.h"
#include "lambda/faults.h"
#include "operation/operation.h"

static const char prefix[] = "code-signing-config:";

const char code_signing_arn_pattern[] =
    "arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:"
    "code-signing-config:csc-[a-z0-9]{17}";

const char *code_signing_arn(struct arena *arena, const struct code_signing_scope *scope,
                             const char *id)
{
    return arena_format(arena, "arn:%s:lambda:%s:%s:%s%s", arn_partition(scope->region),
                        scope->region, scope->account, prefix, id);
}

const char *code_signing_id(struct arena *arena, const struct code_signing_scope *scope,
                            const char *arn)
{
    struct arn parts;
    if (!arn_parse(text_from(arn), &parts) || !text_equal(parts.region, scope->region) ||
        !text_equal(parts.account, scope->account) || !text_starts_with(parts.resource, prefix))
        return NULL;
    return arena_copy(arena, parts.resource) + strlen(prefix);
}

bool code_signing_check(struct call *call, const char *config_arn)
{
    struct code_signing_scope scope = { call->account, call->region };
    struct code_signing_config config;
    const char *id = config_arn ? code_signing_id(&call->arena, &scope, config_arn) : NULL;
    return !config_arn ||
           (id && code_signing_find(call->store, &scope, id, &call->arena, &config)) ||
           error_set(&call->error, &LAMBDA_CODE_SIGNING_CONFIG_NOT_FOUND,
                     "The code signing configuration cannot be found. Check that the provided "
                     "configuration is not deleted: %s.",
                     config_arn);
}

static void bind_scope(sqlite3_stmt *query, const struct code_signing_scope *scope)
{
    store_bind_text(query, 1, scope->account);
    store_bind_text(query, 2, scope->region);
}

static bool read_config(struct store *store, sqlite3_stmt *query, struct arena *arena,
                        struct code_signing_config *config_out)
{
    if (!store_step(store, query))
        return false;
    *config_out = (struct code_signing_config){
        .id = store_copy(query, 0, arena),
        .configuration = store_copy(query, 1, arena),
        .tags = store_copy(query, 2, arena),
        .modified_ms = sqlite3_column_int64(query, 3),
    };
    sqlite3_reset(query);
    return true;
}

bool code_signing_find(struct store *store, const struct code_signing_scope *scope, const char *id,
                       struct arena *arena, struct code_signing_config *config_out)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT id, configuration, tags, modified_ms FROM lambda_code_signing_config "
               "WHERE account = ? AND region = ? AND id = ?");
    bind_scope(query, scope);
    store_bind_text(query, 3, id);
    return read_config(store, query, arena, config_out);
}

bool code_signing_next(struct store *store, const struct code_signing_scope *scope,
                       const char *after, struct arena *arena,
                       struct code_signing_config *config_out)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT id, configuration, tags, modified_ms FROM lambda_code_signing_config "
               "WHERE account = ? AND region = ? AND id > ? ORDER BY id LIMIT 1");
    bind_scope(query, scope);
    store_bind_text(query, 3, after);
    return read_config(store, query, arena, config_out);
}

void code_signing_save(struct store *store, const struct code_signing_scope *scope,
                       const struct code_signing_config *config)
{
    sqlite3_stmt *query =
        store_query(store, "INSERT OR REPLACE INTO lambda_code_signing_config (account, region, "
                           "id, configuration, tags, modified_ms) VALUES (?, ?, ?, ?, ?, ?)");
    bind_scope(query, scope);
    store_bind_text(query, 3, config->id);
    store_bind_text(query, 4, config->configuration);
    store_bind_text(query, 5, config->tags);
    store_bind_int(query, 6, config->modified_ms);
    store_run(store, query);
}

void code_signing_delete(struct store *store, const struct code_signing_scope *scope,
                         const char *id)
{
    sqlite3_stmt *query = store_query(store, "DELETE FROM lambda_code_signing_config WHERE "
                                             "account = ? AND region = ? AND id = ?");
    bind_scope(query, scope);
    store_bind_text(query, 3, id);
    store_run(store, query);
}

/* The first column of the next row, in the arena; NULL if there is no row or nothing in it. */
static const char *take_text(struct store *store, sqlite3_stmt *query, struct arena *arena)
{
    const char *copy = store_step(store, query) ? store_copy(query, 0, arena) : NULL;
    sqlite3_reset(query);
    return copy;
}

const char *code_signing_of_function(struct store *store, const struct function_key *key,
                                     struct arena *arena)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT code_signing_config_arn FROM lambda_function WHERE "
                           "account = ? AND region = ? AND name = ?");
    function_key_bind(query, key);
    return take_text(store, query, arena);
}

void code_signing_set_function(struct store *store, const struct function_key *key,
                               const char *config_arn)
{
    sqlite3_stmt *query =
        store_query(store, "UPDATE lambda_function SET code_signing_config_arn = ?4 WHERE "
                           "account = ?1 AND region = ?2 AND name = ?3");
    function_key_bind(query, key);
    store_bind_text(query, 4, config_arn);
    store_run(store, query);
}

const char *code_signing_next_function(struct store *store, const struct code_signing_scope *scope,
                                       const char *config_arn, const char *after,
                                       struct arena *arena)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT name FROM lambda_function WHERE account = ? AND region = ? AND "
                           "code_signing_config_arn = ? AND name > ? ORDER BY name LIMIT 1");
    bind_scope(query, scope);
    store_bind_text(query, 3, config_arn);
    store_bind_text(query, 4, after);
    return take_text(store, query, arena);
}
