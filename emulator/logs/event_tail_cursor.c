#include "logs/event_tail_cursor.h"

static const struct event_row *row_at(const struct event_tail_cursor *cursor, size_t at)
{
    return &cursor->tail->rows[cursor->order->places[at]].row;
}

/* Where the row at that place of the order stands: of another stream, or against the position. */
static int compare_at(const struct event_tail_cursor *cursor, size_t at,
                      struct event_position position)
{
    const struct event_row *row = row_at(cursor, at);
    int64_t stream_id = cursor->range->stream_id;
    if (stream_id && row->stream_id != stream_id)
        return row->stream_id < stream_id ? -1 : 1;
    return event_position_compare(event_row_position(row), position);
}

/* How many are before the position, or at it if `includes`. */
static size_t count_before(const struct event_tail_cursor *cursor, struct event_position position,
                           bool includes)
{
    size_t low = 0;
    size_t high = cursor->order->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int side = compare_at(cursor, middle, position);
        if (side < 0 || (side == 0 && includes))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has_more(const struct event_tail_cursor *cursor)
{
    return cursor->range->is_backward ? cursor->at > 0 : cursor->at < cursor->order->count;
}

void event_tail_cursor_move_on(struct event_tail_cursor *cursor)
{
    const struct event_range *range = cursor->range;
    cursor->has_row = false;
    while (!cursor->has_row && has_more(cursor)) {
        size_t at = range->is_backward ? --cursor->at : cursor->at++;
        const struct event_row *row = row_at(cursor, at);
        if ((range->stream_id && row->stream_id != range->stream_id) ||
            !event_bounds_hold(&cursor->bounds, event_row_position(row)))
            return;
        cursor->has_row = row->group_id == range->group_id;
        if (cursor->has_row)
            cursor->row = event_tail_row(cursor->tail, cursor->order->places[at]);
    }
}

void event_tail_cursor_open(struct event_tail_cursor *cursor, struct event_tail *tail,
                            const struct event_range *range)
{
    *cursor = (struct event_tail_cursor){ .tail = tail,
                                          .order = event_tail_sort(tail, range->stream_id != 0),
                                          .range = range,
                                          .bounds = event_bounds_of(range) };
    cursor->at = count_before(cursor, cursor->bounds.start, !range->is_backward);
    event_tail_cursor_move_on(cursor);
}

const struct event_row *event_tail_cursor_row(const struct event_tail_cursor *cursor)
{
    return cursor->has_row ? &cursor->row : NULL;
}
