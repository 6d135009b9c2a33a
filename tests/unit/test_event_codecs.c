/* Log events as bytes: records of the journal, blocks of the database, tokens of GetLogEvents. */
#include "logs/event_block.h"
#include "logs/event_record.h"
#include "logs/get_log_events.h"
#include "support/suite.h"

START_TEST(a_record_that_is_none_is_refused)
{
    CLEANUP(buffer_clear) struct buffer record = { 0 };
    const struct log_event events[] = { { 1, TEXT("one") }, { 2, TEXT("") } };
    const struct event_batch batch = { 3, 4, 5, events, COUNT_OF(events) };
    event_record_encode(&batch, 6, &record);
    for (size_t size = 0; size <= record.size; size++) {
        struct arena arena = { 0 };
        struct event_batch decoded = { 0 };
        int64_t first;
        bool is_good =
            event_record_decode((struct text){ record.data, size }, &arena, &decoded, &first);
        ck_assert(is_good == (size == record.size));
        if (is_good) {
            ck_assert_int_eq(first, 6);
            ck_assert_int_eq(decoded.ingested_ms, 5);
            ck_assert(text_equal(decoded.events[0].message, "one"));
        }
        arena_clear(&arena);
    }
}
END_TEST

START_TEST(a_block_gives_what_is_whole_of_it)
{
    CLEANUP(buffer_clear) struct buffer block = { 0 };
    const struct event_row rows[] = { { .time_ms = 1, .sequence = 2, .message = TEXT("one") },
                                      { .time_ms = -3, .ingested_ms = 4, .message = TEXT("") } };
    event_block_add(&block, &rows[0]);
    size_t first_size = block.size;
    event_block_add(&block, &rows[1]);
    for (size_t size = 0; size <= block.size; size++) {
        struct text rest = { block.data, size };
        struct event_row row = { 0 };
        size_t count = 0;
        for (; count < COUNT_OF(rows) && event_block_next(&rest, &row); count++) {
            ck_assert_int_eq(row.time_ms, rows[count].time_ms);
            ck_assert_int_eq(row.sequence, rows[count].sequence);
            ck_assert_int_eq(row.ingested_ms, rows[count].ingested_ms);
            ck_assert_uint_eq(row.message.size, rows[count].message.size);
        }
        ck_assert_uint_eq(count, size < first_size ? 0 : size < block.size ? 1 : 2);
        ck_assert(!rest.size == (size == 0 || size == first_size || size == block.size));
    }
    ck_assert_int_eq(event_slot(-1), event_slot(0) - 1);
}
END_TEST

START_TEST(tokens_come_back_as_they_went)
{
    static const struct events_token tokens[] = {
        { false, { 0, 0 }, 1 },
        { true, { 1795641733810, 123456789 }, INT64_C(1) << 61 },
        { false, { INT64_C(999999999999999999), INT64_MAX }, INT64_MAX },
    };
    static const char *const bad[] = {
        "",
        "f/",
        "g/00000000000000000000000000000000000000000000000000000000",
        "f/0000000000000000000000000000000000000000000000000000000",
        "f/000000000000000000000000000000000000000000000000000000000",
        "f/0000000000000000000000000000000000000000000000000000000x",
        "f/+0000000000000000000000000000000000000000000000000000000",
        "f/00000000000000000099999999999999999990000000000000000000",
    };
    struct events_token parsed;
    for (size_t i = 0; i < COUNT_OF(tokens); i++) {
        char text[EVENTS_TOKEN_SIZE];
        events_token_print(&tokens[i], text);
        ck_assert_uint_eq(strlen(text), 58);
        ck_assert(events_token_parse(text_from(text), &parsed));
        ck_assert(parsed.is_backward == tokens[i].is_backward);
        ck_assert_int_eq(parsed.position.time_ms, tokens[i].position.time_ms);
        ck_assert_int_eq(parsed.position.sequence, tokens[i].position.sequence);
        ck_assert_int_eq(parsed.stream_id, tokens[i].stream_id);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ck_assert_msg(!events_token_parse(text_from(bad[i]), &parsed), "%s", bad[i]);
}
END_TEST

SUITE("event_codecs", a_record_that_is_none_is_refused, a_block_gives_what_is_whole_of_it,
      tokens_come_back_as_they_went)
