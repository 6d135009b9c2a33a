#include "logs/filter_row.h"

#include "logs/filter_pattern.h"

void filter_row_put(struct store *store, enum filter_table table, const struct filter_row *row)
{
    static const char *const sql[] = {
        [FILTER_TABLE_METRIC] = "INSERT INTO logs_metric_filter (group_id, name, configuration, "
                                "created_ms) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET "
                                "configuration=?3, created_ms=?4",
        [FILTER_TABLE_SUBSCRIPTION] =
            "INSERT INTO logs_subscription_filter (group_id, name, configuration, created_ms) "
            "VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET configuration=?3",
    };
    sqlite3_stmt *insert = store_query(store, sql[table]);
    store_bind_int(insert, 1, row->group_id);
    store_bind_text(insert, 2, row->name);
    store_bind_text(insert, 3, row->configuration);
    store_bind_int(insert, 4, row->created_ms);
    store_run(store, insert);
}

bool filter_row_delete(struct store *store, enum filter_table table, int64_t group_id,
                       const char *name)
{
    static const char *const sql[] = {
        [FILTER_TABLE_METRIC] = "DELETE FROM logs_metric_filter WHERE group_id=? AND name=?",
        [FILTER_TABLE_SUBSCRIPTION] =
            "DELETE FROM logs_subscription_filter WHERE group_id=? AND name=?",
    };
    sqlite3_stmt *statement = store_query(store, sql[table]);
    store_bind_int(statement, 1, group_id);
    store_bind_text(statement, 2, name);
    return store_run(store, statement) > 0;
}

bool metric_filter_exists(struct store *store, int64_t group_id, const char *name)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT 1 FROM logs_metric_filter WHERE group_id=? AND name=?");
    store_bind_int(query, 1, group_id);
    store_bind_text(query, 2, name);
    return store_has_row(store, query);
}

size_t metric_filter_count(struct store *store, int64_t group_id)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT count(*) FROM logs_metric_filter WHERE group_id=?");
    store_bind_int(query, 1, group_id);
    return (size_t)store_number(store, query, 0);
}

size_t filter_row_count_regexes(struct store *store, int64_t group_id, enum filter_table table,
                                const char *name)
{
    static const char sql[] =
        "SELECT json_extract(configuration, '$.filterPattern') FROM logs_metric_filter "
        "WHERE group_id=?1 AND name<>?2 UNION ALL "
        "SELECT json_extract(configuration, '$.filterPattern') FROM logs_subscription_filter "
        "WHERE group_id=?1 AND name<>?3";
    sqlite3_stmt *query = store_query(store, sql);
    size_t count = 0;
    store_bind_int(query, 1, group_id);
    store_bind_text(query, 2, table == FILTER_TABLE_METRIC ? name : "");
    store_bind_text(query, 3, table == FILTER_TABLE_SUBSCRIPTION ? name : "");
    while (store_step(store, query))
        count += filter_text_has_regex(text_from(store_text(query, 0)));
    sqlite3_reset(query);
    return count;
}

static sqlite3_stmt *search_query(struct store *store, const struct metric_filter_search *search)
{
    static const char of_group[] =
        "SELECT f.group_id, g.name, f.name, f.configuration, f.created_ms FROM logs_metric_filter "
        "f JOIN logs_group g ON g.id=f.group_id WHERE f.group_id=?1 AND f.name>?2 AND "
        "substr(f.name, 1, length(?3))=?3 ORDER BY f.name";
    static const char of_all[] =
        "SELECT f.group_id, g.name, f.name, f.configuration, f.created_ms FROM logs_group g JOIN "
        "logs_metric_filter f ON g.id=f.group_id WHERE g.account=?1 AND g.region=?4 AND "
        "(g.name, f.name) > (?5, ?2) AND substr(f.name, 1, length(?3))=?3 "
        "ORDER BY g.name, f.name";
    sqlite3_stmt *query = store_query(store, search->group_id ? of_group : of_all);
    store_bind_text(query, 2, search->after_name);
    store_bind_text(query, 3, search->prefix);
    if (search->group_id) {
        store_bind_int(query, 1, search->group_id);
        return query;
    }
    store_bind_text(query, 1, search->account);
    store_bind_text(query, 4, search->region);
    store_bind_text(query, 5, search->after_group);
    return query;
}

void metric_filter_each(struct store *store, const struct metric_filter_search *search,
                        bool (*visit)(const struct filter_row *row, void *owner), void *owner)
{
    sqlite3_stmt *query = search_query(store, search);
    bool goes_on = true;
    while (goes_on && store_step(store, query)) {
        struct filter_row row = { .group_id = sqlite3_column_int64(query, 0),
                                  .group_name = store_text(query, 1),
                                  .name = store_text(query, 2),
                                  .configuration = store_text(query, 3),
                                  .created_ms = sqlite3_column_int64(query, 4) };
        goes_on = visit(&row, owner);
    }
    sqlite3_reset(query);
}

size_t subscription_list(struct store *store, int64_t group_id, struct arena *arena,
                         struct filter_row rows_out[SUBSCRIPTIONS_MAX])
{
    sqlite3_stmt *query =
        store_query(store, "SELECT name, configuration, created_ms FROM logs_subscription_filter "
                           "WHERE group_id=? ORDER BY name");
    size_t count = 0;
    store_bind_int(query, 1, group_id);
    while (count < SUBSCRIPTIONS_MAX && store_step(store, query))
        rows_out[count++] = (struct filter_row){
            .group_id = group_id,
            .name = store_copy(query, 0, arena),
            .configuration = store_copy(query, 1, arena),
            .created_ms = sqlite3_column_int64(query, 2),
        };
    sqlite3_reset(query);
    return count;
}
