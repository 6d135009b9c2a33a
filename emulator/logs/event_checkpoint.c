/*
 * The log events' part of the checkpoint: the worker's SQL, and what becomes of its result.
 */
#include <stdlib.h>

#include "logs/event_state.h"
#include "store/telemetry.h"
#include "xalloc.h"

static const char schema[] =
    /* The next sequence number. */
    "CREATE TABLE IF NOT EXISTS log_sequence (next INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS log_event ("
    "  group_id INTEGER NOT NULL, time_ms INTEGER NOT NULL, sequence INTEGER NOT NULL,"
    "  stream_id INTEGER NOT NULL, ingested_ms INTEGER NOT NULL, message BLOB NOT NULL,"
    "  PRIMARY KEY (group_id, time_ms, sequence)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS log_event_stream ON log_event (stream_id, time_ms, sequence);"
    /* Streams that have, or had, events. */
    "CREATE TABLE IF NOT EXISTS log_stream_state ("
    "  stream_id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL,"
    "  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, ingested_ms INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS log_stream_state_group ON log_stream_state (group_id);"
    "CREATE TABLE IF NOT EXISTS log_group_state ("
    "  group_id INTEGER PRIMARY KEY, bytes INTEGER NOT NULL);";

static const char empty_sql[] =
    "DELETE FROM log_event; DELETE FROM log_stream_state; DELETE FROM log_group_state;"
    "DELETE FROM log_sequence";

static bool load(sqlite3 *database, void *owner)
{
    struct event_store *store = owner;
    sqlite3_stmt *query = NULL;
    bool is_good = sqlite3_prepare_v2(database, "SELECT max(next) FROM log_sequence", -1, &query,
                                      NULL) == SQLITE_OK &&
                   sqlite3_step(query) == SQLITE_ROW;
    if (is_good && sqlite3_column_int64(query, 0) > 0)
        store->next_sequence = sqlite3_column_int64(query, 0);
    store->database_sequence = store->next_sequence;
    sqlite3_finalize(query);
    return is_good;
}

/* A deletion that was undone since is none. */
static void take_removals(struct event_store *store)
{
    store->taken_removals = store->removals;
    store->removals = (struct event_removals){ 0 };
    struct event_removals *taken = &store->taken_removals;
    size_t kept = 0;
    for (size_t i = 0; i < taken->count; i++) {
        const struct event_removal *removal = &taken->list[i];
        if (removal->before_ms != INT64_MAX ||
            !store->parts.exists(removal->group_id, removal->stream_id, store->parts.owner))
            taken->list[kept++] = *removal;
    }
    taken->count = kept;
}

static void take(void *owner)
{
    struct event_store *store = owner;
    store->taken = store->tail;
    store->tail = (struct event_tail){ 0 };
    store->taken_sequence = store->next_sequence;
    take_removals(store);
}

/* Runs a statement with whole numbers for its parameters. */
static bool run(sqlite3 *database, const char *sql, const int64_t *values, int count)
{
    sqlite3_stmt *statement = NULL;
    bool is_good = sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK;
    for (int i = 0; i < count && is_good; i++)
        is_good = sqlite3_bind_int64(statement, i + 1, values[i]) == SQLITE_OK;
    is_good = is_good && sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    return is_good;
}

static bool insert_event(sqlite3_stmt *insert, const struct event_row *row)
{
    sqlite3_reset(insert);
    sqlite3_bind_int64(insert, 1, row->group_id);
    sqlite3_bind_int64(insert, 2, row->time_ms);
    sqlite3_bind_int64(insert, 3, row->sequence);
    sqlite3_bind_int64(insert, 4, row->stream_id);
    sqlite3_bind_int64(insert, 5, row->ingested_ms);
    sqlite3_bind_blob64(insert, 6, row->message.data, row->message.size, SQLITE_STATIC);
    return sqlite3_step(insert) == SQLITE_DONE;
}

/* Events of one stream that stand together: what they add to its state. */
struct run_of_events {
    int64_t group_id;
    int64_t stream_id;
    int64_t first_ms;
    int64_t last_ms;
    int64_t ingested_ms;
    int64_t bytes;
};

static void extend(struct run_of_events *events, const struct event_row *row)
{
    if (row->time_ms < events->first_ms)
        events->first_ms = row->time_ms;
    if (row->time_ms > events->last_ms)
        events->last_ms = row->time_ms;
    events->ingested_ms = row->ingested_ms;
    events->bytes += (int64_t)row->message.size + EVENT_OVERHEAD;
}

static bool add_to_states(sqlite3_stmt *stream, sqlite3_stmt *group,
                          const struct run_of_events *events)
{
    sqlite3_reset(stream);
    sqlite3_bind_int64(stream, 1, events->stream_id);
    sqlite3_bind_int64(stream, 2, events->group_id);
    sqlite3_bind_int64(stream, 3, events->first_ms);
    sqlite3_bind_int64(stream, 4, events->last_ms);
    sqlite3_bind_int64(stream, 5, events->ingested_ms);
    sqlite3_reset(group);
    sqlite3_bind_int64(group, 1, events->group_id);
    sqlite3_bind_int64(group, 2, events->bytes);
    return sqlite3_step(stream) == SQLITE_DONE && sqlite3_step(group) == SQLITE_DONE;
}

struct writing {
    sqlite3_stmt *event;
    sqlite3_stmt *stream;
    sqlite3_stmt *group;
};

