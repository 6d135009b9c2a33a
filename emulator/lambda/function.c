#include "lambda/function.h"

#include <stdlib.h>

#include "random.h"
#include "xalloc.h"

#define VERSION_COLUMNS                                                                            \
    "name, number, configuration, code_sha256, code_size, code_id, revision_id, modified_ms, "     \
    "generation, settles_ms, settling_revision_id"

void function_key_bind(sqlite3_stmt *query, const struct function_key *key)
{
    store_bind_text(query, 1, key->account);
    store_bind_text(query, 2, key->region);
    store_bind_text(query, 3, key->name);
}

enum version_state version_state(const struct function_version *version)
{
    if (!version->settles_ms)
        return VERSION_ACTIVE;
    /* The first generation of $LATEST is the one that was created. */
    return version->number == VERSION_LATEST && version->generation ? VERSION_UPDATING
                                                                    : VERSION_PENDING;
}

const char *version_revision(const struct function_version *version)
{
    return version->settles_ms ? version->settling_revision_id : version->revision_id;
}

/* Steps once and reads the row; false at the end. */
static bool read_version(struct store *store, sqlite3_stmt *query, const struct function_key *key,
                         struct arena *arena, struct function_version *version_out)
{
    if (!store_step(store, query))
        return false;
    *version_out = (struct function_version){
        .key = { key->account, key->region, store_copy(query, 0, arena) },
        .number = sqlite3_column_int64(query, 1),
        .configuration = store_copy(query, 2, arena),
        .code_sha256 = store_copy(query, 3, arena),
        .code_size = sqlite3_column_int64(query, 4),
        .code_id = store_copy(query, 5, arena),
        .revision_id = store_copy(query, 6, arena),
        .modified_ms = sqlite3_column_int64(query, 7),
        .generation = sqlite3_column_int64(query, 8),
        .settles_ms = sqlite3_column_int64(query, 9),
        .settling_revision_id = store_copy(query, 10, arena),
    };
    sqlite3_reset(query);
    return true;
}

bool function_exists(struct store *store, const struct function_key *key)
{
    sqlite3_stmt *query = store_query(store, "SELECT 1 FROM lambda_function WHERE account = ? "
                                             "AND region = ? AND name = ?");
    function_key_bind(query, key);
    return store_has_row(store, query);
}

bool version_find(struct store *store, const struct function_key *key, int64_t number,
                  struct arena *arena, struct function_version *version_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " VERSION_COLUMNS " FROM lambda_version WHERE account = ? AND "
                           "region = ? AND name = ? AND number = ?");
    function_key_bind(query, key);
    store_bind_int(query, 4, number);
    return read_version(store, query, key, arena, version_out);
}

bool version_find_running(struct store *store, const struct function_key *key, int64_t number,
                          struct arena *arena, struct function_version *version_out)
{
    if (number != VERSION_LATEST || !version_find(store, key, VERSION_PREVIOUS, arena, version_out))
        return version_find(store, key, number, arena, version_out);
    version_out->number = VERSION_LATEST;
    return true;
}

bool version_next(struct store *store, const struct function_key *key, int64_t after,
                  struct arena *arena, struct function_version *version_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " VERSION_COLUMNS
                           " FROM lambda_version WHERE account = ? AND region = ? AND name = ? "
                           "AND number > ? ORDER BY number LIMIT 1");
    function_key_bind(query, key);
    store_bind_int(query, 4, after);
    return read_version(store, query, key, arena, version_out);
}

bool function_next(struct store *store, const struct function_key *key, const char *after,
                   struct arena *arena, struct function_version *version_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " VERSION_COLUMNS
                           " FROM lambda_version WHERE account = ? AND region = ? AND name > ? "
                           "AND number = 0 ORDER BY name LIMIT 1");
    function_key_bind(query, &(struct function_key){ key->account, key->region, after });
    return read_version(store, query, key, arena, version_out);
}

static void bind_version(sqlite3_stmt *query, const struct function_version *version)
{
    function_key_bind(query, &version->key);
    store_bind_int(query, 4, version->number);
    store_bind_text(query, 5, version->configuration);
    store_bind_text(query, 6, version->code_sha256);
    store_bind_int(query, 7, version->code_size);
    store_bind_text(query, 8, version->code_id);
    store_bind_text(query, 9, version->revision_id);
    store_bind_int(query, 10, version->modified_ms);
    store_bind_int(query, 11, version->generation);
    store_bind_int(query, 12, version->settles_ms);
    store_bind_text(query, 13, version->settles_ms ? version->settling_revision_id : NULL);
}

