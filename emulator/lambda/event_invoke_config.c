#include "lambda/event_invoke_config.h"

#include "json.h"

enum { NONE = -1 };

static const char *read_destination(const cJSON *configuration, const char *outcome,
                                    struct arena *arena)
{
    const cJSON *destinations = json_get(configuration, "DestinationConfig");
    const char *arn = json_text(json_get(destinations, outcome), "Destination", "");
    return *arn ? arena_copy(arena, text_from(arn)) : NULL;
}

bool event_invoke_config_find(struct store *store, const struct function_key *key,
                              const char *qualifier, struct arena *arena,
                              struct event_invoke_config *config_out)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT configuration, modified_ms FROM lambda_event_invoke_config WHERE "
               "account = ? AND region = ? AND name = ? AND qualifier = ?");
    store_bind_text(query, 1, key->account);
    store_bind_text(query, 2, key->region);
    store_bind_text(query, 3, key->name);
    store_bind_text(query, 4, qualifier);
    if (!store_step(store, query))
        return false;
    CLEANUP(json_deletep) cJSON *tree = json_parse(text_from(store_text(query, 0)));
    *config_out = (struct event_invoke_config){
        .qualifier = qualifier,
        .maximum_retry_attempts = (int)json_int(tree, "MaximumRetryAttempts", NONE),
        .maximum_event_age_s = (int)json_int(tree, "MaximumEventAgeInSeconds", NONE),
        .on_success = read_destination(tree, "OnSuccess", arena),
        .on_failure = read_destination(tree, "OnFailure", arena),
        .modified_ms = sqlite3_column_int64(query, 1),
    };
    sqlite3_reset(query);
    return true;
}
