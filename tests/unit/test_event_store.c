/* event_store: what was appended is read once and in order, wherever it is. */
#include <stdio.h>

#include "buffer.h"
#include "logs/event_state.h"
#include "loop/loop.h"
#include "random.h"
#include "store/journal.h"
#include "store/telemetry.h"
#include "support/directory.h"
#include "support/suite.h"
#include "xalloc.h"

enum { GROUP = 7, OTHER_GROUP = 8, STREAM = 70, OTHER_STREAM = 71, FOREIGN_STREAM = 80 };

static const char *directory;
static int64_t gone, kept_from; /* stream or group that does not exist (any more); milliseconds */

struct opened {
    struct loop *loop;
    struct journal *journal;
    struct telemetry *telemetry;
    struct event_store *store;
    bool writes; /* checkpoints have begun */
};

static bool exists(int64_t group_id, int64_t stream_id, void *owner UNUSED)
{
    return gone != (stream_id ? stream_id : group_id) && gone != group_id;
}

static int64_t kept_from_ms(int64_t group_id, void *owner UNUSED)
{
    return group_id == GROUP ? kept_from : 0;
}

static void on_record(uint8_t kind, struct text payload, void *owner)
{
    ck_assert_int_eq(kind, JOURNAL_LOG_EVENTS);
    event_store_replay(owner, payload);
}

static struct opened open_all(void)
{
    struct error error = { 0 };
    struct opened all = { .loop = loop_create() };
    all.telemetry = telemetry_open(directory, false, &error);
    ck_assert_ptr_nonnull(all.telemetry);
    const struct event_store_parts parts = { all.telemetry, NULL, exists, kept_from_ms, NULL };
    all.store = event_store_create(&parts, &error);
    all.journal = journal_open(directory, false, &error);
    ck_assert(all.store && all.journal);
    event_store_set_journal(all.store, all.journal);
    ck_assert(journal_replay(all.journal, telemetry_position(all.telemetry), on_record, all.store,
                             &error));
    return all;
}

static void start_checkpoints(struct opened *all)
{
    telemetry_start(all->telemetry, all->loop, all->journal);
    all->writes = true;
}

/* `writes`: with a last checkpoint, as a good end makes it; without, as after a crash. */
static void close_all(struct opened *all, bool writes)
{
    struct error error = { 0 };
    ck_assert(journal_flush(all->journal, &error));
    if (writes && !all->writes)
        start_checkpoints(all);
    telemetry_close(all->telemetry);
    event_store_destroy(all->store);
    journal_close(all->journal);
    loop_destroy(all->loop);
}

static void reopen_all(struct opened *all, bool writes)
{
    close_all(all, writes);
    *all = open_all();
}

static void start(void)
{
    gone = kept_from = 0;
    directory = test_directory();
}

static void append(struct event_store *store, int64_t group_id, int64_t stream_id, int64_t time_ms,
                   const char *message)
{
    const struct log_event event = { time_ms, text_from(message) };
    const struct event_batch batch = { group_id, stream_id, time_ms + 1, &event, 1 };
    event_store_append(store, &batch);
}

/* The messages of a page, separated by spaces; owned by the caller. */
static char *read_messages(struct event_store *store, const struct event_range *range)
{
    struct arena arena = { 0 };
    struct event_page page;
    struct buffer text = { 0 };
    event_store_read(store, range, &arena, &page);
    for (size_t i = 0; i < page.count; i++)
        buffer_add_format(&text, "%s%.*s", i ? " " : "", TEXT_ARGS(page.rows[i].message));
    arena_clear(&arena);
    return text.data ? text.data : xstrdup("");
}

static struct event_range everything(int64_t stream_id, bool is_backward)
{
    return (struct event_range){ .group_id = GROUP,
                                 .stream_id = stream_id,
                                 .until_ms = 1 << 30,
                                 .position =
                                     is_backward ? EVENT_POSITION_LAST : EVENT_POSITION_FIRST,
                                 .is_backward = is_backward,
                                 .limit = 100,
                                 .byte_limit = 1 << 20 };
}

static void expect(struct event_store *store, const struct event_range *range, const char *expected)
{
    CLEANUP(freep) char *found = read_messages(store, range);
    ck_assert_str_eq(found, expected);
}

static void expect_all(struct event_store *store, const char *group, const char *backward,
                       const char *stream)
{
    const struct event_range ranges[] = { everything(0, false), everything(0, true),
                                          everything(STREAM, false) };
    expect(store, &ranges[0], group);
    expect(store, &ranges[1], backward);
    expect(store, &ranges[2], stream);
}

