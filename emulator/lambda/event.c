#include "lambda/event.h"

#define EVENT_COLUMNS                                                                              \
    "place, account, region, name, qualifier, request_id, trace_id, payload, queued_ms, due_ms, "  \
    "attempts, throttles"

int64_t lambda_event_insert(struct store *store, const struct lambda_event *event)
{
    sqlite3_stmt *query = store_query(
        store, "INSERT INTO lambda_event (account, region, name, qualifier, request_id, trace_id, "
               "payload, queued_ms, due_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    store_bind_text(query, 1, event->function.key.account);
    store_bind_text(query, 2, event->function.key.region);
    store_bind_text(query, 3, event->function.key.name);
    store_bind_text(query, 4, event->function.qualifier);
    store_bind_text(query, 5, event->request_id);
    store_bind_text(query, 6, event->trace_id);
    sqlite3_bind_blob64(query, 7, event->payload.data, event->payload.size, SQLITE_TRANSIENT);
    store_bind_int(query, 8, event->queued_ms);
    store_bind_int(query, 9, event->due_ms);
    store_run(store, query);
    return sqlite3_last_insert_rowid(sqlite3_db_handle(query));
}

void lambda_event_put_off(struct store *store, const struct lambda_event *event)
{
    sqlite3_stmt *query = store_query(store, "UPDATE lambda_event SET due_ms = ?2, attempts = ?3, "
                                             "throttles = ?4 WHERE place = ?1");
    store_bind_int(query, 1, event->place);
    store_bind_int(query, 2, event->due_ms);
    store_bind_int(query, 3, event->attempts);
    store_bind_int(query, 4, event->throttles);
    store_run(store, query);
}

void lambda_event_delete(struct store *store, int64_t place)
{
    sqlite3_stmt *query = store_query(store, "DELETE FROM lambda_event WHERE place = ?");
    store_bind_int(query, 1, place);
    store_run(store, query);
}

bool lambda_event_next(struct store *store, struct lambda_event_position *position,
                       struct arena *arena, struct function_key *function_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT due_ms, place, account, region, name FROM lambda_event "
                           "WHERE (due_ms, place) > (?, ?) ORDER BY due_ms, place LIMIT 1");
    store_bind_int(query, 1, position->due_ms);
    store_bind_int(query, 2, position->place);
    if (!store_step(store, query))
        return false;
    *position = (struct lambda_event_position){ sqlite3_column_int64(query, 0),
                                                sqlite3_column_int64(query, 1) };
    *function_out = (struct function_key){ store_copy(query, 2, arena), store_copy(query, 3, arena),
                                           store_copy(query, 4, arena) };
    sqlite3_reset(query);
    return true;
}

bool lambda_event_find(struct store *store, int64_t place, struct arena *arena,
                       struct lambda_event *event_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " EVENT_COLUMNS " FROM lambda_event WHERE place = ?");
    store_bind_int(query, 1, place);
    if (!store_step(store, query))
        return false;
    struct text payload = { sqlite3_column_blob(query, 7), (size_t)sqlite3_column_bytes(query, 7) };
    *event_out = (struct lambda_event){
        .place = sqlite3_column_int64(query, 0),
        .function = { { store_copy(query, 1, arena), store_copy(query, 2, arena),
                        store_copy(query, 3, arena) },
                      store_copy(query, 4, arena) },
        .request_id = store_copy(query, 5, arena),
        .trace_id = store_copy(query, 6, arena),
        .payload = { arena_copy(arena, payload), payload.size },
        .queued_ms = sqlite3_column_int64(query, 8),
        .due_ms = sqlite3_column_int64(query, 9),
        .attempts = sqlite3_column_int(query, 10),
        .throttles = sqlite3_column_int(query, 11),
    };
    sqlite3_reset(query);
    return true;
}
