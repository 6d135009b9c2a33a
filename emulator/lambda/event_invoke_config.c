#include "lambda/event_invoke_config.h"

#include <stdlib.h>

#include "json.h"
#include "lambda/function.h"
#include "xalloc.h"

enum { NONE = -1 };

static const char *read_destination(const cJSON *configuration, const char *outcome,
                                    struct arena *arena)
{
    const cJSON *destinations = json_get(configuration, "DestinationConfig");
    const char *arn = json_text(json_get(destinations, outcome), "Destination", "");
    return *arn ? arena_copy(arena, text_from(arn)) : NULL;
}

static bool read_config(struct store *store, sqlite3_stmt *query, struct arena *arena,
                        struct event_invoke_config *config_out)
{
    if (!store_step(store, query))
        return false;
    CLEANUP(json_deletep) cJSON *tree = json_parse(text_from(store_text(query, 1)));
    *config_out = (struct event_invoke_config){
        .qualifier = store_copy(query, 0, arena),
        .maximum_retry_attempts = (int)json_int(tree, "MaximumRetryAttempts", NONE),
        .maximum_event_age_s = (int)json_int(tree, "MaximumEventAgeInSeconds", NONE),
        .on_success = read_destination(tree, "OnSuccess", arena),
        .on_failure = read_destination(tree, "OnFailure", arena),
        .modified_ms = sqlite3_column_int64(query, 2),
    };
    sqlite3_reset(query);
    return true;
}

bool event_invoke_config_find(struct store *store, const struct function_key *key,
                              const char *qualifier, struct arena *arena,
                              struct event_invoke_config *config_out)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT qualifier, configuration, modified_ms FROM lambda_event_invoke_config "
               "WHERE account = ? AND region = ? AND name = ? AND qualifier = ?");
    function_key_bind(query, key);
    store_bind_text(query, 4, qualifier);
    return read_config(store, query, arena, config_out);
}

bool event_invoke_config_next(struct store *store, const struct function_key *key,
                              const char *after, struct arena *arena,
                              struct event_invoke_config *config_out)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT qualifier, configuration, modified_ms FROM lambda_event_invoke_config "
               "WHERE account = ? AND region = ? AND name = ? AND qualifier > ? "
               "ORDER BY qualifier LIMIT 1");
    function_key_bind(query, key);
    store_bind_text(query, 4, after);
    return read_config(store, query, arena, config_out);
}

static void write_destination(cJSON *destinations, const char *outcome, const char *arn)
{
    if (arn)
        json_set_text(json_set_object(destinations, outcome), "Destination", arn);
}

void event_invoke_config_save(struct store *store, const struct function_key *key,
                              const struct event_invoke_config *config)
{
    CLEANUP(json_deletep) cJSON *tree = cJSON_CreateObject();
    if (config->maximum_retry_attempts != NONE)
        json_set_double(tree, "MaximumRetryAttempts", config->maximum_retry_attempts);
    if (config->maximum_event_age_s != NONE)
        json_set_double(tree, "MaximumEventAgeInSeconds", config->maximum_event_age_s);
    cJSON *destinations = json_set_object(tree, "DestinationConfig");
    write_destination(destinations, "OnSuccess", config->on_success);
    write_destination(destinations, "OnFailure", config->on_failure);
    CLEANUP(freep) char *text = json_print(tree);
    sqlite3_stmt *query = store_query(
        store, "INSERT OR REPLACE INTO lambda_event_invoke_config (account, region, "
               "name, qualifier, configuration, modified_ms) VALUES (?, ?, ?, ?, ?, ?)");
    function_key_bind(query, key);
    store_bind_text(query, 4, config->qualifier);
    store_bind_text(query, 5, text);
    store_bind_int(query, 6, config->modified_ms);
    store_run(store, query);
}

bool event_invoke_config_delete(struct store *store, const struct function_key *key,
                                const char *qualifier)
{
    sqlite3_stmt *query =
        store_query(store, "DELETE FROM lambda_event_invoke_config WHERE account = ? AND "
                           "region = ? AND name = ? AND qualifier = ?");
    function_key_bind(query, key);
    store_bind_text(query, 4, qualifier);
    return store_run(store, query) > 0;
}