static void insert_version(struct store *store, const struct function_version *version)
{
    sqlite3_stmt *query =
        store_query(store, "INSERT OR REPLACE INTO lambda_version (account, region, name, "
                           "number, configuration, code_sha256, code_size, code_id, "
                           "revision_id, modified_ms, generation, settles_ms, "
                           "settling_revision_id) "
                           "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    bind_version(query, version);
    store_run(store, query);
}

void function_insert(struct store *store, const struct function_version *latest, const char *tags)
{
    sqlite3_stmt *query = store_query(store, "INSERT INTO lambda_function (account, region, "
                                             "name, tags) VALUES (?, ?, ?, ?)");
    function_key_bind(query, &latest->key);
    store_bind_text(query, 4, tags);
    store_run(store, query);
    insert_version(store, latest);
}

void function_update(struct store *store, const struct function_version *latest)
{
    struct function_version next = *latest;
    next.number = 0;
    next.generation = latest->generation + 1;
    insert_version(store, &next);
}

void function_keep_previous(struct store *store, const struct function_version *old)
{
    struct function_version previous = *old;
    previous.number = VERSION_PREVIOUS;
    insert_version(store, &previous);
}

/* A version that settles changes what it shows now; it changes once more when it has settled. */
void version_touch(struct store *store, const struct function_key *key, int64_t number,
                   const char *revision_id)
{
    sqlite3_stmt *query =
        store_query(store, "UPDATE lambda_version SET "
                           "revision_id = CASE WHEN settles_ms > 0 THEN revision_id ELSE ?5 END, "
                           "settling_revision_id = CASE WHEN settles_ms > 0 THEN ?5 END "
                           "WHERE account = ?1 AND region = ?2 AND name = ?3 AND number = ?4");
    function_key_bind(query, key);
    store_bind_int(query, 4, number);
    store_bind_text(query, 5, revision_id);
    store_run(store, query);
}

void function_touch(struct store *store, const struct function_key *key, const char *revision_id)
{
    version_touch(store, key, VERSION_LATEST, revision_id);
}

const char *function_tags(struct store *store, const struct function_key *key, struct arena *arena)
{
    sqlite3_stmt *query = store_query(store, "SELECT tags FROM lambda_function WHERE account = ? "
                                             "AND region = ? AND name = ?");
    function_key_bind(query, key);
    if (!store_step(store, query))
        return "{}";
    const char *tags = store_copy(query, 0, arena);
    sqlite3_reset(query);
    return tags;
}

void function_set_tags(struct store *store, const struct function_key *key, const char *tags)
{
    sqlite3_stmt *query =
        store_query(store, "UPDATE lambda_function SET tags = ?4 WHERE account = ?1 AND "
                           "region = ?2 AND name = ?3");
    function_key_bind(query, key);
    store_bind_text(query, 4, tags);
    store_run(store, query);
}

bool function_delete(struct store *store, const struct function_key *key)
{
    sqlite3_stmt *query = store_query(store, "DELETE FROM lambda_function WHERE account = ? AND "
                                             "region = ? AND name = ?");
    function_key_bind(query, key);
    return store_run(store, query) > 0;
}

void version_delete(struct store *store, const struct function_key *key, int64_t number)
{
    sqlite3_stmt *query = store_query(store, "DELETE FROM lambda_version WHERE account = ? AND "
                                             "region = ? AND name = ? AND number = ?");
    function_key_bind(query, key);
    store_bind_int(query, 4, number);
    store_run(store, query);
}

static int64_t last_version(struct store *store, const struct function_key *key)
{
    sqlite3_stmt *query = store_query(store, "SELECT last_version FROM lambda_function WHERE "
                                             "account = ? AND region = ? AND name = ?");
    function_key_bind(query, key);
    return store_number(store, query, 0);
}

static void set_last_version(struct store *store, const struct function_key *key, int64_t number)
{
    sqlite3_stmt *query =
        store_query(store, "UPDATE lambda_function SET last_version = ?4 WHERE account = ?1 AND "
                           "region = ?2 AND name = ?3");
    function_key_bind(query, key);
    store_bind_int(query, 4, number);
    store_run(store, query);
}

static bool find_newest(struct store *store, const struct function_key *key, struct arena *arena,
                        struct function_version *version_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " VERSION_COLUMNS
                           " FROM lambda_version WHERE account = ? AND region = ? AND name = ? "
                           "AND number > 0 ORDER BY number DESC LIMIT 1");
    function_key_bind(query, key);
    return read_version(store, query, key, arena, version_out);
}

