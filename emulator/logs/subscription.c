#include "logs/subscription.h"

#include <stdlib.h>
#include <zlib.h>

#include "buffer.h"
#include "crypto.h"
#include "log.h"
#include "logs/filter_row.h"
#include "xalloc.h"

enum { GZIP_WINDOW = 16 + MAX_WBITS, MEMORY_LEVEL = 8 };

void subscriptions_destroy(struct subscription *subscriptions)
{
    while (subscriptions) {
        struct subscription *next = subscriptions->next;
        free(subscriptions->name);
        free(subscriptions->destination_arn);
        filter_pattern_destroy(subscriptions->pattern);
        free(subscriptions);
        subscriptions = next;
    }
}

struct subscription *subscriptions_load(struct store *store, int64_t group_id)
{
    struct arena arena = { 0 };
    struct filter_row rows[SUBSCRIPTIONS_MAX];
    struct subscription *list = NULL;
    size_t count = subscription_list(store, group_id, &arena, rows);
    for (size_t i = 0; i < count; i++) {
        CLEANUP(error_clear) struct error error = { 0 };
        CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(rows[i].configuration));
        struct subscription *made = xcalloc(1, sizeof(*made));
        *made = (struct subscription){
            .next = list,
            .name = xstrdup(rows[i].name),
            .destination_arn = xstrdup(json_text(configuration, "destinationArn", "")),
            .pattern = filter_pattern_parse(
                text_from(json_text(configuration, "filterPattern", "")), &error),
        };
        if (!made->pattern)
            log_error("logs", "subscription filter %s does nothing, put it again: %s", made->name,
                      error.message);
        list = made;
    }
    arena_clear(&arena);
    return list;
}

static void gzip(struct text plain, struct buffer *out)
{
    z_stream stream = { .next_in = (Bytef *)(uintptr_t)plain.data, .avail_in = (uInt)plain.size };
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    size_t room = deflateBound(&stream, plain.size);
    stream.next_out = (Bytef *)buffer_reserve(out, room);
    stream.avail_out = (uInt)room;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        abort();
    buffer_commit(out, room - stream.avail_out);
    deflateEnd(&stream);
}

/* `{"awslogs":{"data":"..."}}` around a record: gzip, then base64. Owned by the caller. */
static char *pack(const cJSON *record)
{
    CLEANUP(buffer_clear) struct buffer packed = { 0 };
    CLEANUP(freep) char *text = json_print(record);
    gzip(text_from(text), &packed);
    CLEANUP(freep) char *data = base64_encode(buffer_text(&packed));
    return xformat("{\"awslogs\":{\"data\":\"%s\"}}", data);
}

static cJSON *make_events(const struct subscription *subscription, const struct ingest *ingest)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < ingest->count; i++) {
        char id[EVENT_ID_SIZE];
        struct event_row row = ingest_row(ingest, i);
        if (!filter_pattern_matches(subscription->pattern, row.message))
            continue;
        CLEANUP(freep) char *message = xstrndup(row.message.data, row.message.size);
        cJSON *event = cJSON_CreateObject();
        json_set_text(event, "id", event_id_print(&row, id));
        json_set_double(event, "timestamp", (double)row.time_ms);
        json_set_text(event, "message", message);
        cJSON_AddItemToArray(list, event);
    }
    return list;
}

static cJSON *make_record(const struct subscription *subscription, const struct ingest *ingest,
                          cJSON *takes_events)
{
    cJSON *record = cJSON_CreateObject();
    json_set_text(record, "messageType", "DATA_MESSAGE");
    json_set_text(record, "owner", ingest->group->key.account);
    json_set_text(record, "logGroup", ingest->group->key.name);
    json_set_text(record, "logStream", ingest->stream_name);
    cJSON_AddItemToArray(json_set_array(record, "subscriptionFilters"),
                         cJSON_CreateString(subscription->name));
    json_set(record, "logEvents", takes_events);
    return record;
}

static void deliver(struct logs *logs, const struct subscription *subscription,
                    const struct ingest *ingest)
{
    CLEANUP(error_clear) struct error error = { 0 };
    cJSON *events = make_events(subscription, ingest);
    if (!events->child) {
        cJSON_Delete(events);
        return;
    }
    CLEANUP(json_deletep) cJSON *record = make_record(subscription, ingest, events);
    CLEANUP(freep) char *payload = pack(record);
    const struct logs_delivery delivery = { .account = ingest->group->key.account,
                                            .region = ingest->group->key.region,
                                            .function_arn = subscription->destination_arn,
                                            .payload = text_from(payload),
                                            .trace_id = ingest->trace_id };
    store_begin_call(logs->parts.store);
    logs->parts.deliver(&delivery, logs->parts.owner);
    if (!store_end_call(logs->parts.store, true, &error))
        log_error("logs", "a subscription's record is lost: %s", error.message);
}

void subscriptions_deliver(struct logs *logs, const struct ingest *ingest)
{
    const struct subscription *subscription = ingest->group->subscriptions;
    for (; subscription; subscription = subscription->next)
        if (subscription->pattern)
            deliver(logs, subscription, ingest);
}
