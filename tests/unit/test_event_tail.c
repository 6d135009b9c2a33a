/* event_tail and its cursor: what is walked is what a range holds, in order, whatever came when. */
#include "logs/event_tail_cursor.h"
#include "random.h"
#include "support/suite.h"

enum { GROUP = 1, STREAM = 2, OTHER_STREAM = 3, EVENTS = 300, MOMENTS = 40 };

static void add(struct event_tail *tail, int64_t stream_id, int64_t time_ms, int64_t sequence)
{
    const struct log_event event = { time_ms, TEXT("m") };
    const struct event_batch batch = { GROUP, stream_id, 1, &event, 1 };
    event_tail_add(tail, &batch, sequence);
}

static bool holds(const struct event_range *range, const struct event_row *row)
{
    struct event_position position = { row->time_ms, row->sequence };
    int side = event_position_compare(position, range->position);
    return (range->is_backward ? side < 0 : side > 0) && row->time_ms >= range->from_ms &&
           row->time_ms < range->until_ms &&
           (!range->stream_id || range->stream_id == row->stream_id);
}

static size_t count_held(const struct event_tail *tail, const struct event_range *range)
{
    size_t count = 0;
    for (size_t i = 0; i < tail->count; i++)
        count += holds(range, &tail->rows[i].row);
    return count;
}

/* Each row that is walked is in the range and behind the one before: so with as many of them as the
 * range holds, they are those. */
static void check_walk(struct event_tail *tail, const struct event_range *range)
{
    struct event_tail_cursor cursor;
    struct event_position last = range->position;
    size_t count = 0;
    event_tail_cursor_open(&cursor, tail, range);
    for (const struct event_row *row; (row = event_tail_cursor_row(&cursor)); count++) {
        struct event_position position = { row->time_ms, row->sequence };
        int side = event_position_compare(position, last);
        ck_assert(range->is_backward ? side < 0 : side > 0);
        ck_assert(holds(range, row) && text_equal(row->message, "m"));
        last = position;
        event_tail_cursor_move_on(&cursor);
    }
    ck_assert_uint_eq(count, count_held(tail, range));
}

static void check_some_walk(struct event_tail *tail, struct random_stream *random)
{
    struct event_range range = { .group_id = GROUP,
                                 .stream_id = random_unit(random) < 0.5 ? STREAM : 0,
                                 .is_backward = random_unit(random) < 0.5 };
    range.from_ms = (int64_t)(random_unit(random) * MOMENTS / 2);
    range.until_ms = range.from_ms + (int64_t)(random_unit(random) * MOMENTS);
    range.position = range.is_backward ? EVENT_POSITION_LAST : EVENT_POSITION_FIRST;
    check_walk(tail, &range);
    range.position.time_ms = (int64_t)(random_unit(random) * MOMENTS);
    range.position.sequence = (int64_t)(random_unit(random) * EVENTS);
    check_walk(tail, &range);
}

START_TEST(any_order_of_coming_is_walked_in_order_of_time)
{
    random_set_seed(12);
    struct random_stream random = random_stream_for("tail");
    struct event_tail tail = { 0 };
    check_some_walk(&tail, &random);
    for (int i = 1; i <= EVENTS; i++) {
        add(&tail, random_unit(&random) < 0.5 ? STREAM : OTHER_STREAM,
            (int64_t)(random_unit(&random) * MOMENTS), i);
        if (random_unit(&random) < 0.2)
            check_some_walk(&tail, &random);
    }
    event_tail_clear(&tail);
}
END_TEST

START_TEST(two_that_were_walked_are_joined)
{
    random_set_seed(13);
    struct random_stream random = random_stream_for("tail");
    struct event_tail tail = { 0 };
    struct event_tail newer = { 0 };
    for (int i = 1; i <= EVENTS; i++)
        add(i < EVENTS / 2 ? &tail : &newer, STREAM, (int64_t)(random_unit(&random) * MOMENTS), i);
    check_some_walk(&tail, &random);
    check_some_walk(&newer, &random);
    event_tail_join(&tail, &newer);
    ck_assert_uint_eq(tail.count, EVENTS);
    ck_assert_uint_eq(newer.count, 0);
    for (int i = 0; i < EVENTS; i++)
        check_some_walk(&tail, &random);
    event_tail_clear(&tail);
}
END_TEST

SUITE("event_tail", any_order_of_coming_is_walked_in_order_of_time, two_that_were_walked_are_joined)
