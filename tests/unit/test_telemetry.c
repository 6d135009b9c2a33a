/* telemetry: how checkpoints are waited for, and asked for again. */
#include <stdio.h>
#include <unistd.h>

#include "loop/loop.h"
#include "store/journal.h"
#include "store/telemetry.h"
#include "support/directory.h"
#include "support/suite.h"
#include "xalloc.h"

enum { WRITING_MS = 20, TURNS_MAX = 20 };

/* A part whose first writing lasts until the loop says so. */
struct slow_part {
    struct loop *loop;
    int go_on[2];
    int turns; /* of the loop, once it was stopped */
    int writings;
};

static bool load(sqlite3 *database UNUSED, void *owner UNUSED, struct error *error UNUSED)
{
    return true;
}

static void take(void *owner UNUSED)
{
}

static bool write_slowly(sqlite3 *database UNUSED, void *owner, struct error *error UNUSED)
{
    struct slow_part *part = owner;
    char byte;
    return part->writings++ > 0 || read(part->go_on[0], &byte, 1) == 1;
}

static void on_written(enum telemetry_result result, void *owner UNUSED)
{
    ck_assert_int_eq(result, TELEMETRY_WRITTEN);
}

static bool count_turn(void *owner)
{
    struct slow_part *part = owner;
    part->turns++;
    return false;
}

static void stop(void *owner)
{
    struct slow_part *part = owner;
    loop_stop(part->loop);
}

static void go_on(void *owner)
{
    struct slow_part *part = owner;
    ck_assert_int_eq(write(part->go_on[1], "x", 1), 1);
}

/* A telemetry whose first checkpoint is asked for. */
struct bench {
    const char *directory;
    struct journal *journal;
    struct telemetry *telemetry;
};

static void bench_start(struct bench *bench, struct loop *loop,
                        bool (*write_rows)(sqlite3 *database, void *owner, struct error *error),
                        void (*on_end)(enum telemetry_result result, void *owner), void *part)
{
    struct error error = { 0 };
    if (!bench->directory)
        bench->directory = test_directory();
    bench->journal = journal_open(bench->directory, false, &error);
    bench->telemetry = telemetry_open(bench->directory, false, &error);
    ck_assert(bench->journal && bench->telemetry);
    ck_assert(telemetry_add(bench->telemetry,
                            &(struct telemetry_part){ .schema = "SELECT 1",
                                                      .empty = "SELECT 1",
                                                      .load = load,
                                                      .take = take,
                                                      .write = write_rows,
                                                      .on_written = on_end,
                                                      .owner = part },
                            &error));
    telemetry_start(bench->telemetry, loop, bench->journal);
    telemetry_request(bench->telemetry);
}

/* After the telemetry was closed. */
static void bench_clear(struct bench *bench, struct loop *loop)
{
    journal_close(bench->journal);
    loop_destroy(loop);
}

START_TEST(the_loop_sleeps_while_the_last_checkpoint_is_written)
{
    struct bench bench = { 0 };
    struct slow_part part = { .loop = loop_create() };
    ck_assert_int_eq(pipe(part.go_on), 0);
    bench_start(&bench, part.loop, write_slowly, on_written, &part);
    struct loop_timer *stopping = loop_timer_start(part.loop, 0, 0, stop, &part);
    loop_run(part.loop); /* the worker has the checkpoint when it returns */
    struct loop_timer *going_on = loop_timer_start(part.loop, WRITING_MS, 0, go_on, &part);
    loop_before_sleep(part.loop, count_turn, &part);
    telemetry_close(bench.telemetry);
    ck_assert_int_eq(part.writings, 2); /* the worker's, and the last one */
    ck_assert_int_le(part.turns, TURNS_MAX);
    loop_timer_stop(&stopping);
    loop_timer_stop(&going_on);
    bench_clear(&bench, part.loop);
    close(part.go_on[0]);
    close(part.go_on[1]);
}
END_TEST

/* A part whose first writing is refused. */
struct refused_part {
    struct loop *loop;
    int writings;
    int successes;
};

static bool write_the_second_time(sqlite3 *database UNUSED, void *owner, struct error *error)
{
    struct refused_part *part = owner;
    return part->writings++ > 0 || error_set(error, NULL, "not yet");
}

static void stop_when_written(enum telemetry_result result, void *owner)
{
    struct refused_part *part = owner;
    part->successes += result == TELEMETRY_WRITTEN;
    if (result == TELEMETRY_WRITTEN)
        loop_stop(part->loop);
}

/* The journal does not grow meanwhile. */
START_TEST(what_was_asked_for_and_refused_is_tried_again)
{
    struct bench bench = { 0 };
    struct refused_part part = { .loop = loop_create() };
    bench_start(&bench, part.loop, write_the_second_time, stop_when_written, &part);
    loop_run(part.loop);
    ck_assert_int_eq(part.writings, 2);
    ck_assert_int_eq(part.successes, 1);
    telemetry_close(bench.telemetry);
    bench_clear(&bench, part.loop);
}
END_TEST

