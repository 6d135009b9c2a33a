/*
 * Reading events: the database's and those in memory, merged in order of time. The database is
 * asked only for what the last finished checkpoint left below database_sequence: what a worker
 * has written since is still in memory too.
 */
#include <stdlib.h>

#include "logs/event_state.h"
#include "store/telemetry.h"
#include "xalloc.h"

enum { ROWS_MAX = 1 << 30 };

const struct event_position EVENT_POSITION_FIRST = { INT64_MIN, INT64_MIN };
const struct event_position EVENT_POSITION_LAST = { INT64_MAX, INT64_MAX };

enum event_statement {
    READ_GROUP_FORWARD,
    READ_GROUP_BACKWARD,
    READ_STREAM_FORWARD,
    READ_STREAM_BACKWARD,
    READ_STATE,
    READ_BYTES,
    EVENT_STATEMENTS
};

#define COLUMNS "group_id, stream_id, time_ms, sequence, ingested_ms, message"

static const char *const sql[EVENT_STATEMENTS] = {
    [READ_GROUP_FORWARD] =
        "SELECT " COLUMNS " FROM log_event WHERE group_id=?1 AND (time_ms, sequence) > (?2, ?3) "
        "AND time_ms<?4 AND sequence<?5 ORDER BY time_ms, sequence",
    [READ_GROUP_BACKWARD] =
        "SELECT " COLUMNS " FROM log_event WHERE group_id=?1 AND (time_ms, sequence) < (?2, ?3) "
        "AND time_ms>=?4 AND sequence<?5 ORDER BY time_ms DESC, sequence DESC",
    [READ_STREAM_FORWARD] =
        "SELECT " COLUMNS " FROM log_event INDEXED BY log_event_stream WHERE stream_id=?1 AND "
        "(time_ms, sequence) > (?2, ?3) AND time_ms<?4 AND sequence<?5 ORDER BY time_ms, sequence",
    [READ_STREAM_BACKWARD] =
        "SELECT " COLUMNS " FROM log_event INDEXED BY log_event_stream WHERE stream_id=?1 AND "
        "(time_ms, sequence) < (?2, ?3) AND time_ms>=?4 AND sequence<?5 "
        "ORDER BY time_ms DESC, sequence DESC",
    [READ_STATE] = "SELECT first_ms, last_ms, ingested_ms FROM log_stream_state WHERE stream_id=?",
    [READ_BYTES] = "SELECT bytes FROM log_group_state WHERE group_id=?",
};

static sqlite3_stmt *statement(struct event_store *store, enum event_statement which)
{
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(telemetry_reader(store->parts.telemetry), sql[which], -1, &query,
                           NULL) != SQLITE_OK)
        abort();
    return query;
}

/* The range as a position to start behind and a bound of time to stop at. */
struct bounds {
    struct event_position start;
    int64_t stop_ms; /* forward: not included; backward: included */
    bool is_backward;
};

static struct bounds bounds_of(const struct event_range *range)
{
    struct bounds bounds = { range->position, range->until_ms, range->is_backward };
    struct event_position edge = { range->from_ms, INT64_MIN };
    if (range->is_backward) {
        bounds.stop_ms = range->from_ms;
        edge.time_ms = range->until_ms;
        if (event_position_compare(edge, bounds.start) < 0)
            bounds.start = edge;
    } else if (event_position_compare(edge, bounds.start) > 0) {
        bounds.start = edge;
    }
    return bounds;
}

static bool is_inside(const struct bounds *bounds, struct event_position position)
{
    int side = event_position_compare(position, bounds->start);
    return bounds->is_backward ? side < 0 && position.time_ms >= bounds->stop_ms
                               : side > 0 && position.time_ms < bounds->stop_ms;
}

static struct event_position position_of(const struct event_row *row)
{
    return (struct event_position){ row->time_ms, row->sequence };
}

static int compare_rows(const void *a, const void *b)
{
    return event_position_compare(position_of(a), position_of(b));
}

/* Rows in memory that the range holds, in order of reading; not many more than can be asked for. */
struct tail_rows {
    struct event_row *list;
    size_t count;
    size_t capacity;
    size_t most; /* the range's limit, and one that tells whether there is more */
    bool is_full;
    struct event_position last; /* when full: what lies behind it is not needed */
};

static int compare_rows_backward(const void *a, const void *b)
{
    return compare_rows(b, a);
}

/* Events mostly come in order of time. */
static void sort(struct tail_rows *rows, bool is_backward)
{
    int (*compare)(const void *, const void *) = is_backward ? compare_rows_backward : compare_rows;
    for (size_t i = 1; i < rows->count; i++) {
        if (compare(&rows->list[i - 1], &rows->list[i]) > 0) {
            qsort(rows->list, rows->count, sizeof(*rows->list), compare);
            return;
        }
    }
}

/* Makes room: of twice as many rows as are needed the first half stays. */
static void trim(struct tail_rows *rows, bool is_backward)
{
    if (rows->count < 2 * rows->most)
        return;
    sort(rows, is_backward);
    rows->count = rows->most;
    rows->is_full = true;
    rows->last = position_of(&rows->list[rows->count - 1]);
}

static bool is_needed(const struct tail_rows *rows, struct event_position position,
                      bool is_backward)
{
    int side = rows->is_full ? event_position_compare(position, rows->last) : 0;
    return is_backward ? side >= 0 : side <= 0;
}

static void add_row_of_tail(struct tail_rows *rows, struct event_row row)
{
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity ? 2 * rows->capacity : 64;
        rows->list = xrealloc(rows->list, rows->capacity * sizeof(*rows->list));
    }
    rows->list[rows->count++] = row;
}

