#include "logs/query_definition.h"

void query_definition_insert(struct store *store, const struct query_definition *definition)
{
    sqlite3_stmt *insert = store_query(
        store, "INSERT INTO logs_query_definition (account, region, id, name, "
               "configuration, client_token, modified_ms) VALUES (?, ?, ?, ?, ?, ?, ?)");
    store_bind_text(insert, 1, definition->account);
    store_bind_text(insert, 2, definition->region);
    store_bind_text(insert, 3, definition->id);
    store_bind_text(insert, 4, definition->name);
    store_bind_text(insert, 5, definition->configuration);
    store_bind_text(insert, 6, definition->client_token);
    store_bind_int(insert, 7, definition->modified_ms);
    store_run(store, insert);
}

bool query_definition_update(struct store *store, const struct query_definition *definition)
{
    sqlite3_stmt *update =
        store_query(store, "UPDATE logs_query_definition SET name=?4, configuration=?5, "
                           "modified_ms=?6 WHERE account=?1 AND region=?2 AND id=?3");
    store_bind_text(update, 1, definition->account);
    store_bind_text(update, 2, definition->region);
    store_bind_text(update, 3, definition->id);
    store_bind_text(update, 4, definition->name);
    store_bind_text(update, 5, definition->configuration);
    store_bind_int(update, 6, definition->modified_ms);
    return store_run(store, update) > 0;
}

bool query_definition_delete(struct store *store, const char *account, const char *region,
                             const char *id)
{
    sqlite3_stmt *statement = store_query(
        store, "DELETE FROM logs_query_definition WHERE account=? AND region=? AND id=?");
    store_bind_text(statement, 1, account);
    store_bind_text(statement, 2, region);
    store_bind_text(statement, 3, id);
    return store_run(store, statement) > 0;
}

size_t query_definition_count(struct store *store, const char *account, const char *region)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT count(*) FROM logs_query_definition WHERE account=? AND region=?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, region);
    return (size_t)store_number(store, query, 0);
}

const char *query_definition_made_by(struct store *store, const char *account, const char *region,
                                     const char *client_token, struct arena *arena)
{
    sqlite3_stmt *query = store_query(store, "SELECT id FROM logs_query_definition WHERE account=? "
                                             "AND region=? AND client_token=?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, region);
    store_bind_text(query, 3, client_token);
    const char *id = store_step(store, query) ? store_copy(query, 0, arena) : NULL;
    sqlite3_reset(query);
    return id;
}

void query_definition_each(struct store *store, const struct query_definition_search *search,
                           bool (*visit)(const struct query_definition *definition, void *owner),
                           void *owner)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT id, name, configuration, modified_ms FROM logs_query_definition WHERE "
               "account=?1 AND region=?2 AND (name, id) > (?3, ?4) AND "
               "substr(name, 1, length(?5))=?5 AND "
               "(?6='' OR json_extract(configuration, '$.queryLanguage')=?6) ORDER BY name, id");
    bool goes_on = true;
    store_bind_text(query, 1, search->account);
    store_bind_text(query, 2, search->region);
    store_bind_text(query, 3, search->after_name);
    store_bind_text(query, 4, search->after_id);
    store_bind_text(query, 5, search->prefix);
    store_bind_text(query, 6, search->language);
    while (goes_on && store_step(store, query)) {
        const struct query_definition definition = {
            .account = search->account,
            .region = search->region,
            .id = store_text(query, 0),
            .name = store_text(query, 1),
            .configuration = store_text(query, 2),
            .modified_ms = sqlite3_column_int64(query, 3),
        };
        goes_on = visit(&definition, owner);
    }
    sqlite3_reset(query);
}
