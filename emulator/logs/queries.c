#include "logs/queries.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "log.h"
#include "logs/record_pointer.h"
#include "logs/state.h"
#include "logs/stream.h"
#include "xalloc.h"

enum {
    SLICE_US = 3000,
    PAUSE_MS = 1,    /* a timer of none would fire again before the loop looks at its sockets */
    RUNNING_MAX = 2, /* the others wait */
    PAGE_EVENTS = 500,
    PAGE_BYTES = 256 << 10,
    KEPT_MAX = 100,        /* queries of an account and region */
    KEPT_IN_ALL = 1000,    /* queries */
    KEPT_BYTES = 64 << 20, /* of rows; those of the newest are kept in any case */
    KEPT_MS = 7 * 24 * 3600000,
    ID_TEXT_SIZE = 24,
    FIELD_BYTES = 200, /* of a field of a row in memory, without its value */
};

/* A run whose events have all been added: its rows are sorted and printed on a worker. */
struct query_ending {
    struct logs *logs;
    struct query *query; /* NULL: nobody waits any more */
    struct insights_query *parsed;
    struct insights_run *run;
    cJSON *rows; /* NULL: `error` says why */
    size_t row_bytes;
    struct error error;
};

bool query_is_under_way(const struct query *query)
{
    return query->status == QUERY_SCHEDULED || query->status == QUERY_RUNNING;
}

static bool is_of(const struct query *query, const char *account, const char *region)
{
    return strcmp(query->account, account) == 0 && strcmp(query->region, region) == 0;
}

size_t queries_under_way(const struct logs *logs, const char *account, const char *region)
{
    size_t count = 0;
    for (const struct query *query = logs->queries.newest; query; query = query->older)
        count += query_is_under_way(query) && is_of(query, account, region);
    return count;
}

/* What only a query under way needs. */
static void release_work(struct query *query)
{
    if (query->ending)
        query->ending->query = NULL;
    query->ending = NULL;
    insights_run_destroy(query->run);
    query->run = NULL;
    insights_query_destroy(query->parsed);
    query->parsed = NULL;
    map_clear(&query->stream_names, NULL);
    for (size_t i = 0; i < query->source_count; i++) {
        arena_clear(&query->sources[i].arena);
        query->sources[i].page = (struct event_page){ 0 };
    }
}

void query_destroy(struct query *query)
{
    release_work(query);
    cJSON_Delete(query->rows);
    arena_clear(&query->arena);
    free(query);
}

void queries_forget(struct logs *logs)
{
    struct query *query;
    loop_timer_stop(&logs->queries.timer);
    while ((query = logs->queries.newest)) {
        logs->queries.newest = query->older;
        query_destroy(query);
    }
}

static void end_query(struct query *query, enum query_status status)
{
    query->status = status;
    query->duration_ms = (clock_monotonic_us() - query->started_us) / 1000;
    release_work(query);
}

/* What is newer than a query, and kept. */
struct newer {
    size_t count;
    size_t of_account; /* of the one that asks for room */
    size_t bytes;
};

static bool is_kept(const struct query *query, const struct newer *newer)
{
    if (query_is_under_way(query) || !newer->count)
        return true;
    return clock_now_ms() - query->created_ms < KEPT_MS && newer->count < KEPT_IN_ALL &&
           newer->of_account < KEPT_MAX && newer->bytes + query->row_bytes <= KEPT_BYTES;
}

/* `latest` has begun or ended: its account may have too many now. */
static void forget_old(struct queries *queries, const struct query *latest)
{
    struct query **link = &queries->newest;
    CLEANUP(freep) char *account = xstrdup(latest->account);
    CLEANUP(freep) char *region = xstrdup(latest->region);
    struct newer newer = { 0 };
    while (*link) {
        struct query *query = *link;
        bool is_same = is_of(query, account, region);
        struct newer asked = newer;
        asked.of_account = is_same ? newer.of_account : 0;
        if (is_kept(query, &asked)) {
            newer.count++;
            newer.of_account += is_same;
            newer.bytes += query->row_bytes;
            link = &query->older;
        } else {
            *link = query->older;
            query_destroy(query);
        }
    }
}

