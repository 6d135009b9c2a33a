#include "cloudwatch/dashboard.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "xalloc.h"

/* Older databases have a list of Key and Value. */
static const char *tags_object(const char *text, struct arena *arena)
{
    CLEANUP(json_deletep) cJSON *tags = json_parse(text_from(text));
    if (cJSON_IsObject(tags))
        return text;
    CLEANUP(json_deletep) cJSON *object = cJSON_CreateObject();
    const cJSON *tag;
    cJSON_ArrayForEach(tag, tags)
        json_set_text(object, json_text(tag, "Key", ""), json_text(tag, "Value", ""));
    CLEANUP(freep) char *printed = json_print(object);
    return arena_copy(arena, text_from(printed));
}

bool dashboard_find(struct store *store, const char *account, const char *name, struct arena *arena,
                    struct dashboard *dashboard_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT name, body, modified_ms, tags FROM cloudwatch_dashboard "
                           "WHERE account = ? AND name = ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, name);
    if (!store_step(store, query))
        return false;
    *dashboard_out = (struct dashboard){
        .name = store_copy(query, 0, arena),
        .body = store_copy(query, 1, arena),
        .modified_ms = sqlite3_column_int64(query, 2),
        .tags = tags_object(store_copy(query, 3, arena), arena),
    };
    dashboard_out->size = (int64_t)strlen(dashboard_out->body);
    sqlite3_reset(query);
    return true;
}

bool dashboard_next(struct store *store, const char *account, const char *prefix, const char *after,
                    struct arena *arena, struct dashboard *dashboard_out)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT name, length(CAST(body AS BLOB)), modified_ms FROM cloudwatch_dashboard "
               "WHERE account = ?1 AND name > ?2 AND name >= ?3 ORDER BY name LIMIT 1");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, after);
    store_bind_text(query, 3, prefix);
    if (!store_step(store, query))
        return false;
    *dashboard_out = (struct dashboard){
        .name = store_copy(query, 0, arena),
        .size = sqlite3_column_int64(query, 1),
        .modified_ms = sqlite3_column_int64(query, 2),
    };
    sqlite3_reset(query);
    /* Names with the prefix stand together: the first without it ends the list. */
    return text_starts_with(text_from(dashboard_out->name), prefix);
}

void dashboard_save(struct store *store, const char *account, const struct dashboard *dashboard)
{
    sqlite3_stmt *query = store_query(
        store, "INSERT INTO cloudwatch_dashboard (account, name, body, modified_ms, tags) "
               "VALUES (?1, ?2, ?3, ?4, coalesce(?5, '{}')) ON CONFLICT (account, name) DO UPDATE "
               "SET body = ?3, modified_ms = ?4, tags = coalesce(?5, tags)");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, dashboard->name);
    store_bind_text(query, 3, dashboard->body);
    store_bind_int(query, 4, dashboard->modified_ms);
    store_bind_text(query, 5, dashboard->tags);
    store_run(store, query);
}

void dashboard_set_tags(struct store *store, const char *account, const char *name,
                        const char *tags)
{
    sqlite3_stmt *query = store_query(
        store, "UPDATE cloudwatch_dashboard SET tags = ?3 WHERE account = ?1 AND name = ?2");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, name);
    store_bind_text(query, 3, tags);
    store_run(store, query);
}

void dashboard_delete(struct store *store, const char *account, const char *name)
{
    sqlite3_stmt *query =
        store_query(store, "DELETE FROM cloudwatch_dashboard WHERE account = ? AND name = ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, name);
    store_run(store, query);
}
