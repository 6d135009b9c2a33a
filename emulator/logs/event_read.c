/*
 * Reading events: the database's and those in memory, merged in order of time. The database is
 * asked only for what the last finished checkpoint left below database_sequence: what a worker
 * has written since is still in memory too.
 */
#include <stdlib.h>

#include "logs/event_cursor.h"
#include "logs/event_state.h"
#include "logs/event_tail_cursor.h"
#include "store/telemetry.h"
#include "xalloc.h"

const struct event_position EVENT_POSITION_FIRST = { INT64_MIN, INT64_MIN };
const struct event_position EVENT_POSITION_LAST = { INT64_MAX, INT64_MAX };

/* The three sources, and what has been taken from them. */
struct merge {
    const struct event_range *range;
    struct event_cursor cursor;
    struct event_tail_cursor taken;
    struct event_tail_cursor tail;
    size_t count;
    size_t bytes;
};

static void merge_open(struct merge *merge, struct event_store *store,
                       const struct event_range *range)
{
    *merge = (struct merge){ .range = range };
    event_tail_cursor_open(&merge->taken, &store->taken, range);
    event_tail_cursor_open(&merge->tail, &store->tail, range);
    event_cursor_open(&merge->cursor, store->parts.telemetry, range, store->database_sequence);
}

/* That of two rows which is read first; NULL: there is none. */
static const struct event_row *first_of(const struct merge *merge, const struct event_row *a,
                                        const struct event_row *b)
{
    if (!a || !b)
        return a ? a : b;
    int side = event_position_compare(event_row_position(a), event_row_position(b));
    return (merge->range->is_backward ? side > 0 : side < 0) ? a : b;
}

/* The next row of all; NULL: there is none. */
static const struct event_row *peek(const struct merge *merge)
{
    const struct event_row *first =
        first_of(merge, event_tail_cursor_row(&merge->tail), event_tail_cursor_row(&merge->taken));
    return first_of(merge, first, event_cursor_row(&merge->cursor));
}

static void move_on(struct merge *merge, const struct event_row *taken)
{
    merge->count++;
    if (taken == event_cursor_row(&merge->cursor))
        event_cursor_move_on(&merge->cursor);
    else if (taken == event_tail_cursor_row(&merge->tail))
        event_tail_cursor_move_on(&merge->tail);
    else
        event_tail_cursor_move_on(&merge->taken);
}

static bool is_within_limits(struct merge *merge, const struct event_row *next)
{
    merge->bytes += next->message.size + EVENT_OVERHEAD;
    return merge->count < merge->range->limit &&
           (!merge->count || merge->bytes <= merge->range->byte_limit);
}

bool event_store_visit(struct event_store *store, const struct event_range *range,
                       bool (*visit)(const struct event_row *row, void *owner), void *owner)
{
    struct merge merge;
    merge_open(&merge, store, range);
    const struct event_row *next = peek(&merge);
    while (next && is_within_limits(&merge, next) && visit(next, owner)) {
        move_on(&merge, next);
        next = peek(&merge);
    }
    event_cursor_close(&merge.cursor);
    return next != NULL;
}

struct reading {
    struct arena *arena;
    struct event_page *page;
    size_t capacity;
};

static bool add_row(const struct event_row *row, void *owner)
{
    struct reading *reading = owner;
    struct event_page *page = reading->page;
    if (page->count == reading->capacity)
        page->rows =
            arena_grow(reading->arena, page->rows, &reading->capacity, 64, sizeof(*page->rows));
    struct event_row *added = &page->rows[page->count++];
    *added = *row;
    added->message.data = arena_copy(reading->arena, row->message);
    return true;
}

void event_store_read(struct event_store *store, const struct event_range *range,
                      struct arena *arena, struct event_page *page_out)
{
    struct reading reading = { .arena = arena, .page = page_out };
    *page_out = (struct event_page){ 0 };
    page_out->is_cut = event_store_visit(store, range, add_row, &reading);
}

static int compare_states(const void *a, const void *b)
{
    const struct stream_state *first = a;
    const struct stream_state *second = b;
    return first->stream_id < second->stream_id ? -1 : first->stream_id > second->stream_id;
}

/* Events of one batch stand together: a stream is looked up once for them. */
static void add_tail(struct stream_state *states, size_t count, const struct event_tail *tail)
{
    struct stream_state key = { 0 };
    struct stream_state *state = NULL;
    for (size_t i = 0; i < tail->count; i++) {
        const struct event_row *row = &tail->rows[i].row;
        if (row->stream_id != key.stream_id) {
            key.stream_id = row->stream_id;
            state = bsearch(&key, states, count, sizeof(key), compare_states);
        }
        if (!state)
            continue;
        if (!state->last_ingested_ms || row->time_ms < state->first_ms)
            state->first_ms = row->time_ms;
        if (!state->last_ingested_ms || row->time_ms > state->last_ms)
            state->last_ms = row->time_ms;
        state->last_ingested_ms = row->ingested_ms;
    }
}

void event_store_states(struct event_store *store, struct stream_state *states, size_t count)
{
    sqlite3_stmt *query =
        telemetry_query(store->parts.telemetry, "SELECT first_ms, last_ms, ingested_ms FROM "
                                                "log_stream_state WHERE stream_id=?");
    if (count)
        qsort(states, count, sizeof(*states), compare_states);
    for (size_t i = 0; i < count; i++) {
        sqlite3_reset(query);
        sqlite3_bind_int64(query, 1, states[i].stream_id);
        if (!telemetry_step(store->parts.telemetry, query))
            continue;
        states[i].first_ms = sqlite3_column_int64(query, 0);
        states[i].last_ms = sqlite3_column_int64(query, 1);
        states[i].last_ingested_ms = sqlite3_column_int64(query, 2);
    }
    sqlite3_reset(query);
    add_tail(states, count, &store->taken);
    add_tail(states, count, &store->tail);
}

int64_t event_store_group_bytes(struct event_store *store, int64_t group_id)
{
    sqlite3_stmt *query = telemetry_query(store->parts.telemetry,
                                          "SELECT bytes FROM log_group_state WHERE group_id=?");
    sqlite3_bind_int64(query, 1, group_id);
    int64_t bytes =
        telemetry_step(store->parts.telemetry, query) ? sqlite3_column_int64(query, 0) : 0;
    sqlite3_reset(query);
    return bytes;
}
