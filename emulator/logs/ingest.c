#include "logs/ingest.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "logs/embedded_metric.h"
#include "logs/live_tail.h"
#include "logs/metric_filter.h"
#include "logs/stream.h"
#include "logs/subscription.h"
#include "xalloc.h"

enum {
    GROUPS_MAX = 4096,
    STREAMS_MAX = 4096,
    KEY_MAX = 2200, /* a stream's name has up to 512 characters, of up to four bytes each */
};

static void free_group(void *value)
{
    struct ingest_group *group = value;
    metric_filters_destroy(group->filters);
    subscriptions_destroy(group->subscriptions);
    arena_clear(&group->texts);
    free(group);
}

void logs_forget(struct logs *logs)
{
    map_clear(&logs->groups, free_group);
    map_clear(&logs->streams, free);
}

static struct ingest_group *load_group(struct logs *logs, const struct group_key *key)
{
    struct log_group found;
    struct ingest_group *group = xcalloc(1, sizeof(*group));
    if (!group_find(logs->parts.store, key, &group->texts, &found)) {
        free_group(group);
        return NULL;
    }
    group->id = found.id;
    group->key = found.key;
    group->retention_days = found.retention_days;
    group->filters = metric_filters_load(logs->parts.store, found.id);
    group->subscriptions = subscriptions_load(logs->parts.store, found.id);
    return group;
}

struct ingest_group *ingest_find_group(struct logs *logs, const struct group_key *key)
{
    char text[KEY_MAX];
    snprintf(text, sizeof(text), "%s/%s/%s", key->account, key->region, key->name);
    struct ingest_group *group = map_find(&logs->groups, text);
    if (group || !(group = load_group(logs, key)))
        return group;
    if (logs->groups.count >= GROUPS_MAX)
        map_clear(&logs->groups, free_group);
    map_set(&logs->groups, text, group);
    return group;
}

int64_t ingest_find_stream(struct logs *logs, int64_t group_id, const char *name)
{
    char text[KEY_MAX];
    struct arena arena = { 0 };
    struct log_stream stream;
    snprintf(text, sizeof(text), "%lld/%s", (long long)group_id, name);
    const int64_t *known = map_find(&logs->streams, text);
    if (known)
        return *known;
    bool is_found = stream_find(logs->parts.store, group_id, name, &arena, &stream);
    arena_clear(&arena);
    if (!is_found)
        return 0;
    if (logs->streams.count >= STREAMS_MAX)
        map_clear(&logs->streams, free);
    map_set(&logs->streams, text, xmemdup(&stream.id, sizeof(stream.id)));
    return stream.id;
}

struct event_row ingest_row(const struct ingest *ingest, size_t at)
{
    return (struct event_row){ .group_id = ingest->group->id,
                               .stream_id = ingest->stream_id,
                               .time_ms = ingest->events[at].time_ms,
                               .sequence = ingest->first_sequence + (int64_t)at,
                               .ingested_ms = ingest->ingested_ms,
                               .message = ingest->events[at].message };
}

void ingest_events(struct logs *logs, struct ingest *ingest)
{
    ingest->ingested_ms = clock_now_ms();
    const struct event_batch batch = { .group_id = ingest->group->id,
                                       .stream_id = ingest->stream_id,
                                       .ingested_ms = ingest->ingested_ms,
                                       .events = ingest->events,
                                       .count = ingest->count };
    if (ingest->count == 0)
        return;
    ingest->first_sequence = event_store_append(logs->events, &batch);
    metric_filters_apply(logs, ingest);
    embedded_metrics_publish(logs, ingest);
    live_tails_tell(logs, ingest);
    subscriptions_deliver(logs, ingest);
}
