/*
 * The log events' part of the checkpoint: the worker's SQL, and what becomes of its result.
 */
#include <stdlib.h>

#include "logs/event_block.h"
#include "logs/event_state.h"
#include "logs/event_conversion.h"
#include "logs/event_writer.h"
#include "store/statements.h"
#include "store/telemetry.h"
#include "xalloc.h"

static const char schema[] =
    /* The next sequence number. */
    "CREATE TABLE IF NOT EXISTS log_sequence (next INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS log_block ("
    "  id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL, stream_id INTEGER NOT NULL,"
    "  slot INTEGER NOT NULL, bytes INTEGER NOT NULL, events BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS log_block_group ON log_block (group_id, slot);"
    "CREATE INDEX IF NOT EXISTS log_block_stream ON log_block (stream_id, slot);"
    /* Streams that have, or had, events. */
    "CREATE TABLE IF NOT EXISTS log_stream_state ("
    "  stream_id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL,"
    "  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, ingested_ms INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS log_stream_state_group ON log_stream_state (group_id);"
    "CREATE TABLE IF NOT EXISTS log_group_state ("
    "  group_id INTEGER PRIMARY KEY, bytes INTEGER NOT NULL);";

static const char empty_sql[] =
    "DELETE FROM log_block; DELETE FROM log_stream_state; DELETE FROM log_group_state;"
    "DELETE FROM log_sequence";

static bool load(sqlite3 *database, void *owner, struct error *error)
{
    struct event_store *store = owner;
    if (!event_conversion_run(database, error))
        return false;
    int64_t next = statements_number(database, "SELECT coalesce(max(next), 0) FROM log_sequence");
    if (next < 0)
        return statements_set_error(database, error);
    if (next > 0)
        store->next_sequence = next;
    store->database_sequence = store->next_sequence;
    return true;
}

