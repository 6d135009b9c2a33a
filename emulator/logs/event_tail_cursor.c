#include "logs/event_tail_cursor.h"

static struct event_position position_at(const struct event_tail_cursor *cursor, size_t at)
{
    return event_row_position(&cursor->tail->rows[cursor->tail->order[at]].row);
}

/* How many are before the position, or at it if `includes`. */
static size_t count_before(const struct event_tail_cursor *cursor, struct event_position position,
                           bool includes)
{
    size_t low = 0;
    size_t high = cursor->tail->ordered;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int side = event_position_compare(position_at(cursor, middle), position);
        if (side < 0 || (side == 0 && includes))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has_more(const struct event_tail_cursor *cursor)
{
    return cursor->range->is_backward ? cursor->at > 0 : cursor->at < cursor->tail->ordered;
}

void event_tail_cursor_move_on(struct event_tail_cursor *cursor)
{
    const struct event_range *range = cursor->range;
    cursor->has_row = false;
    while (!cursor->has_row && has_more(cursor)) {
        size_t place = cursor->tail->order[range->is_backward ? --cursor->at : cursor->at++];
        const struct event_row *row = &cursor->tail->rows[place].row;
        if (!event_bounds_hold(&cursor->bounds, event_row_position(row)))
            return;
        cursor->has_row = row->group_id == range->group_id &&
                          (!range->stream_id || row->stream_id == range->stream_id);
        if (cursor->has_row)
            cursor->row = event_tail_row(cursor->tail, place);
    }
}

void event_tail_cursor_open(struct event_tail_cursor *cursor, struct event_tail *tail,
                            const struct event_range *range)
{
    event_tail_sort(tail);
    *cursor = (struct event_tail_cursor){ .tail = tail,
                                          .range = range,
                                          .bounds = event_bounds_of(range) };
    cursor->at = count_before(cursor, cursor->bounds.start, !range->is_backward);
    event_tail_cursor_move_on(cursor);
}

const struct event_row *event_tail_cursor_row(const struct event_tail_cursor *cursor)
{
    return cursor->has_row ? &cursor->row : NULL;
}