/* Half of it before the first checkpoint, half behind, out of order. */
static void append_first(struct event_store *store)
{
    append(store, GROUP, STREAM, 30, "d");
    append(store, GROUP, STREAM, 10, "a");
    append(store, GROUP, OTHER_STREAM, 20, "b");
    append(store, OTHER_GROUP, FOREIGN_STREAM, 20, "x");
}

static void append_second(struct event_store *store)
{
    append(store, GROUP, STREAM, 20, "c");
    append(store, GROUP, OTHER_STREAM, 40, "e");
}

static const char in_group[] = "a b c d e";
static const char in_group_backward[] = "e d c b a";
static const char in_stream[] = "a c d";

START_TEST(memory_and_database_are_read_as_one)
{
    start();
    struct opened all = open_all();
    append_first(all.store);
    append_second(all.store);
    expect_all(all.store, in_group, in_group_backward, in_stream); /* all in memory */
    reopen_all(&all, true);
    expect_all(all.store, in_group, in_group_backward, in_stream); /* all in the database */
    close_all(&all, true);
    start();
    all = open_all();
    append_first(all.store);
    reopen_all(&all, true);
    append_second(all.store);
    expect_all(all.store, in_group, in_group_backward, in_stream); /* half and half */
    for (int i = 0; i < 2; i++) { /* the second half comes from the journal, again and again */
        reopen_all(&all, false);
        expect_all(all.store, in_group, in_group_backward, in_stream);
    }
    reopen_all(&all, false);
    reopen_all(&all, true);
    expect_all(all.store, in_group, in_group_backward, in_stream);
    close_all(&all, true);
}
END_TEST

START_TEST(a_checkpoint_that_nobody_has_heard_of_shows_nothing_twice)
{
    struct error error = { 0 };
    start();
    struct opened all = open_all();
    start_checkpoints(&all);
    append_first(all.store);
    ck_assert(journal_flush(all.journal, &error));
    telemetry_request(all.telemetry);
    /* Turns until the worker has written, looking after each. */
    for (int turn = 0; turn < 20; turn++) {
        const struct event_range range = everything(0, false);
        expect(all.store, &range, "a b d");
        uv_run(loop_uv(all.loop), turn < 2 ? UV_RUN_NOWAIT : UV_RUN_ONCE);
        if (telemetry_position(all.telemetry) == journal_position(all.journal))
            break;
    }
    ck_assert_uint_eq(telemetry_position(all.telemetry), journal_position(all.journal));
    append_second(all.store);
    expect_all(all.store, in_group, in_group_backward, in_stream);
    close_all(&all, true);
}
END_TEST

START_TEST(what_comes_during_a_checkpoint_is_read_in_order)
{
    struct error error = { 0 };
    start();
    struct opened all = open_all();
    start_checkpoints(&all);
    append_first(all.store);
    ck_assert(journal_flush(all.journal, &error));
    telemetry_request(all.telemetry);
    uv_run(loop_uv(all.loop), UV_RUN_NOWAIT); /* the worker has the first half now */
    append_second(all.store);
    expect_all(all.store, in_group, in_group_backward, in_stream);
    close_all(&all, true);
}
END_TEST