/* A part whose checkpoint waits for the only worker, which is busy. */
struct waiting_part {
    struct loop *loop;
    int go_on[2];
    int writings;
    enum telemetry_result result;
};

static void be_busy(void *owner)
{
    struct waiting_part *part = owner;
    char byte;
    ck_assert_int_eq(read(part->go_on[0], &byte, 1), 1);
}

static void be_free(void *owner UNUSED)
{
}

static bool count_writing(sqlite3 *database UNUSED, void *owner, struct error *error UNUSED)
{
    struct waiting_part *part = owner;
    part->writings++;
    return true;
}

static void stop_at_any_end(enum telemetry_result result, void *owner)
{
    struct waiting_part *part = owner;
    part->result = result;
    loop_stop(part->loop);
}

static void stop_waiting(void *owner)
{
    struct waiting_part *part = owner;
    loop_stop(part->loop);
}

/* It would bring back what the reset has removed. */
START_TEST(a_checkpoint_that_waits_for_its_worker_is_void_after_a_reset)
{
    struct bench bench = { 0 };
    struct error error = { 0 };
    ck_assert_int_eq(setenv("UV_THREADPOOL_SIZE", "1", 1), 0);
    struct waiting_part part = { .loop = loop_create() };
    ck_assert_int_eq(pipe(part.go_on), 0);
    loop_work(part.loop, be_busy, be_free, &part);
    bench_start(&bench, part.loop, count_writing, stop_at_any_end, &part);
    struct loop_timer *stopping = loop_timer_start(part.loop, 0, 0, stop_waiting, &part);
    loop_run(part.loop); /* the checkpoint is taken when it returns */
    ck_assert(telemetry_reset(bench.telemetry, &error));
    ck_assert_int_eq(write(part.go_on[1], "x", 1), 1);
    loop_run(part.loop);
    ck_assert_int_eq(part.result, TELEMETRY_DISCARDED);
    ck_assert_int_eq(part.writings, 0);
    telemetry_close(bench.telemetry);
    ck_assert_int_eq(part.result, TELEMETRY_WRITTEN);
    ck_assert_int_eq(part.writings, 1);
    loop_timer_stop(&stopping);
    bench_clear(&bench, part.loop);
    close(part.go_on[0]);
    close(part.go_on[1]);
}
END_TEST

/* One with a record, and an empty one behind it. */
static void make_segments(const char *directory)
{
    struct error error = { 0 };
    struct journal *journal = journal_open(directory, false, &error);
    ck_assert_ptr_nonnull(journal);
    journal_append(journal, JOURNAL_METRIC_DATA, TEXT("record"));
    ck_assert(journal_flush(journal, &error));
    CLEANUP(freep)
    char *second =
        xformat("%s/journal-%020llu.log", directory, (unsigned long long)journal_position(journal));
    FILE *file = fopen(second, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    journal_close(journal);
}

START_TEST(segments_that_a_checkpoint_reflects_go)
{
    struct bench bench = { .directory = test_directory() };
    struct waiting_part part = { .loop = loop_create() };
    make_segments(bench.directory);
    CLEANUP(freep) char *first = xformat("%s/journal-%020d.log", bench.directory, 0);
    bench_start(&bench, part.loop, count_writing, stop_at_any_end, &part);
    ck_assert_int_eq(access(first, F_OK), 0);
    loop_run(part.loop);
    ck_assert_int_eq(access(first, F_OK), -1);
    telemetry_close(bench.telemetry);
    bench_clear(&bench, part.loop);
}
END_TEST

/* A transaction that stayed open would let no checkpoint be written any more. */
START_TEST(a_reset_that_is_refused_halfway_is_told_and_leaves_no_transaction_behind)
{
    struct bench bench = { 0 };
    CLEANUP(error_clear) struct error error = { 0 };
    struct waiting_part part = { .loop = loop_create() };
    bench_start(&bench, part.loop, count_writing, stop_at_any_end, &part);
    ck_assert(telemetry_add(bench.telemetry,
                            &(struct telemetry_part){ .schema = "SELECT 1",
                                                      .empty = "DELETE FROM nowhere",
                                                      .load = load,
                                                      .take = take,
                                                      .write = count_writing,
                                                      .on_written = stop_at_any_end,
                                                      .owner = &part },
                            &error));
    ck_assert(!telemetry_reset(bench.telemetry, &error));
    CLEANUP(freep)
    char *sentence = xformat("cannot use %s/telemetry.db: no such table: nowhere", bench.directory);
    ck_assert_str_eq(error.message, sentence);
    loop_run(part.loop);
    ck_assert_int_eq(part.result, TELEMETRY_WRITTEN);
    telemetry_close(bench.telemetry);
    bench_clear(&bench, part.loop);
}
END_TEST

SUITE("telemetry", the_loop_sleeps_while_the_last_checkpoint_is_written,
      what_was_asked_for_and_refused_is_tried_again,
      a_checkpoint_that_waits_for_its_worker_is_void_after_a_reset,
      segments_that_a_checkpoint_reflects_go,
      a_reset_that_is_refused_halfway_is_told_and_leaves_no_transaction_behind)
