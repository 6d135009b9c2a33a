#include "logs/event_record.h"

enum {
    LAYOUT_VERSION = 1,
    BATCH_HEAD = 1 + 4 * sizeof(int64_t) + sizeof(uint32_t),
    EVENT_HEAD = sizeof(int64_t) + sizeof(uint32_t)
};

void event_record_encode(const struct event_batch *batch, int64_t first_sequence,
                         struct buffer *buffer)
{
    uint32_t count = (uint32_t)batch->count;
    size_t record_size = BATCH_HEAD;
    for (size_t i = 0; i < batch->count; i++)
        record_size += EVENT_HEAD + batch->events[i].message.size;
    buffer_reserve(buffer, record_size);
    buffer_add_char(buffer, LAYOUT_VERSION);
    buffer_add(buffer, &batch->group_id, sizeof(batch->group_id));
    buffer_add(buffer, &batch->stream_id, sizeof(batch->stream_id));
    buffer_add(buffer, &first_sequence, sizeof(first_sequence));
    buffer_add(buffer, &batch->ingested_ms, sizeof(batch->ingested_ms));
    buffer_add(buffer, &count, sizeof(count));
    for (size_t i = 0; i < batch->count; i++) {
        uint32_t size = (uint32_t)batch->events[i].message.size;
        buffer_add(buffer, &batch->events[i].time_ms, sizeof(batch->events[i].time_ms));
        buffer_add(buffer, &size, sizeof(size));
        buffer_add_text(buffer, batch->events[i].message);
    }
}

static bool take_event(struct text *rest, struct log_event *event_out)
{
    uint32_t size;
    return text_take_value(rest, &event_out->time_ms, sizeof(event_out->time_ms)) &&
           text_take_value(rest, &size, sizeof(size)) && text_take(rest, size, &event_out->message);
}

bool event_record_decode(struct text record, struct arena *arena, struct event_batch *batch_out,
                         int64_t *first_sequence_out)
{
    struct text rest = record;
    char layout;
    uint32_t count;
    if (!text_take_value(&rest, &layout, 1) || layout != LAYOUT_VERSION ||
        !text_take_value(&rest, &batch_out->group_id, sizeof(batch_out->group_id)) ||
        !text_take_value(&rest, &batch_out->stream_id, sizeof(batch_out->stream_id)) ||
        !text_take_value(&rest, first_sequence_out, sizeof(*first_sequence_out)) ||
        !text_take_value(&rest, &batch_out->ingested_ms, sizeof(batch_out->ingested_ms)) ||
        !text_take_value(&rest, &count, sizeof(count)) || count > rest.size / EVENT_HEAD)
        return false;
    struct log_event *events = arena_alloc(arena, count * sizeof(*events));
    for (uint32_t i = 0; i < count; i++) {
        if (!take_event(&rest, &events[i]))
            return false;
    }
    batch_out->events = events;
    batch_out->count = count;
    return rest.size == 0;
}
