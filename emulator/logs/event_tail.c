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

static struct event_position position_of(const struct event_tail *tail, uint32_t at)
{
    const struct event_row *row = &tail->rows[at].row;
    return (struct event_position){ row->time_ms, row->sequence };
}

static int compare_places(const void *a, const void *b, void *owner)
{
    const uint32_t *first = a;
    const uint32_t *second = b;
    return event_position_compare(position_of(owner, *first), position_of(owner, *second));
}

/* Merges from the end: mostly little of what was ordered is later than what came. */
static void merge_new(struct event_tail *tail, size_t count)
{
    CLEANUP(freep) uint32_t *added = xmalloc(count * sizeof(*added));
    memcpy(added, tail->order + tail->ordered, count * sizeof(*added));
    size_t old = tail->ordered;
    for (size_t at = old + count; count; at--) {
        bool is_old_later =
            old && compare_places(&tail->order[old - 1], &added[count - 1], tail) > 0;
        tail->order[at - 1] = is_old_later ? tail->order[--old] : added[--count];
    }
}

void event_tail_sort(struct event_tail *tail)
{
    size_t count = tail->count - tail->ordered;
    if (!count)
        return;
    tail->order = xrealloc(tail->order, tail->capacity * sizeof(*tail->order));
    for (size_t at = tail->ordered; at < tail->count; at++)
        tail->order[at] = (uint32_t)at;
    qsort_r(tail->order + tail->ordered, count, sizeof(*tail->order), compare_places, tail);
    merge_new(tail, count);
    tail->ordered = tail->count;
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
    free(tail->order);
    buffer_clear(&tail->bytes);
    *tail = (struct event_tail){ 0 };
}