/* A deletion that was undone since is none, and a retention that was undone has no bound. */
static void take_removals(struct event_store *store)
{
    store->taken_removals = store->removals;
    store->removals = (struct event_removals){ 0 };
    struct event_removals *taken = &store->taken_removals;
    size_t kept = 0;
    for (size_t i = 0; i < taken->count; i++) {
        struct event_removal removal = taken->list[i];
        if (removal.is_expiry)
            removal.before_ms = store->parts.kept_from_ms(removal.group_id, store->parts.owner);
        if (removal.is_expiry ||
            !store->parts.exists(removal.group_id, removal.stream_id, store->parts.owner))
            taken->list[kept++] = removal;
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
static bool run(sqlite3 *database, const char *sql, const int64_t *values, int count,
                struct error *error)
{
    sqlite3_stmt *statement = NULL;
    bool is_good = statements_prepare(database, sql, &statement, error);
    for (int i = 0; i < count && is_good; i++)
        sqlite3_bind_int64(statement, i + 1, values[i]);
    is_good = is_good && statements_run(statement, error);
    sqlite3_finalize(statement);
    return is_good;
}

/* Where events of one stream begin that stand together in the tail. */
struct tail_run {
    int64_t stream_id;
    size_t at;
};

static int compare_runs(const void *a, const void *b)
{
    const struct tail_run *first = a;
    const struct tail_run *second = b;
    if (first->stream_id != second->stream_id)
        return first->stream_id < second->stream_id ? -1 : 1;
    return first->at < second->at ? -1 : first->at > second->at;
}

/* Stream after stream; the caller frees them. */
static struct tail_run *list_runs(const struct event_tail *tail, size_t *count_out)
{
    size_t capacity = 0;
    size_t count = 0;
    struct tail_run *runs = NULL;
    for (size_t i = 0; i < tail->count; i++) {
        int64_t stream_id = tail->rows[i].row.stream_id;
        if (i && tail->rows[i - 1].row.stream_id == stream_id)
            continue;
        if (count == capacity)
            runs = xgrow(runs, &capacity, 64, sizeof(*runs));
        runs[count++] = (struct tail_run){ stream_id, i };
    }
    if (count)
        qsort(runs, count, sizeof(*runs), compare_runs);
    *count_out = count;
    return runs;
}

static bool write_run(struct event_writer *writer, const struct event_tail *tail,
                      const struct tail_run *run, struct error *error)
{
    for (size_t i = run->at; i < tail->count && tail->rows[i].row.stream_id == run->stream_id;
         i++) {
        struct event_row row = event_tail_row(tail, i);
        if (!event_writer_add(writer, &row, error))
            return false;
    }
    return true;
}

static bool write_tail(sqlite3 *database, const struct event_tail *tail, struct error *error)
{
    size_t count;
    CLEANUP(freep) struct tail_run *runs = list_runs(tail, &count);
    struct event_writer writer;
    bool is_good = event_writer_begin(&writer, database, error);
    for (size_t i = 0; i < count && is_good; i++)
        is_good = write_run(&writer, tail, &runs[i], error);
    return event_writer_end(&writer, is_good, error);
}

static bool delete_group(sqlite3 *database, int64_t group_id, struct error *error)
{
    return run(database, "DELETE FROM log_block WHERE group_id=?", &group_id, 1, error) &&
           run(database, "DELETE FROM log_stream_state WHERE group_id=?", &group_id, 1, error) &&
           run(database, "DELETE FROM log_group_state WHERE group_id=?", &group_id, 1, error);
}

static bool count_bytes(sqlite3 *database, int64_t group_id, struct error *error)
{
    return run(database,
               "UPDATE log_group_state SET bytes = (SELECT coalesce(sum(bytes), 0) FROM log_block "
               "WHERE group_id=?1) WHERE group_id=?1",
               &group_id, 1, error);
}

static bool delete_stream(sqlite3 *database, int64_t stream_id, struct error *error)
{
    return run(database, "DELETE FROM log_block WHERE stream_id=?", &stream_id, 1, error) &&
           run(database, "DELETE FROM log_stream_state WHERE stream_id=?", &stream_id, 1, error);
}

/* Leaves a block only what is not older. */
static bool trim_block(sqlite3_stmt *update, int64_t id, struct text events, int64_t before_ms,
                       struct error *error)
{
    CLEANUP(buffer_clear) struct buffer kept = { 0 };
    struct event_row row;
    int64_t bytes = 0;
    buffer_reserve(&kept, events.size);
    while (event_block_next(&events, &row)) {
        if (row.time_ms < before_ms)
            continue;
        event_block_add(&kept, &row);
        bytes += (int64_t)row.message.size + EVENT_OVERHEAD;
    }
    sqlite3_reset(update);
    sqlite3_bind_int64(update, 1, id);
    sqlite3_bind_int64(update, 2, bytes);
    sqlite3_bind_blob64(update, 3, kept.data, kept.size, SQLITE_TRANSIENT);
    return statements_run(update, error);
}

/* The blocks of the slot in which the bound lies. */
static bool trim_slot(sqlite3 *database, int64_t group_id, int64_t before_ms, struct error *error)
{
    sqlite3_stmt *query = NULL;
    sqlite3_stmt *update = NULL;
    bool is_good =
        statements_prepare(database, "SELECT id, events FROM log_block WHERE group_id=? AND slot=?",
                           &query, error) &&
        statements_prepare(database, "UPDATE log_block SET bytes=?2, events=?3 WHERE id=?1",
                           &update, error);
    sqlite3_bind_int64(query, 1, group_id);
    sqlite3_bind_int64(query, 2, event_slot(before_ms));
    int result = SQLITE_DONE;
    while (is_good && (result = sqlite3_step(query)) == SQLITE_ROW) {
        struct text events = { sqlite3_column_blob(query, 1),
                               (size_t)sqlite3_column_bytes(query, 1) };
        is_good = trim_block(update, sqlite3_column_int64(query, 0), events, before_ms, error);
    }
    if (is_good && result != SQLITE_DONE)
        is_good = statements_set_error(database, error);
    sqlite3_finalize(query);
    sqlite3_finalize(update);
    return is_good;
}

static bool expire(sqlite3 *database, int64_t group_id, int64_t before_ms, struct error *error)
{
    const int64_t both[] = { group_id, event_slot(before_ms) };
    return trim_slot(database, group_id, before_ms, error) &&
           run(database,
               "DELETE FROM log_block WHERE group_id=?1 AND slot<=?2 "
               "AND (slot<?2 OR bytes=0)",
               both, 2, error);
}

static bool write_removal(sqlite3 *database, const struct event_removal *removal,
                          struct error *error)
{
    if (removal->is_expiry)
        return expire(database, removal->group_id, removal->before_ms, error);
    if (removal->stream_id)
        return delete_stream(database, removal->stream_id, error);
    return delete_group(database, removal->group_id, error);
}

/* What is left of a group is counted once for all that goes of it at a time. */
static bool write_removals(sqlite3 *database, const struct event_removals *removals,
                           struct error *error)
{
    bool is_good = true;
    for (size_t i = 0; i < removals->count && is_good; i++) {
        const struct event_removal *removal = &removals->list[i];
        bool is_last = i + 1 == removals->count || removal[1].group_id != removal->group_id;
        is_good = write_removal(database, removal, error) &&
                  (!is_last || count_bytes(database, removal->group_id, error));
    }
    return is_good;
}

static bool write_all(sqlite3 *database, void *owner, struct error *error)
{
    const struct event_store *store = owner;
    return run(database, "DELETE FROM log_sequence", NULL, 0, error) &&
           run(database, "INSERT INTO log_sequence VALUES (?)", &store->taken_sequence, 1, error) &&
           write_tail(database, &store->taken, error) &&
           write_removals(database, &store->taken_removals, error);
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
    sqlite3_stmt *query =
        telemetry_query(store->parts.telemetry, "SELECT group_id, stream_id FROM log_stream_state");
    while (telemetry_step(store->parts.telemetry, query)) {
        int64_t group_id = sqlite3_column_int64(query, 0);
        int64_t stream_id = sqlite3_column_int64(query, 1);
        if (!store->parts.exists(group_id, stream_id, store->parts.owner))
            event_store_delete(store, group_id, stream_id);
    }
    sqlite3_reset(query);
}
