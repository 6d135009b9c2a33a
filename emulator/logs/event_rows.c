#include "logs/event_rows.h"

#include <stdlib.h>

#include "xalloc.h"

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

bool event_bounds_hold(const struct event_bounds *bounds, struct event_position position)
{
    int behind_start = event_position_compare(position, bounds->start);
    if (bounds->is_backward)
        return behind_start < 0 && position.time_ms >= bounds->stop_ms;
    return behind_start > 0 && position.time_ms < bounds->stop_ms;
}

/* Whether a row is behind those that are held. The time mostly tells, and most rows of a crowded
 * slot are. */
static bool is_behind(const struct event_rows *rows, const struct event_row *row)
{
    if (row->time_ms != rows->last.time_ms)
        return (row->time_ms > rows->last.time_ms) != rows->bounds.is_backward;
    return (row->sequence > rows->last.sequence) != rows->bounds.is_backward;
}

bool event_rows_need(const struct event_rows *rows, const struct event_row *row)
{
    return !(rows->is_full && is_behind(rows, row)) &&
           event_bounds_hold(&rows->bounds, event_row_position(row));
}

static int compare_rows(const void *a, const void *b)
{
    return event_position_compare(event_row_position(a), event_row_position(b));
}

/* How many at the beginning are in order. */
static size_t count_sorted(const struct event_row *list, size_t count)
{
    size_t sorted = count > 0;
    while (sorted < count && compare_rows(&list[sorted - 1], &list[sorted]) < 0)
        sorted++;
    return sorted;
}

/* Merges the rows from `first` on, which are in order, with those before, which are too. */
static void merge(struct event_rows *rows, size_t first)
{
    size_t left = rows->count - first;
    CLEANUP(freep) struct event_row *later = xmalloc(left * sizeof(*later));
    memcpy(later, &rows->list[first], left * sizeof(*later));
    for (size_t at = rows->count; left; at--) {
        bool takes_first = first && compare_rows(&rows->list[first - 1], &later[left - 1]) > 0;
        rows->list[at - 1] = takes_first ? rows->list[--first] : later[--left];
    }
}

/* Events come stream after stream, and those of a stream mostly in order: so what was sorted
 * before, and what was added since, are. */
void event_rows_sort(struct event_rows *rows)
{
    size_t sorted = count_sorted(rows->list, rows->count);
    size_t rest = rows->count - sorted;
    if (!rest)
        return;
    if (count_sorted(&rows->list[sorted], rest) < rest)
        qsort(&rows->list[sorted], rest, sizeof(*rows->list), compare_rows);
    merge(rows, sorted);
}

const struct event_row *event_rows_at(const struct event_rows *rows, size_t at)
{
    return &rows->list[rows->bounds.is_backward ? rows->count - 1 - at : at];
}

/* Makes room: of twice as many rows as are wanted the first half stays. */
static void trim(struct event_rows *rows)
{
    if (rows->count < 2 * rows->most)
        return;
    event_rows_sort(rows);
    if (rows->bounds.is_backward)
        memmove(rows->list, &rows->list[rows->count - rows->most],
                rows->most * sizeof(*rows->list));
    rows->count = rows->most;
    rows->is_full = true;
    rows->last = event_row_position(event_rows_at(rows, rows->count - 1));
}

void event_rows_add(struct event_rows *rows, const struct event_row *row)
{
    if (rows->count == rows->capacity)
        rows->list = xgrow(rows->list, &rows->capacity, 64, sizeof(*rows->list));
    rows->list[rows->count++] = *row;
    trim(rows);
}

void event_rows_reset(struct event_rows *rows)
{
    rows->count = 0;
    rows->is_full = false;
}
