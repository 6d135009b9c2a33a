#include "logs/event_tail.h"

#include <stdlib.h>

#include "xalloc.h"

enum { CAPACITY_MIN = 256 };

static struct tail_row *add_row(struct event_tail *tail)
{
    if (tail->count == tail->capacity)
        tail->rows = xgrow(tail->rows, &tail->capacity, CAPACITY_MIN, sizeof(*tail->rows));
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

/* Two places, in order of time. */
static int compare_times(const void *a, const void *b, void *owner)
{
    const struct event_tail *tail = owner;
    const struct event_row *first = &tail->rows[*(const uint32_t *)a].row;
    const struct event_row *second = &tail->rows[*(const uint32_t *)b].row;
    return event_position_compare(event_row_position(first), event_row_position(second));
}

static int compare_streams(const void *a, const void *b, void *owner)
{
    const struct event_tail *tail = owner;
    int64_t first = tail->rows[*(const uint32_t *)a].row.stream_id;
    int64_t second = tail->rows[*(const uint32_t *)b].row.stream_id;
    return first != second ? (first < second ? -1 : 1) : compare_times(a, b, owner);
}

typedef int compare_places(const void *a, const void *b, void *tail);

/* Merges from the end: mostly little of what was ordered is later than what came. */
static void merge_new(struct event_tail *tail, struct event_order *order, compare_places *compare)
{
    size_t old = order->count;
    size_t count = tail->count - old;
    CLEANUP(freep) uint32_t *added = xmalloc(count * sizeof(*added));
    memcpy(added, order->places + old, count * sizeof(*added));
    for (size_t at = tail->count; count; at--) {
        bool is_old_later = old && compare(&order->places[old - 1], &added[count - 1], tail) > 0;
        order->places[at - 1] = is_old_later ? order->places[--old] : added[--count];
    }
}

const struct event_order *event_tail_sort(struct event_tail *tail, bool is_by_stream)
{
    struct event_order *order = is_by_stream ? &tail->by_stream : &tail->by_time;
    compare_places *compare = is_by_stream ? compare_streams : compare_times;
    if (order->count == tail->count)
        return order;
    order->places = xrealloc(order->places, tail->capacity * sizeof(*order->places));
    for (size_t at = order->count; at < tail->count; at++)
        order->places[at] = (uint32_t)at;
    qsort_r(order->places + order->count, tail->count - order->count, sizeof(*order->places),
            compare, tail);
    merge_new(tail, order, compare);
    order->count = tail->count;
    return order;
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
    free(tail->by_time.places);
    free(tail->by_stream.places);
    buffer_clear(&tail->bytes);
    *tail = (struct event_tail){ 0 };
}
