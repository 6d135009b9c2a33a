#include "logs/event_rows.h"

#include <stdlib.h>

#include "xalloc.h"

enum { ROWS_MAX = 1 << 30 };

struct event_position event_row_position(const struct event_row *row)
{
    return (struct event_position){ row->time_ms, row->sequence };
}

struct event_bounds event_bounds_of(const struct event_range *range)
{
    struct event_bounds bounds = { range->position, range->until_ms, range->is_backward };
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

size_t event_rows_most(const struct event_range *range)
{
    return range->limit < ROWS_MAX ? range->limit + 1 : ROWS_MAX;
}

bool event_rows_need(const struct event_rows *rows, const struct event_row *row)
{
    const struct event_bounds *bounds = &rows->bounds;
    struct event_position position = event_row_position(row);
    int behind_start = event_position_compare(position, bounds->start);
    int behind_last = rows->is_full ? event_position_compare(position, rows->last) : 0;
    if (bounds->is_backward)
        return behind_start < 0 && position.time_ms >= bounds->stop_ms && behind_last >= 0;
    return behind_start > 0 && position.time_ms < bounds->stop_ms && behind_last <= 0;
}

static int compare_rows(const void *a, const void *b)
{
    return event_position_compare(event_row_position(a), event_row_position(b));
}

static int compare_rows_backward(const void *a, const void *b)
{
    return compare_rows(b, a);
}

/* Events mostly come in order of time. */
void event_rows_sort(struct event_rows *rows)
{
    int (*compare)(const void *, const void *) =
        rows->bounds.is_backward ? compare_rows_backward : compare_rows;
    for (size_t i = 1; i < rows->count; i++) {
        if (compare(&rows->list[i - 1], &rows->list[i]) > 0) {
            qsort(rows->list, rows->count, sizeof(*rows->list), compare);
            return;
        }
    }
}

/* Makes room: of twice as many rows as are needed the first half stays. */
static void trim(struct event_rows *rows)
{
    if (rows->count < 2 * rows->most)
        return;
    event_rows_sort(rows);
    rows->count = rows->most;
    rows->is_full = true;
    rows->last = event_row_position(&rows->list[rows->count - 1]);
}

void event_rows_add(struct event_rows *rows, const struct event_row *row)
{
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity ? 2 * rows->capacity : 64;
        rows->list = xrealloc(rows->list, rows->capacity * sizeof(*rows->list));
    }
    rows->list[rows->count++] = *row;
    trim(rows);
}

void event_rows_reset(struct event_rows *rows)
{
    rows->count = 0;
    rows->is_full = false;
}