static bool write_events(const struct writing *writing, const struct event_tail *tail)
{
    struct run_of_events events = { 0 };
    for (size_t i = 0; i < tail->count; i++) {
        struct event_row row = event_tail_row(tail, i);
        if (row.stream_id != events.stream_id) {
            if (events.stream_id && !add_to_states(writing->stream, writing->group, &events))
                return false;
            events = (struct run_of_events){ .group_id = row.group_id,
                                             .stream_id = row.stream_id,
                                             .first_ms = row.time_ms,
                                             .last_ms = row.time_ms };
        }
        extend(&events, &row);
        if (!insert_event(writing->event, &row))
            return false;
    }
    return !events.stream_id || add_to_states(writing->stream, writing->group, &events);
}

static bool prepare(sqlite3 *database, struct writing *writing_out)
{
    static const char event[] = "INSERT INTO log_event VALUES (?, ?, ?, ?, ?, ?)";
    static const char stream[] =
        "INSERT INTO log_stream_state VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET "
        "first_ms=min(first_ms, ?3), last_ms=max(last_ms, ?4), ingested_ms=?5";
    static const char group[] = "INSERT INTO log_group_state VALUES (?1, ?2) ON CONFLICT DO UPDATE "
                                "SET bytes = bytes + ?2";
    return sqlite3_prepare_v2(database, event, -1, &writing_out->event, NULL) == SQLITE_OK &&
           sqlite3_prepare_v2(database, stream, -1, &writing_out->stream, NULL) == SQLITE_OK &&
           sqlite3_prepare_v2(database, group, -1, &writing_out->group, NULL) == SQLITE_OK;
}

static bool write_tail(sqlite3 *database, const struct event_tail *tail)
{
    struct writing writing = { 0 };
    bool is_good = prepare(database, &writing) && write_events(&writing, tail);
    sqlite3_finalize(writing.event);
    sqlite3_finalize(writing.stream);
    sqlite3_finalize(writing.group);
    return is_good;
}

static bool delete_group(sqlite3 *database, int64_t group_id)
{
    return run(database, "DELETE FROM log_event WHERE group_id=?", &group_id, 1) &&
           run(database, "DELETE FROM log_stream_state WHERE group_id=?", &group_id, 1) &&
           run(database, "DELETE FROM log_group_state WHERE group_id=?", &group_id, 1);
}

static bool delete_stream(sqlite3 *database, int64_t group_id, int64_t stream_id)
{
    const int64_t both[] = { group_id, stream_id };
    return run(database,
               "UPDATE log_group_state SET bytes = bytes - (SELECT coalesce(sum(length(message) + "
               "26), 0) FROM log_event WHERE stream_id=?2) WHERE group_id=?1",
               both, 2) &&
           run(database, "DELETE FROM log_event WHERE stream_id=?", &stream_id, 1) &&
           run(database, "DELETE FROM log_stream_state WHERE stream_id=?", &stream_id, 1);
}

static bool expire(sqlite3 *database, int64_t group_id, int64_t before_ms)
{
    const int64_t both[] = { group_id, before_ms };
    return run(database,
               "UPDATE log_group_state SET bytes = bytes - (SELECT coalesce(sum(length(message) + "
               "26), 0) FROM log_event WHERE group_id=?1 AND time_ms<?2) WHERE group_id=?1",
               both, 2) &&
           run(database, "DELETE FROM log_event WHERE group_id=? AND time_ms<?", both, 2);
}

static bool write_removal(sqlite3 *database, const struct event_removal *removal)
{
    if (removal->before_ms != INT64_MAX)
        return expire(database, removal->group_id, removal->before_ms);
    if (removal->stream_id)
        return delete_stream(database, removal->group_id, removal->stream_id);
    return delete_group(database, removal->group_id);
}

static bool write_all(sqlite3 *database, void *owner)
{
    const struct event_store *store = owner;
    bool is_good =
        run(database, "DELETE FROM log_sequence", NULL, 0) &&
        run(database, "INSERT INTO log_sequence VALUES (?)", &store->taken_sequence, 1) &&
        write_tail(database, &store->taken);
    for (size_t i = 0; i < store->taken_removals.count && is_good; i++)
        is_good = write_removal(database, &store->taken_removals.list[i]);
    return is_good;
}

static void take_back(struct event_store *store)
{
    event_tail_join(&store->taken, &store->tail);
    store->tail = store->taken;
    store->taken = (struct event_tail){ 0 };
    for (size_t i = 0; i < store->taken_removals.count; i++) {
        size_t size = (store->removals.count + 1) * sizeof(*store->removals.list);
        store->removals.list = xrealloc(store->removals.list, size);
        store->removals.list[store->removals.count++] = store->taken_removals.list[i];
    }
}

static void on_written(enum telemetry_result result, void *owner)
{
    struct event_store *store = owner;
    if (result == TELEMETRY_FAILED)
        take_back(store);
    else if (result == TELEMETRY_WRITTEN)
        store->database_sequence = store->taken_sequence;
    event_tail_clear(&store->taken);
    free(store->taken_removals.list);
    store->taken_removals = (struct event_removals){ 0 };
}

bool event_checkpoint_add(struct event_store *store, struct error *error)
{
    const struct telemetry_part part = { .schema = schema,
                                         .empty = empty_sql,
                                         .load = load,
                                         .take = take,
                                         .write = write_all,
                                         .on_written = on_written,
                                         .owner = store };
    return telemetry_add(store->parts.telemetry, &part, error);
}

/* At start nobody else uses the database. */
void event_store_sweep(struct event_store *store)
{
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(telemetry_reader(store->parts.telemetry),
                           "SELECT group_id, stream_id FROM log_stream_state", -1, &query,
                           NULL) == SQLITE_OK) {
        while (sqlite3_step(query) == SQLITE_ROW) {
            int64_t group_id = sqlite3_column_int64(query, 0);
            int64_t stream_id = sqlite3_column_int64(query, 1);
            if (!store->parts.exists(group_id, stream_id, store->parts.owner))
                event_store_delete(store, group_id, stream_id);
        }
    }
    sqlite3_finalize(query);
}