/* What $LATEST was described as, in a version that was published with a description of its own. */
static const char latest_description[] = "LatestDescription";

static void restore_description(cJSON *configuration)
{
    cJSON *before = cJSON_DetachItemFromObjectCaseSensitive(configuration, latest_description);
    if (before)
        cJSON_ReplaceItemInObjectCaseSensitive(configuration, "Description", before);
}

/* Content, not revisions: a version is still the same as the $LATEST it came from, whose generation
 * it keeps, and as one that was updated to what it has already. */
static bool is_unchanged(const struct function_version *latest,
                         const struct function_version *newest)
{
    CLEANUP(json_deletep) cJSON *now = json_parse(text_from(latest->configuration));
    CLEANUP(json_deletep) cJSON *then = json_parse(text_from(newest->configuration));
    if (strcmp(latest->code_sha256, newest->code_sha256) != 0)
        return false;
    if (latest->generation == newest->generation)
        return true;
    restore_description(then);
    return cJSON_Compare(now, then, true);
}

static const char *with_description(const char *configuration, const char *description,
                                    struct arena *arena)
{
    if (!description)
        return configuration;
    CLEANUP(json_deletep) cJSON *tree = json_parse(text_from(configuration));
    json_set_text(tree, latest_description, json_text(tree, "Description", ""));
    cJSON_ReplaceItemInObjectCaseSensitive(tree, "Description", cJSON_CreateString(description));
    CLEANUP(freep) char *text = json_print(tree);
    return arena_copy(arena, text_from(text));
}

const char *new_uuid(struct arena *arena)
{
    char uuid[UUID_SIZE];
    random_uuid(uuid);
    return arena_copy(arena, text_from(uuid));
}

bool version_publish(struct store *store, const struct function_version *latest,
                     const char *description, int64_t settles_ms, struct arena *arena,
                     struct function_version *version_out)
{
    if (find_newest(store, &latest->key, arena, version_out) && is_unchanged(latest, version_out))
        return false;
    int64_t number = last_version(store, &latest->key) + 1;
    *version_out = *latest;
    version_out->number = number;
    version_out->configuration = with_description(latest->configuration, description, arena);
    version_out->revision_id = new_uuid(arena);
    version_out->settling_revision_id = new_uuid(arena);
    if (settles_ms > version_out->settles_ms)
        version_out->settles_ms = settles_ms;
    insert_version(store, version_out);
    set_last_version(store, &latest->key, number);
    function_touch(store, &latest->key, new_uuid(arena));
    return true;
}

struct account_usage account_usage(struct store *store, const char *account, const char *region)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT coalesce(sum(code_size), 0) + (SELECT coalesce(sum(code_size), "
                           "0) FROM lambda_layer_version WHERE account = ?1 AND region = ?2), "
                           "count(DISTINCT name) FROM lambda_version WHERE account = ?1 AND "
                           "region = ?2 AND number >= 0");
    struct account_usage usage = { 0 };
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, region);
    if (store_step(store, query))
        usage = (struct account_usage){ sqlite3_column_int64(query, 0),
                                        sqlite3_column_int64(query, 1) };
    sqlite3_reset(query);
    return usage;
}

bool code_is_used(struct store *store, const char *code_sha256)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT 1 FROM lambda_version WHERE code_sha256 = ?1 UNION ALL SELECT 1 "
                           "FROM lambda_version WHERE json_extract(configuration, "
                           "'$.LayersSha256') = ?1 LIMIT 1");
    store_bind_text(query, 1, code_sha256);
    return store_has_row(store, query);
}

bool version_find_by_code_id(struct store *store, const char *account, const char *function,
                             const char *code_id, struct arena *arena, const char **code_sha256_out)
{
    sqlite3_stmt *query = store_query(store, "SELECT code_sha256 FROM lambda_version WHERE "
                                             "account = ? AND name = ? AND code_id = ? LIMIT 1");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, function);
    store_bind_text(query, 3, code_id);
    if (!store_step(store, query))
        return false;
    *code_sha256_out = store_copy(query, 0, arena);
    sqlite3_reset(query);
    return true;
}