bool query_is_visible(const struct query *query, const char *account, const char *region)
{
    return is_of(query, account, region) &&
           (query_is_under_way(query) || clock_now_ms() - query->created_ms < KEPT_MS);
}

struct query *queries_find(struct logs *logs, const char *account, const char *region,
                           const char *id)
{
    for (struct query *query = logs->queries.newest; query; query = query->older) {
        if (strcmp(query->id, id) == 0 && query_is_visible(query, account, region))
            return query;
    }
    return NULL;
}

static void read_page(struct logs *logs, struct query *query, struct query_source *source)
{
    const struct event_range range = { .group_id = source->group_id,
                                       .from_ms = source->from_ms,
                                       .until_ms = query->until_ms,
                                       .position = source->position,
                                       .is_backward = true,
                                       .limit = PAGE_EVENTS,
                                       .byte_limit = PAGE_BYTES };
    arena_clear(&source->arena);
    event_store_read(logs->events, &range, &source->arena, &source->page);
    source->at = 0;
    source->is_read = !source->page.is_cut;
    if (source->page.count) {
        const struct event_row *last = &source->page.rows[source->page.count - 1];
        source->position = event_row_position(last);
    }
}

/* The source's next row; NULL: there is none. */
static const struct event_row *peek(struct logs *logs, struct query *query,
                                    struct query_source *source)
{
    if (source->at == source->page.count && !source->is_read)
        read_page(logs, query, source);
    return source->at < source->page.count ? &source->page.rows[source->at] : NULL;
}

/* The source whose next row is the newest; NULL: all have been read. */
static struct query_source *find_next(struct logs *logs, struct query *query)
{
    struct query_source *found = NULL;
    struct event_position newest = { 0 };
    for (size_t i = 0; i < query->source_count; i++) {
        const struct event_row *row = peek(logs, query, &query->sources[i]);
        if (!row)
            continue;
        struct event_position position = event_row_position(row);
        if (!found || event_position_compare(position, newest) > 0) {
            found = &query->sources[i];
            newest = position;
        }
    }
    return found;
}

/* NULL: the stream has gone, and its events are about to. */
static const char *name_stream(struct logs *logs, struct query *query, int64_t stream_id)
{
    char key[ID_TEXT_SIZE];
    snprintf(key, sizeof(key), "%lld", (long long)stream_id);
    const char *name = map_find(&query->stream_names, key);
    if (name)
        return name;
    name = stream_name(logs->parts.store, stream_id, &query->arena);
    if (name)
        map_set(&query->stream_names, key, (void *)(uintptr_t)name);
    return name;
}

static bool add_event(struct logs *logs, struct query *query, const struct query_source *source,
                      const struct event_row *row, struct error *error)
{
    const char *stream = name_stream(logs, query, row->stream_id);
    if (!stream)
        return true;
    CLEANUP(freep) char *pointer = record_pointer_print(source->name, row);
    const struct insights_event event = { .timestamp_ms = row->time_ms,
                                          .ingestion_ms = row->ingested_ms,
                                          .message = row->message,
                                          .log_stream = stream,
                                          .log = source->log,
                                          .pointer = pointer };
    query->bytes += (double)row->message.size;
    return insights_run_add(query->run, &event, error);
}

static size_t count_bytes(const cJSON *rows)
{
    size_t bytes = 0;
    const cJSON *row;
    const cJSON *item;
    cJSON_ArrayForEach(row, rows)
    {
        cJSON_ArrayForEach(item, row) bytes += FIELD_BYTES + strlen(json_text(item, "value", ""));
    }
    return bytes;
}

static void on_turn(void *owner);

/* Sees to it that there is a next slice. */
static void wake(struct logs *logs)
{
    if (!logs->queries.timer)
        logs->queries.timer = loop_timer_start(logs->parts.loop, PAUSE_MS, 0, on_turn, logs);
}

