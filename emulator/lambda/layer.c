#include "lambda/layer.h"

#include <string.h>

#include "lambda/function.h"
#include "arn.h"

#define LAYER_COLUMNS "name, number, configuration, code_sha256, code_size, code_id, created_ms"

enum { NO_NUMBER = -1 };

const char layer_name_pattern[] =
    "(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:"
    "\\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+";
const char layer_version_arn_pattern[] =
    "(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:"
    "\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:"
    "[a-zA-Z0-9-_]+)";

const char *layer_arn(struct arena *arena, const struct function_key *key)
{
    return arena_format(arena, "arn:%s:lambda:%s:%s:layer:%s", arn_partition(key->region),
                        key->region, key->account, key->name);
}

const char *layer_version_arn(struct arena *arena, const struct function_key *key, int64_t number)
{
    return arena_format(arena, "%s:%lld", layer_arn(arena, key), (long long)number);
}

bool layer_arn_parse(const char *arn, struct arena *arena, struct function_key *key_out,
                     int64_t *number_out)
{
    struct text rest = text_from(arn);
    struct text parts[7];
    int64_t number = NO_NUMBER;
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        parts[i] = text_cut(&rest, ':');
    if (!text_equal(parts[0], "arn") || !text_equal(parts[2], "lambda") ||
        !text_equal(parts[5], "layer") || parts[6].size == 0 ||
        (rest.data && !text_to_int64(rest, &number)))
        return false;
    *key_out = (struct function_key){ arena_copy(arena, parts[4]), arena_copy(arena, parts[3]),
                                      arena_copy(arena, parts[6]) };
    *number_out = number;
    return true;
}

static bool read_version(struct store *store, sqlite3_stmt *query, const struct function_key *key,
                         struct arena *arena, struct layer_version *version_out)
{
    if (!store_step(store, query))
        return false;
    *version_out = (struct layer_version){
        .key = { key->account, key->region, store_copy(query, 0, arena) },
        .number = sqlite3_column_int64(query, 1),
        .configuration = store_copy(query, 2, arena),
        .code_sha256 = store_copy(query, 3, arena),
        .code_size = sqlite3_column_int64(query, 4),
        .code_id = store_copy(query, 5, arena),
        .created_ms = sqlite3_column_int64(query, 6),
    };
    sqlite3_reset(query);
    return true;
}

static int64_t take_number(struct store *store, const struct function_key *key)
{
    sqlite3_stmt *query = store_query(
        store, "INSERT INTO lambda_layer (account, region, name, last_version) VALUES (?, ?, ?, 1) "
               "ON CONFLICT DO UPDATE SET last_version = last_version + 1 RETURNING last_version");
    function_key_bind(query, key);
    int64_t number = store_step(store, query) ? sqlite3_column_int64(query, 0) : 0;
    while (store_step(store, query))
        ;
    return number;
}

void layer_version_insert(struct store *store, struct layer_version *version)
{
    version->number = take_number(store, &version->key);
    sqlite3_stmt *query =
        store_query(store, "INSERT INTO lambda_layer_version (account, region, name, number, "
                           "configuration, code_sha256, code_size, code_id, created_ms) VALUES (?, "
                           "?, ?, ?, ?, ?, ?, ?, ?)");
    function_key_bind(query, &version->key);
    store_bind_int(query, 4, version->number);
    store_bind_text(query, 5, version->configuration);
    store_bind_text(query, 6, version->code_sha256);
    store_bind_int(query, 7, version->code_size);
    store_bind_text(query, 8, version->code_id);
    store_bind_int(query, 9, version->created_ms);
    store_run(store, query);
}

bool layer_version_find(struct store *store, const struct function_key *key, int64_t number,
                        struct arena *arena, struct layer_version *version_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " LAYER_COLUMNS " FROM lambda_layer_version WHERE account = ? "
                           "AND region = ? AND name = ? AND number = ?");
    function_key_bind(query, key);
    store_bind_int(query, 4, number);
    return read_version(store, query, key, arena, version_out);
}

bool layer_version_before(struct store *store, const struct function_key *key, int64_t before,
                          struct arena *arena, struct layer_version *version_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " LAYER_COLUMNS " FROM lambda_layer_version WHERE account = ? "
                           "AND region = ? AND name = ? AND number < ? ORDER BY number DESC LIMIT "
                           "1");
    function_key_bind(query, key);
    store_bind_int(query, 4, before);
    return read_version(store, query, key, arena, version_out);
}

const char *layer_next(struct store *store, const struct function_key *scope, const char *after,
                       struct arena *arena)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT name FROM lambda_layer_version WHERE account = ? AND region = ? "
                           "AND name > ? ORDER BY name LIMIT 1");
    function_key_bind(query, &(struct function_key){ scope->account, scope->region, after });
    if (!store_step(store, query))
        return NULL;
    const char *name = store_copy(query, 0, arena);
    sqlite3_reset(query);
    return name;
}

static void delete_policy(struct store *store, const struct function_key *key, int64_t number)
{
    sqlite3_stmt *query =
        store_query(store, "DELETE FROM lambda_policy WHERE account = ?1 AND region = ?2 AND "
                           "resource = 'layer:' || ?3 || ':' || ?4");
    function_key_bind(query, key);
    store_bind_int(query, 4, number);
    store_run(store, query);
}

void layer_version_delete(struct store *store, const struct function_key *key, int64_t number)
{
    sqlite3_stmt *query = store_query(store, "DELETE FROM lambda_layer_version WHERE account = ? "
                                             "AND region = ? AND name = ? AND number = ?");
    function_key_bind(query, key);
    store_bind_int(query, 4, number);
    store_run(store, query);
    delete_policy(store, key, number);
}

bool layer_code_is_used(struct store *store, const char *code_sha256)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT 1 FROM lambda_layer_version WHERE code_sha256 = ? LIMIT 1");
    store_bind_text(query, 1, code_sha256);
    return store_has_row(store, query);
}

bool layer_version_find_by_code_id(struct store *store, const char *account, const char *layer,
                                   const char *code_id, struct arena *arena,
                                   const char **code_sha256_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT code_sha256 FROM lambda_layer_version WHERE account = ? AND "
                           "name = ? AND code_id = ? LIMIT 1");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, layer);
    store_bind_text(query, 3, code_id);
    if (!store_step(store, query))
        return false;
    *code_sha256_out = store_copy(query, 0, arena);
    sqlite3_reset(query);
    return true;
}