START_TEST(a_checkpoint_that_fails_is_made_up_for)
{
    struct error error = { 0 };
    start();
    struct opened all = open_all();
    append_first(all.store);
    CLEANUP(freep) char *path = xformat("%s/telemetry.db", directory);
    sqlite3 *other;
    ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    ck_assert(journal_flush(all.journal, &error));
    close_all(&all, true); /* the other one holds the lock: nothing can be written */
    ck_assert_int_eq(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    all = open_all();
    ck_assert_uint_eq(telemetry_position(all.telemetry), 0);
    append_second(all.store);
    expect_all(all.store, in_group, in_group_backward, in_stream);
    close_all(&all, true);
}
END_TEST

START_TEST(pages_go_on_where_the_last_one_ended)
{
    start();
    struct opened all = open_all();
    append_first(all.store);
    reopen_all(&all, true);
    append_second(all.store);
    for (int backward = 0; backward < 2; backward++) {
        struct event_range range = everything(0, backward);
        CLEANUP(buffer_clear) struct buffer seen = { 0 };
        bool is_cut = true;
        range.limit = 2;
        for (int page_number = 0; is_cut; page_number++) {
            struct arena arena = { 0 };
            struct event_page page;
            event_store_read(all.store, &range, &arena, &page);
            ck_assert_uint_eq(page.count, page_number < 2 ? 2 : 1);
            for (size_t i = 0; i < page.count; i++) {
                buffer_add_text(&seen, page.rows[i].message);
                range.position =
                    (struct event_position){ page.rows[i].time_ms, page.rows[i].sequence };
            }
            is_cut = page.is_cut;
            arena_clear(&arena);
        }
        ck_assert_str_eq(seen.data, backward ? "edcba" : "abcde");
    }
    close_all(&all, true);
}
END_TEST

START_TEST(bounds_are_kept)
{
    start();
    struct opened all = open_all();
    append_first(all.store);
    append_second(all.store);
    for (int round = 0; round < 2; round++) {
        struct event_range range = everything(0, round);
        range.from_ms = 20;
        range.until_ms = 40;
        expect(all.store, &range, round ? "d c b" : "b c d");
        range = everything(0, round);
        range.byte_limit = 2 * (1 + EVENT_OVERHEAD);
        expect(all.store, &range, round ? "e d" : "a b");
        range.byte_limit = 1;
        expect(all.store, &range, round ? "e" : "a");
        range.group_id = 99;
        expect(all.store, &range, "");
    }
    close_all(&all, true);
}
END_TEST

/* Against a plain list: random times, streams, checkpoints, expiries and crashes. */
enum { MODEL_EVENTS = 400, MODEL_MS = 1000, EXPIRED = -1 };

struct model {
    struct {
        int64_t time_ms;
        int64_t stream_id;
    } list[MODEL_EVENTS];
    int count;
};

static char *read_model(const struct model *model, const struct event_range *range)
{
    struct buffer text = { 0 };
    size_t count = 0;
    int64_t spanned_ms = range->until_ms - range->from_ms;
    for (int64_t step = 0; step < spanned_ms; step++) {
        int64_t time_ms = range->is_backward ? range->until_ms - 1 - step : range->from_ms + step;
        for (int i = 0; i < model->count && count < range->limit; i++) {
            int at = range->is_backward ? model->count - 1 - i : i;
            if (model->list[at].time_ms == time_ms &&
                (!range->stream_id || model->list[at].stream_id == range->stream_id))
                buffer_add_format(&text, "%s%d", count++ ? " " : "", at);
        }
    }
    return text.data ? text.data : xstrdup("");
}

static void add_random(struct event_store *store, struct model *model, struct random_stream *random)
{
    char message[16];
    int at = model->count++;
    model->list[at].time_ms = (int64_t)(random_unit(random) * MODEL_MS);
    model->list[at].stream_id = random_unit(random) < 0.5 ? STREAM : OTHER_STREAM;
    snprintf(message, sizeof(message), "%d", at);
    append(store, GROUP, model->list[at].stream_id, model->list[at].time_ms, message);
}

static void compare_with_model(struct event_store *store, const struct model *model,
                               struct random_stream *random)
{
    struct event_range range =
        everything(random_unit(random) < 0.5 ? STREAM : 0, random_unit(random) < 0.5);
    range.from_ms = (int64_t)(random_unit(random) * MODEL_MS / 2);
    range.until_ms = range.from_ms + (int64_t)(random_unit(random) * MODEL_MS * 0.6);
    range.limit = 1 + (size_t)(random_unit(random) * 40);
    range.likely = (size_t)(random_unit(random) * (double)range.limit); /* fewer than are read */
    CLEANUP(freep) char *expected = read_model(model, &range);
    expect(store, &range, expected);
}

static void expire_in_model(struct event_store *store, struct model *model, int64_t before_ms)
{
    kept_from = before_ms;
    event_store_expire(store, GROUP);
    for (int i = 0; i < model->count; i++)
        if (model->list[i].time_ms < before_ms)
            model->list[i].time_ms = EXPIRED;
}

static int64_t count_model_bytes(const struct model *model)
{
    int64_t bytes = 0;
    for (int i = 0; i < model->count; i++)
        if (model->list[i].time_ms != EXPIRED)
            bytes += EVENT_OVERHEAD + 1 + (i >= 10) + (i >= 100);
    return bytes;
}

START_TEST(any_history_reads_like_a_plain_list)
{
    random_set_seed(11);
    struct random_stream random = random_stream_for("events");
    struct model model = { .count = 0 };
    start();
    struct opened all = open_all();
    while (model.count < MODEL_EVENTS) {
        double draw = random_unit(&random);
        if (draw < 0.01)
            expire_in_model(all.store, &model, (int64_t)(random_unit(&random) * MODEL_MS / 3));
        if (draw < 0.04) {
            bool writes = draw < 0.02;
            reopen_all(&all, writes);
            if (writes)
                ck_assert_int_eq(event_store_group_bytes(all.store, GROUP),
                                 count_model_bytes(&model));
        }
        add_random(all.store, &model, &random);
        compare_with_model(all.store, &model, &random);
    }
    close_all(&all, true);
}
END_TEST

/* More of one moment than a page holds, in several blocks. */
START_TEST(a_crowded_moment_is_read_in_pages)
{
    enum { EVENTS = 1000, LIMIT = 30 };
    start();
    for (int i = 0; i < EVENTS;) {
        struct opened all = open_all();
        for (int last = i + EVENTS / 4; i < last; i++) {
            CLEANUP(freep) char *message = xformat("%d", i);
            append(all.store, GROUP, i % 3 ? STREAM : OTHER_STREAM, 77, message);
        }
        close_all(&all, true);
    }
    struct opened all = open_all();
    for (int backward = 0; backward < 2; backward++) {
        struct event_range range = everything(0, backward);
        range.limit = LIMIT;
        for (int expected = 0; expected < EVENTS;) {
            struct arena arena = { 0 };
            struct event_page page;
            event_store_read(all.store, &range, &arena, &page);
            ck_assert(page.is_cut == (expected + LIMIT < EVENTS));
            for (size_t i = 0; i < page.count; i++, expected++) {
                int64_t number;
                ck_assert(text_to_int64(page.rows[i].message, &number));
                ck_assert_int_eq(number, backward ? EVENTS - 1 - expected : expected);
                range.position =
                    (struct event_position){ page.rows[i].time_ms, page.rows[i].sequence };
            }
            arena_clear(&arena);
        }
    }
    close_all(&all, true);
}
END_TEST

START_TEST(a_database_with_a_row_per_event_is_converted)
{
    static const char version_1[] =
        "CREATE TABLE position (at INTEGER NOT NULL); INSERT INTO position VALUES (0);"
        "CREATE TABLE log_sequence (next INTEGER NOT NULL); INSERT INTO log_sequence VALUES (5);"
        "CREATE TABLE log_event ("
        "  group_id INTEGER NOT NULL, time_ms INTEGER NOT NULL, sequence INTEGER NOT NULL,"
        "  stream_id INTEGER NOT NULL, ingested_ms INTEGER NOT NULL, message BLOB NOT NULL,"
        "  PRIMARY KEY (group_id, time_ms, sequence)) WITHOUT ROWID;"
        "CREATE INDEX log_event_stream ON log_event (stream_id, time_ms, sequence);"
        "CREATE TABLE log_stream_state ("
        "  stream_id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL,"
        "  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, ingested_ms INTEGER NOT NULL);"
        "CREATE INDEX log_stream_state_group ON log_stream_state (group_id);"
        "CREATE TABLE log_group_state (group_id INTEGER PRIMARY KEY, bytes INTEGER NOT NULL);"
        "INSERT INTO log_event VALUES (7, 30, 1, 70, 31, 'd'), (7, 10, 2, 70, 11, 'a'),"
        "  (7, 20, 3, 71, 21, 'b'), (8, 20, 4, 80, 21, 'x');"
        "INSERT INTO log_stream_state VALUES (70, 7, 10, 30, 11), (71, 7, 20, 20, 21),"
        "  (80, 8, 20, 20, 21);"
        "INSERT INTO log_group_state VALUES (7, 81), (8, 27);"
        "PRAGMA user_version=1";
    start();
    CLEANUP(freep) char *path = xformat("%s/telemetry.db", directory);
    sqlite3 *database;
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, version_1, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
    for (int round = 0; round < 2; round++) {
        struct opened all = open_all();
        if (round == 0)
            append_second(all.store);
        expect_all(all.store, in_group, in_group_backward, in_stream);
        struct stream_state state = { .stream_id = OTHER_STREAM };
        event_store_states(all.store, &state, 1);
        ck_assert_int_eq(state.first_ms, 20);
        ck_assert_int_eq(event_store_group_bytes(all.store, GROUP),
                         (round ? 5 : 3) * (1 + EVENT_OVERHEAD));
        close_all(&all, true);
    }
}
END_TEST

START_TEST(what_was_deleted_or_has_expired_is_removed_for_good)
{
    start();
    struct opened all = open_all();
    append_first(all.store);
    append_second(all.store);
    append(all.store, GROUP, STREAM, 50, "f");
    reopen_all(&all, true);
    gone = OTHER_STREAM;
    start_checkpoints(&all);
    event_store_delete(all.store, GROUP, OTHER_STREAM);
    for (int day = 0; day < 3; day++) /* that an advanced clock passes */
        event_store_expire(all.store, GROUP);
    ck_assert_uint_eq(all.store->removals.count, 2);
    kept_from = 25;
    close_all(&all, true);
    gone = kept_from = 0;
    all = open_all();
    expect_all(all.store, "d f", "f d", "d f");
    ck_assert_int_eq(event_store_group_bytes(all.store, GROUP), 2 * (1 + EVENT_OVERHEAD));
    ck_assert_int_eq(event_store_group_bytes(all.store, OTHER_GROUP), 1 + EVENT_OVERHEAD);
    start_checkpoints(&all);
    event_store_delete(all.store, GROUP, 0); /* undone: the group exists */
    event_store_expire(all.store, GROUP);    /* undone: nothing has expired */
    reopen_all(&all, true);
    expect_all(all.store, "d f", "f d", "d f");
    start_checkpoints(&all);
    gone = GROUP;
    event_store_delete(all.store, GROUP, 0);
    close_all(&all, true);
    gone = 0;
    all = open_all();
    expect_all(all.store, "", "", "");
    ck_assert_int_eq(event_store_group_bytes(all.store, GROUP), 0);
    close_all(&all, true);
}
END_TEST

START_TEST(what_a_crash_left_of_a_deleted_stream_is_swept_up)
{
    start();
    struct opened all = open_all();
    append_first(all.store);
    reopen_all(&all, true);
    append_second(all.store);
    close_all(&all, false);
    gone = OTHER_STREAM;
    all = open_all(); /* the journal's part is left out */
    start_checkpoints(&all);
    event_store_sweep(all.store); /* and the database's goes */
    reopen_all(&all, true);
    expect_all(all.store, in_stream, "d c a", in_stream);
    close_all(&all, true);
}
END_TEST

START_TEST(states_tell_first_and_last_wherever_events_are)
{
    start();
    struct opened all = open_all();
    append_first(all.store);
    reopen_all(&all, true);
    append_second(all.store);
    struct stream_state states[] = { { .stream_id = 999 },
                                     { .stream_id = OTHER_STREAM },
                                     { .stream_id = STREAM } };
    event_store_states(all.store, states, COUNT_OF(states));
    ck_assert_int_eq(states[0].stream_id, STREAM);
    ck_assert_int_eq(states[0].first_ms, 10);
    ck_assert_int_eq(states[0].last_ms, 30);
    ck_assert_int_eq(states[0].last_ingested_ms, 21); /* by coming, not by time */
    ck_assert_int_eq(states[1].first_ms, 20);
    ck_assert_int_eq(states[1].last_ms, 40);
    ck_assert_int_eq(states[2].last_ingested_ms, 0);
    close_all(&all, true);
}
END_TEST

START_TEST(a_reset_leaves_nothing)
{
    struct error error = { 0 };
    start();
    struct opened all = open_all();
    append_first(all.store);
    reopen_all(&all, true);
    start_checkpoints(&all);
    append_second(all.store);
    ck_assert(journal_reset(all.journal, &error));
    ck_assert(telemetry_reset(all.telemetry, &error));
    event_store_reset(all.store);
    expect_all(all.store, "", "", "");
    append(all.store, GROUP, STREAM, 5, "new");
    expect_all(all.store, "new", "new", "new");
    reopen_all(&all, true);
    expect_all(all.store, "new", "new", "new");
    close_all(&all, true);
}
END_TEST

SUITE("event_store", memory_and_database_are_read_as_one,
      a_checkpoint_that_nobody_has_heard_of_shows_nothing_twice,
      what_comes_during_a_checkpoint_is_read_in_order, a_checkpoint_that_fails_is_made_up_for,
      pages_go_on_where_the_last_one_ended, bounds_are_kept, any_history_reads_like_a_plain_list,
      a_crowded_moment_is_read_in_pages, a_database_with_a_row_per_event_is_converted,
      what_was_deleted_or_has_expired_is_removed_for_good,
      what_a_crash_left_of_a_deleted_stream_is_swept_up,
      states_tell_first_and_last_wherever_events_are, a_reset_leaves_nothing)