/* One that waits may have its turn now, and if rows were being made nothing else would tell it. */
void query_cancel(struct logs *logs, struct query *query)
{
    end_query(query, QUERY_CANCELLED);
    wake(logs);
}

static void make_rows(void *owner)
{
    struct query_ending *ending = owner;
    ending->rows = insights_run_end(ending->run, &ending->error);
    ending->row_bytes = count_bytes(ending->rows);
    insights_run_destroy(ending->run);
    insights_query_destroy(ending->parsed);
}

static void fail(struct query *query, const struct error *error)
{
    log_warn("logs", "query %s failed: %s", query->id, error->message);
    end_query(query, QUERY_FAILED);
}

static void on_rows(void *owner)
{
    struct query_ending *ending = owner;
    struct query *query = ending->query;
    if (!query) {
        cJSON_Delete(ending->rows);
    } else if (ending->rows) {
        query->rows = ending->rows;
        query->row_bytes = ending->row_bytes;
        end_query(query, QUERY_COMPLETE);
        forget_old(&ending->logs->queries, query);
    } else {
        fail(query, &ending->error);
    }
    if (query)
        wake(ending->logs);
    error_clear(&ending->error);
    free(ending);
}

static void complete(struct logs *logs, struct query *query)
{
    query->ending = xcalloc(1, sizeof(*query->ending));
    *query->ending = (struct query_ending){
        .logs = logs, .query = query, .parsed = query->parsed, .run = query->run
    };
    query->parsed = NULL;
    query->run = NULL;
    loop_work(logs->parts.loop, make_rows, on_rows, query->ending);
}

/* One event; or the end. */
static void go_on(struct logs *logs, struct query *query)
{
    CLEANUP(error_clear) struct error error = { 0 };
    store_begin_reading(logs->parts.store);
    struct query_source *source = find_next(logs, query);
    bool is_well =
        !source || add_event(logs, query, source, &source->page.rows[source->at++], &error);
    query->scanned = insights_run_scanned(query->run);
    query->matched = insights_run_matched(query->run);
    if (!is_well || !store_end_reading(logs->parts.store, &error))
        fail(query, &error);
    else if (!source)
        complete(logs, query);
}

/* Of the oldest RUNNING_MAX that are under way, the one that has waited longest for a slice; NULL:
 * none needs one. */
static struct query *find_turn(struct queries *queries)
{
    struct query *oldest[RUNNING_MAX] = { NULL };
    struct query *found = NULL;
    size_t count = 0;
    for (struct query *query = queries->newest; query; query = query->older)
        if (query_is_under_way(query))
            oldest[count++ % RUNNING_MAX] = query;
    for (size_t i = 0; i < RUNNING_MAX; i++)
        if (oldest[i] && !oldest[i]->ending && (!found || oldest[i]->last_turn < found->last_turn))
            found = oldest[i];
    return found;
}

static void on_turn(void *owner)
{
    struct logs *logs = owner;
    struct queries *queries = &logs->queries;
    int64_t end_us = clock_monotonic_us() + SLICE_US;
    struct query *query = find_turn(queries);
    loop_timer_stop(&queries->timer);
    if (!query)
        return;
    if (query->status == QUERY_SCHEDULED) {
        query->status = QUERY_RUNNING;
        query->run = insights_run_start(query->parsed, query->limit);
    }
    query->last_turn = ++queries->turn;
    while (query->status == QUERY_RUNNING && !query->ending && clock_monotonic_us() < end_us)
        go_on(logs, query);
    wake(logs);
}

void queries_start(struct logs *logs, struct query *query)
{
    struct queries *queries = &logs->queries;
    query->status = QUERY_SCHEDULED;
    query->created_ms = clock_now_ms();
    query->started_us = clock_monotonic_us();
    query->older = queries->newest;
    queries->newest = query;
    forget_old(queries, query);
    wake(logs);
}