/* Looks from that end at which reading begins: then it mostly meets what is needed first. */
static void collect(struct tail_rows *rows, const struct event_tail *tail,
                    const struct event_range *range, const struct bounds *bounds)
{
    for (size_t i = 0; i < tail->count; i++) {
        size_t at = range->is_backward ? tail->count - 1 - i : i;
        const struct event_row *row = &tail->rows[at].row;
        if (row->group_id != range->group_id ||
            (range->stream_id && row->stream_id != range->stream_id) ||
            !is_inside(bounds, position_of(row)) ||
            !is_needed(rows, position_of(row), range->is_backward))
            continue;
        add_row_of_tail(rows, event_tail_row(tail, at));
        trim(rows, range->is_backward);
    }
}

static sqlite3_stmt *ask_database(struct event_store *store, const struct event_range *range,
                                  const struct bounds *bounds)
{
    enum event_statement which =
        range->stream_id ? (range->is_backward ? READ_STREAM_BACKWARD : READ_STREAM_FORWARD)
                         : (range->is_backward ? READ_GROUP_BACKWARD : READ_GROUP_FORWARD);
    sqlite3_stmt *query = statement(store, which);
    sqlite3_bind_int64(query, 1, range->stream_id ? range->stream_id : range->group_id);
    sqlite3_bind_int64(query, 2, bounds->start.time_ms);
    sqlite3_bind_int64(query, 3, bounds->start.sequence);
    sqlite3_bind_int64(query, 4, bounds->stop_ms);
    sqlite3_bind_int64(query, 5, store->database_sequence);
    return query;
}

static bool step(sqlite3_stmt *query, struct event_row *row_out)
{
    if (sqlite3_step(query) != SQLITE_ROW)
        return false;
    *row_out = (struct event_row){
        .group_id = sqlite3_column_int64(query, 0),
        .stream_id = sqlite3_column_int64(query, 1),
        .time_ms = sqlite3_column_int64(query, 2),
        .sequence = sqlite3_column_int64(query, 3),
        .ingested_ms = sqlite3_column_int64(query, 4),
        .message = { sqlite3_column_blob(query, 5), (size_t)sqlite3_column_bytes(query, 5) },
    };
    return true;
}

/* The two sources, and what has been taken from them. */
struct merge {
    const struct event_range *range;
    sqlite3_stmt *query;
    const struct tail_rows *tail;
    size_t at;
    struct event_row row; /* the database's next one */
    bool has_row;
    size_t count;
    size_t bytes;
};

/* The next row of both; NULL: there is none. */
static const struct event_row *peek(struct merge *merge)
{
    const struct event_row *ours =
        merge->at < merge->tail->count ? &merge->tail->list[merge->at] : NULL;
    if (!merge->has_row || !ours)
        return ours ? ours : merge->has_row ? &merge->row : NULL;
    int side = event_position_compare(position_of(ours), position_of(&merge->row));
    return (merge->range->is_backward ? side > 0 : side < 0) ? ours : &merge->row;
}

static void move_on(struct merge *merge, const struct event_row *taken)
{
    merge->count++;
    if (taken == &merge->row)
        merge->has_row = step(merge->query, &merge->row);
    else
        merge->at++;
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
    struct bounds bounds = bounds_of(range);
    struct tail_rows rows = { .most = range->limit < ROWS_MAX ? range->limit + 1 : ROWS_MAX };
    bool tail_is_first = range->is_backward;
    collect(&rows, tail_is_first ? &store->tail : &store->taken, range, &bounds);
    collect(&rows, tail_is_first ? &store->taken : &store->tail, range, &bounds);
    sort(&rows, range->is_backward);
    struct merge merge = { .range = range,
                           .query = ask_database(store, range, &bounds),
                           .tail = &rows };
    merge.has_row = step(merge.query, &merge.row);
    const struct event_row *next = peek(&merge);
    while (next && is_within_limits(&merge, next) && visit(next, owner)) {
        move_on(&merge, next);
        next = peek(&merge);
    }
    sqlite3_finalize(merge.query);
    free(rows.list);
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
    if (page->count == reading->capacity) {
        reading->capacity = reading->capacity ? 2 * reading->capacity : 64;
        struct event_row *rows = arena_alloc(reading->arena, reading->capacity * sizeof(*rows));
        if (page->count)
            memcpy(rows, page->rows, page->count * sizeof(*rows));
        page->rows = rows;
    }
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

static void add_tail(struct stream_state *states, size_t count, const struct event_tail *tail)
{
    for (size_t i = 0; i < tail->count; i++) {
        const struct event_row *row = &tail->rows[i].row;
        struct stream_state key = { .stream_id = row->stream_id };
        struct stream_state *state = bsearch(&key, states, count, sizeof(key), compare_states);
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
    sqlite3_stmt *query = statement(store, READ_STATE);
    if (count)
        qsort(states, count, sizeof(*states), compare_states);
    for (size_t i = 0; i < count; i++) {
        sqlite3_reset(query);
        sqlite3_bind_int64(query, 1, states[i].stream_id);
        if (sqlite3_step(query) != SQLITE_ROW)
            continue;
        states[i].first_ms = sqlite3_column_int64(query, 0);
        states[i].last_ms = sqlite3_column_int64(query, 1);
        states[i].last_ingested_ms = sqlite3_column_int64(query, 2);
    }
    sqlite3_finalize(query);
    add_tail(states, count, &store->taken);
    add_tail(states, count, &store->tail);
}

int64_t event_store_group_bytes(struct event_store *store, int64_t group_id)
{
    sqlite3_stmt *query = statement(store, READ_BYTES);
    sqlite3_bind_int64(query, 1, group_id);
    int64_t bytes = sqlite3_step(query) == SQLITE_ROW ? sqlite3_column_int64(query, 0) : 0;
    sqlite3_finalize(query);
    return bytes;
}
