/*
 * The service's life, and the way in for lines of other services.
 */
#include "logs/logs.h"

#include <stdlib.h>

#include "buffer.h"
#include "clock.h"
#include "log.h"
#include "logs/handlers.h"
#include "logs/ingest.h"
#include "logs/live_tail.h"
#include "logs/metric_filter.h"
#include "logs/stream.h"
#include "xalloc.h"

enum { MS_PER_DAY = 24 * 3600 * 1000 };

/* Its events go with what does not exist, so what cannot be read may exist. */
static bool exists(int64_t group_id, int64_t stream_id, void *owner)
{
    CLEANUP(error_clear) struct error error = { 0 };
    const struct logs *logs = owner;
    struct store *store = logs->parts.store;
    store_begin_reading(store);
    return (stream_id ? stream_exists(store, group_id, stream_id)
                      : group_exists(store, group_id)) ||
           !store_end_reading(store, &error);
}

static int64_t kept_from_ms(int64_t group_id, void *owner)
{
    const struct logs *logs = owner;
    return retention_start_ms(group_retention_days(logs->parts.store, group_id));
}

static void expire_group(int64_t id, void *owner)
{
    const struct logs *logs = owner;
    event_store_expire(logs->events, id);
}

/* Once a day; readers do not see what is older in between. */
static void on_expiry(void *owner)
{
    struct logs *logs = owner;
    group_each_retention(logs->parts.store, expire_group, logs);
    schedule_set(logs->parts.schedule, &logs->expiry, clock_now_ms() + MS_PER_DAY, on_expiry, logs);
}

struct logs *logs_create(const struct logs_parts *parts, struct error *error)
{
    struct logs *logs = xcalloc(1, sizeof(*logs));
    logs->parts = *parts;
    struct event_store_parts event_parts = {
        .telemetry = parts->telemetry, .exists = exists, .kept_from_ms = kept_from_ms, .owner = logs
    };
    logs->events = event_store_create(&event_parts, error);
    if (logs->events)
        return logs;
    logs_destroy(logs);
    return NULL;
}

void logs_destroy(struct logs *logs)
{
    if (!logs)
        return;
    logs_forget(logs);
    queries_forget(logs);
    metric_filters_forget_minutes(logs);
    event_store_destroy(logs->events);
    free(logs);
}

void logs_set_journal(struct logs *logs, struct journal *journal)
{
    logs->journal = journal;
    event_store_set_journal(logs->events, journal);
}

void logs_start(struct logs *logs)
{
    event_store_sweep(logs->events);
    on_expiry(logs);
}

void logs_stop(struct logs *logs)
{
    live_tails_end(logs);
    queries_forget(logs);
}

void logs_reset(struct logs *logs)
{
    logs_forget(logs);
    metric_filters_forget_minutes(logs);
    live_tails_end(logs);
    queries_forget(logs);
    event_store_reset(logs->events);
}

void logs_replay(struct logs *logs, struct text record)
{
    event_store_replay(logs->events, record);
}

static void make_group(struct logs *logs, const struct group_key *key)
{
    const struct log_group group = { .id = group_new_id(),
                                     .key = *key,
                                     .created_ms = clock_now_ms(),
                                     .group_class = "STANDARD",
                                     .tags = "{}" };
    group_insert(logs->parts.store, &group);
}

static void make_stream(struct logs *logs, int64_t group_id, const char *name)
{
    const struct log_stream stream = { group_new_id(), group_id, name, clock_now_ms() };
    stream_insert(logs->parts.store, &stream);
}

/* False if the database refuses; then the turn's callers hear of it. */
static bool make_place(struct logs *logs, const struct group_key *key, const char *stream,
                       struct ingest *ingest)
{
    CLEANUP(error_clear) struct error error = { 0 };
    store_begin_call(logs->parts.store);
    ingest->group = ingest_find_group(logs, key);
    if (!ingest->group) {
        make_group(logs, key);
        ingest->group = ingest_find_group(logs, key);
    }
    if (ingest->group && !ingest_find_stream(logs, ingest->group->id, stream))
        make_stream(logs, ingest->group->id, stream);
    if (!store_end_call(logs->parts.store, ingest->group != NULL, &error) || !ingest->group) {
        logs_forget(logs);
        log_error("logs", "no log stream %s in %s: %s", stream, key->name,
                  error.message ? error.message : "the group cannot be made");
        return false;
    }
    return true;
}

/* Messages travel as JSON. */
static struct text make_text(struct arena *arena, struct text bytes)
{
    struct buffer clean = { 0 };
    buffer_add_as_utf8(&clean, bytes);
    struct text made = { arena_copy(arena, buffer_text(&clean)), clean.size };
    buffer_clear(&clean);
    return made;
}

static struct log_event *make_texts(struct arena *arena, const struct log_event *events,
                                    size_t count)
{
    struct log_event *made = arena_alloc(arena, count * sizeof(*made));
    for (size_t i = 0; i < count; i++) {
        struct text message = events[i].message;
        bool is_clean = text_is_utf8(message, NULL) && !memchr(message.data, '\0', message.size);
        made[i] =
            (struct log_event){ events[i].time_ms, is_clean ? message : make_text(arena, message) };
    }
    return made;
}

void logs_append(struct logs *logs, const struct logs_target *target,
                 const struct log_event *events, size_t count)
{
    const struct group_key key = { target->account, target->region, target->group };
    struct ingest ingest = { .stream_name = target->stream,
                             .trace_id = target->trace_id,
                             .count = count };
    struct arena arena = { 0 };
    ingest.group = ingest_find_group(logs, &key);
    if (ingest.group)
        ingest.stream_id = ingest_find_stream(logs, ingest.group->id, target->stream);
    if (!ingest.stream_id && make_place(logs, &key, target->stream, &ingest))
        ingest.stream_id = ingest_find_stream(logs, ingest.group->id, target->stream);
    if (ingest.stream_id) {
        ingest.events = make_texts(&arena, events, count);
        ingest_events(logs, &ingest);
    }
    arena_clear(&arena);
}
