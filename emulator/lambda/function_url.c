#include "lambda/function_url.h"

#include "lambda/function.h"
#include "random.h"

enum { ID_SIZE = 32 };

#define URL_COLUMNS                                                                                \
    "account, region, name, qualifier, url_id, configuration, created_ms, modified_ms"

const char *function_url_make_id(struct arena *arena)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    char id[ID_SIZE + 1] = "";
    char name[UUID_SIZE];
    random_uuid(name);
    struct random_stream stream = random_stream_for(name);
    for (int i = 0; i < ID_SIZE; i++)
        id[i] = alphabet[(size_t)(random_unit(&stream) * (sizeof(alphabet) - 1))];
    return arena_copy(arena, text_from(id));
}

const char *function_url_text(struct arena *arena, const struct function_url *url,
                              const char *base_url)
{
    const char *colon = strrchr(base_url, ':');
    bool has_port = colon && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1);
    return arena_format(arena, "http://%s.lambda-url.%s.localhost%s/", url->id, url->key.region,
                        has_port ? colon : "");
}

static bool read_url(struct store *store, sqlite3_stmt *query, struct arena *arena,
                     struct function_url *url_out)
{
    if (!store_step(store, query))
        return false;
    *url_out = (struct function_url){
        .key = { store_copy(query, 0, arena), store_copy(query, 1, arena),
                 store_copy(query, 2, arena) },
        .qualifier = store_copy(query, 3, arena),
        .id = store_copy(query, 4, arena),
        .configuration = store_copy(query, 5, arena),
        .created_ms = sqlite3_column_int64(query, 6),
        .modified_ms = sqlite3_column_int64(query, 7),
    };
    sqlite3_reset(query);
    return true;
}

bool function_url_find(struct store *store, const struct function_key *key, const char *qualifier,
                       struct arena *arena, struct function_url *url_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " URL_COLUMNS " FROM lambda_function_url WHERE account = ? AND "
                           "region = ? AND name = ? AND qualifier = ?");
    function_key_bind(query, key);
    store_bind_text(query, 4, qualifier ? qualifier : "");
    return read_url(store, query, arena, url_out);
}

bool function_url_find_by_id(struct store *store, const char *id, struct arena *arena,
                             struct function_url *url_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " URL_COLUMNS " FROM lambda_function_url WHERE url_id = ?");
    store_bind_text(query, 1, id);
    return read_url(store, query, arena, url_out);
}

bool function_url_next(struct store *store, const struct function_key *key, const char *after,
                       struct arena *arena, struct function_url *url_out)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT " URL_COLUMNS " FROM lambda_function_url WHERE account = ?1 AND region = ?2 "
               "AND name = ?3 AND (?4 IS NULL OR qualifier > ?4) ORDER BY qualifier LIMIT 1");
    function_key_bind(query, key);
    store_bind_text(query, 4, after);
    return read_url(store, query, arena, url_out);
}

void function_url_save(struct store *store, const struct function_url *url)
{
    sqlite3_stmt *query =
        store_query(store, "INSERT OR REPLACE INTO lambda_function_url (" URL_COLUMNS ") VALUES "
                           "(?, ?, ?, ?, ?, ?, ?, ?)");
    function_key_bind(query, &url->key);
    store_bind_text(query, 4, url->qualifier);
    store_bind_text(query, 5, url->id);
    store_bind_text(query, 6, url->configuration);
    store_bind_int(query, 7, url->created_ms);
    store_bind_int(query, 8, url->modified_ms);
    store_run(store, query);
}

bool function_url_delete(struct store *store, const struct function_key *key, const char *qualifier)
{
    sqlite3_stmt *query =
        store_query(store, "DELETE FROM lambda_function_url WHERE account = ? AND region = ? AND "
                           "name = ? AND qualifier = ?");
    function_key_bind(query, key);
    store_bind_text(query, 4, qualifier ? qualifier : "");
    return store_run(store, query) > 0;
}
