#include "logs/stream.h"

static void read_stream(sqlite3_stmt *row, struct arena *arena, struct log_stream *stream_out)
{
    *stream_out = (struct log_stream){ .id = sqlite3_column_int64(row, 0),
                                       .group_id = sqlite3_column_int64(row, 1),
                                       .name = store_copy(row, 2, arena),
                                       .created_ms = sqlite3_column_int64(row, 3) };
}

bool stream_find(struct store *store, int64_t group_id, const char *name, struct arena *arena,
                 struct log_stream *stream_out)
{
    sqlite3_stmt *query = store_query(store, "SELECT id, group_id, name, created_ms FROM "
                                             "logs_stream WHERE group_id=? AND name=?");
    store_bind_int(query, 1, group_id);
    store_bind_text(query, 2, name);
    if (!store_step(store, query))
        return false;
    read_stream(query, arena, stream_out);
    sqlite3_reset(query);
    return true;
}

void stream_insert(struct store *store, const struct log_stream *stream)
{
    sqlite3_stmt *insert = store_query(
        store, "INSERT INTO logs_stream (id, group_id, name, created_ms) VALUES (?, ?, ?, ?)");
    store_bind_int(insert, 1, stream->id);
    store_bind_int(insert, 2, stream->group_id);
    store_bind_text(insert, 3, stream->name);
    store_bind_int(insert, 4, stream->created_ms);
    store_run(store, insert);
}

void stream_delete(struct store *store, int64_t id)
{
    sqlite3_stmt *statement = store_query(store, "DELETE FROM logs_stream WHERE id=?");
    store_bind_int(statement, 1, id);
    store_run(store, statement);
}

bool stream_exists(struct store *store, int64_t group_id, int64_t id)
{
    sqlite3_stmt *query = store_query(store, "SELECT 1 FROM logs_stream WHERE id=? AND group_id=?");
    store_bind_int(query, 1, id);
    store_bind_int(query, 2, group_id);
    return store_has_row(store, query);
}

const char *stream_name(struct store *store, int64_t id, struct arena *arena)
{
    sqlite3_stmt *query = store_query(store, "SELECT name FROM logs_stream WHERE id=?");
    store_bind_int(query, 1, id);
    const char *name = store_step(store, query) ? store_copy(query, 0, arena) : NULL;
    sqlite3_reset(query);
    return name;
}

static sqlite3_stmt *list_query(struct store *store, const struct stream_filter *filter)
{
    static const char forward[] =
        "SELECT id, group_id, name, created_ms FROM logs_stream WHERE group_id=?1 AND "
        "(?3 IS NULL OR name>?3) AND substr(name, 1, length(?2))=?2 ORDER BY name LIMIT ?4";
    static const char backward[] =
        "SELECT id, group_id, name, created_ms FROM logs_stream WHERE group_id=?1 AND "
        "(?3 IS NULL OR name<?3) AND substr(name, 1, length(?2))=?2 ORDER BY name DESC LIMIT ?4";
    sqlite3_stmt *query = store_query(store, filter->is_descending ? backward : forward);
    store_bind_int(query, 1, filter->group_id);
    store_bind_text(query, 2, filter->prefix);
    store_bind_text(query, 3, filter->after);
    store_bind_int(query, 4, filter->limit ? (int64_t)filter->limit : -1);
    return query;
}

struct log_stream *stream_list(struct store *store, const struct stream_filter *filter,
                               struct arena *arena, size_t *count_out)
{
    sqlite3_stmt *query = list_query(store, filter);
    struct log_stream *list = NULL;
    size_t capacity = 0;
    size_t count = 0;
    while (store_step(store, query)) {
        if (count == capacity)
            list = arena_grow(arena, list, &capacity, 64, sizeof(*list));
        read_stream(query, arena, &list[count++]);
    }
    *count_out = count;
    return list;
}
