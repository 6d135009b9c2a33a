#include "logs/event_tail.h"

#include <stdlib.h>

#include "xalloc.h"

enum { CAPACITY_MIN = 256 };

static struct tail_row *add_row(struct event_tail *tail)
{
    if (tail->count == tail->capacity) {
        tail->capacity = tail->capacity ? 2 * tail->capacity : CAPACITY_MIN;
        tail->rows = xrealloc(tail->rows, tail->capacity * sizeof(*tail->rows));
    }
    return &tail->rows[tail->count++];
}

void event_tail_add(struct event_tail *tail, const struct event_batch *batch,
                    int64_t first_sequence)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct log_event *event = &batch->events[i];
        *add_row(tail) = (struct tail_row){ .row = { .group_id = batch->group_id,
                                                     .stream_id = batch->stream_id,
                                                     .time_ms = event->time_ms,
                                                     .sequence = first_sequence + (int64_t)i,
                                                     .ingested_ms = batch->ingested_ms,
                                                     .message = { NULL, event->message.size } },
                                            .offset = tail->bytes.size };
        buffer_add_text(&tail->bytes, event->message);
    }
}

void event_tail_join(struct event_tail *tail, struct event_tail *newer)
{
    size_t shift = tail->bytes.size;
    buffer_add_text(&tail->bytes, buffer_text(&newer->bytes));
    for (size_t i = 0; i < newer->count; i++) {
        struct tail_row *row = add_row(tail);
        *row = newer->rows[i];
        row->offset += shift;
    }
    event_tail_clear(newer);
}

struct event_row event_tail_row(const struct event_tail *tail, size_t at)
{
    struct event_row row = tail->rows[at].row;
    row.message.data = row.message.size ? tail->bytes.data + tail->rows[at].offset : "";
    return row;
}

void event_tail_clear(struct event_tail *tail)
{
    free(tail->rows);
    buffer_clear(&tail->bytes);
    *tail = (struct event_tail){ 0 };
}
