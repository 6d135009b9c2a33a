/* checkpoint: what is written comes back with the same statistics and percentiles. */
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "cloudwatch/checkpoint.h"
#include "cloudwatch/retention.h"
#include "cloudwatch/statistic.h"
#include "loop/loop.h"
#include "random.h"
#include "store/journal.h"
#include "store/telemetry.h"
#include "support/directory.h"
#include "support/suite.h"
#include "xalloc.h"

static const struct metric_dimension dimensions[] = { { "A", "1" }, { "B", "\"\\\xC3\xA9" } };
static const struct metric_identity identities[] = {
    { "1", "r", "N", "few", NULL, 0, "Count" },
    { "1", "r", "N", "many", dimensions, 2, "Milliseconds" },
    { "1", "r", "N", "negative", dimensions, 1, "None" },
    { "2", "s", "AWS/Lambda", "set", dimensions, 1, "None" },
    { "1", "r", "N", "close", NULL, 0, "Count" },
};

static const char *directory;

struct opened {
    struct loop *loop;
    struct journal *journal;
    struct metrics *metrics;
    struct telemetry *telemetry;
    struct metrics_checkpoint *checkpoint;
};

static struct opened open_all(void)
{
    struct error error = { 0 };
    struct opened all = { .loop = loop_create(), .metrics = metrics_create() };
    all.journal = journal_open(directory, false, &error);
    ck_assert_ptr_nonnull(all.journal);
    all.telemetry = telemetry_open(directory, false, &error);
    ck_assert_msg(all.telemetry != NULL, "%s", error.message ? error.message : "");
    all.checkpoint = metrics_checkpoint_create(all.metrics, all.telemetry, &error);
    ck_assert_msg(all.checkpoint != NULL, "%s", error.message ? error.message : "");
    telemetry_start(all.telemetry, all.loop, all.journal);
    return all;
}

static void close_all(struct opened *all)
{
    telemetry_close(all->telemetry);
    metrics_checkpoint_destroy(all->checkpoint);
    journal_close(all->journal);
    metrics_destroy(all->metrics);
    loop_destroy(all->loop);
}

static void start(void)
{
    directory = test_directory();
}

static void add_all(struct metrics *metrics)
{
    random_set_seed(3);
    struct random_stream stream = random_stream_for("checkpoint");
    metric_series_add(metrics_series(metrics, &identities[0]), 60000, 0.1, 3);
    metric_series_add_fine(metrics_series(metrics, &identities[0]), 61000, 1e-3, 1);
    for (int i = 0; i < 3000; i++)
        metric_series_add(metrics_series(metrics, &identities[1]), i * 100,
                          random_unit(&stream) * 1000, 1);
    for (int i = 0; i < 100; i++) /* a sketch of few cells */
        metric_series_add(metrics_series(metrics, &identities[4]), 60000, 10000 + i, 1);
    metric_series_add(metrics_series(metrics, &identities[2]), 0, -1.5, 1);
    metric_series_add(metrics_series(metrics, &identities[2]), 0, 2,
                      1); /* no percentiles for all */
    metric_series_add_set(metrics_series(metrics, &identities[3]), 120000, true,
                          &(struct metric_statistics){ 4, 10, 1, 5 });
}

static void compare_buckets(const struct metric_buckets *found,
                            const struct metric_buckets *expected)
{
    static const char *const statistics[] = {
        "SampleCount", "Sum", "Minimum", "Maximum", "Average",
        "p10",         "p50", "p99.9",   "tm90",    "PR(:5)"
    };
    ck_assert_uint_eq(found->count, expected->count);
    for (size_t i = 0; i < found->count; i++) {
        ck_assert_int_eq(found->list[i].start_s, expected->list[i].start_s);
        for (size_t n = 0; n < COUNT_OF(statistics); n++) {
            struct statistic statistic;
            double value = 0;
            double wanted = 0;
            ck_assert(statistic_parse(statistics[n], &statistic));
            bool is_known = statistic_compute(&statistic, &found->list[i], &value);
            ck_assert(is_known == statistic_compute(&statistic, &expected->list[i], &wanted));
            ck_assert_msg(value == wanted, "%s: %.17g, not %.17g", statistics[n], value, wanted);
        }
    }
}

static void compare_metrics(struct metrics *found, struct metrics *expected)
{
    for (size_t i = 0; i < COUNT_OF(identities); i++) {
        ck_assert_ptr_nonnull(metrics_find(found, &identities[i]));
        const struct metric_series *series = metrics_series(found, &identities[i]);
        const struct metric_series *wanted = metrics_series(expected, &identities[i]);
        compare_buckets(&series->minutes, &wanted->minutes);
        compare_buckets(&series->seconds, &wanted->seconds);
        compare_buckets(&series->five_minutes, &wanted->five_minutes);
        compare_buckets(&series->hours, &wanted->hours);
    }
}

START_TEST(a_new_directory_has_nothing)
{
    start();
    struct opened all = open_all();
    ck_assert_uint_eq(telemetry_position(all.telemetry), 0);
    ck_assert_ptr_null(metrics_first(all.metrics));
    close_all(&all);
}
END_TEST

START_TEST(what_was_written_comes_back_the_same)
{
    struct error error = { 0 };
    start();
    struct metrics *expected = metrics_create();
    add_all(expected);
    struct opened all = open_all();
    add_all(all.metrics);
    journal_append(all.journal, JOURNAL_METRIC_DATA, TEXT("stands for what was added"));
    ck_assert(journal_flush(all.journal, &error));
    uint64_t position = journal_position(all.journal);
    close_all(&all);
    for (int round = 0; round < 2; round++) { /* writing what was not changed loses nothing */
        all = open_all();
        ck_assert_uint_eq(telemetry_position(all.telemetry), position);
        compare_metrics(all.metrics, expected);
        close_all(&all);
    }
    metrics_destroy(expected);
}
END_TEST

/* Starts, and closes a directory with everything in it; gives what it should hold, which the caller
 * destroys. */
static struct metrics *write_all(void)
{
    start();
    struct metrics *expected = metrics_create();
    struct opened all = open_all();
    add_all(expected);
    add_all(all.metrics);
    close_all(&all);
    return expected;
}

/* add_all() puts its data at the beginning of 1970. */
START_TEST(what_was_rolled_up_comes_back_rolled_up_and_nothing_twice)
{
    static const int64_t ages_days[] = { 1, 16, 64, 400 };
    struct metrics *expected = write_all();
    struct opened all;
    for (size_t i = 0; i < COUNT_OF(ages_days); i++) {
        all = open_all();
        metrics_age(all.metrics, ages_days[i] * 86400000);
        metrics_age(expected, ages_days[i] * 86400000);
        close_all(&all);
        all = open_all();
        compare_metrics(all.metrics, expected);
        close_all(&all);
    }
    all = open_all();
    metrics_age(all.metrics, 456 * 86400000LL);
    close_all(&all);
    all = open_all();
    ck_assert_ptr_null(metrics_first(all.metrics));
    close_all(&all);
    metrics_destroy(expected);
}
END_TEST

/* A clock that was advanced, looked at, and set back again before the next checkpoint. */
START_TEST(what_was_rolled_up_comes_back_once_when_the_clock_was_set_back)
{
    struct metrics *expected = write_all();
    struct opened all = open_all();
    metrics_age(all.metrics, 16 * 86400000LL);
    metrics_age(expected, 16 * 86400000LL);
    metrics_age(all.metrics, 86400000);
    close_all(&all);
    all = open_all();
    compare_metrics(all.metrics, expected);
    close_all(&all);
    metrics_destroy(expected);
}
END_TEST

START_TEST(a_pass_under_way_is_finished_before_it_is_written)
{
    struct metrics *expected = write_all();
    struct opened all = open_all();
    metrics_age(expected, 16 * 86400000LL);
    metrics_age_begin(all.metrics, 16 * 86400000LL);
    ck_assert(!metrics_age_some(all.metrics, 1));
    close_all(&all);
    all = open_all();
    compare_metrics(all.metrics, expected);
    close_all(&all);
    metrics_destroy(expected);
}
END_TEST

static bool do_nothing(sqlite3 *database UNUSED, void *owner UNUSED, struct error *error UNUSED)
{
    return true;
}

static void take_nothing(void *owner UNUSED)
{
}

static void note_result(enum telemetry_result result, void *owner)
{
    *(enum telemetry_result *)owner = result;
}

/* Another process holds the database when what was rolled up, and what is new, is to be written. */
START_TEST(what_could_not_be_written_is_in_the_next_checkpoint)
{
    sqlite3 *other;
    struct error error = { 0 };
    enum telemetry_result result = TELEMETRY_WRITTEN;
    const struct telemetry_part witness = { .schema = "",
                                            .empty = "",
                                            .load = do_nothing,
                                            .take = take_nothing,
                                            .write = do_nothing,
                                            .on_written = note_result,
                                            .owner = &result };
    struct metrics *expected = write_all();
    struct opened all = open_all();
    ck_assert(telemetry_add(all.telemetry, &witness, &error));
    CLEANUP(freep) char *path = xformat("%s/telemetry.db", directory);
    ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    metrics_age(expected, 16 * 86400000LL);
    metrics_age(all.metrics, 16 * 86400000LL);
    telemetry_request(all.telemetry);
    while (result != TELEMETRY_FAILED)
        uv_run(loop_uv(all.loop), UV_RUN_ONCE);
    sqlite3_close(other);
    close_all(&all);
    all = open_all();
    compare_metrics(all.metrics, expected);
    close_all(&all);
    metrics_destroy(expected);
}
END_TEST

START_TEST(data_added_after_a_restart_is_added_to_what_was_there)
{
    start();
    struct metrics *expected = metrics_create();
    add_all(expected);
    add_all(expected);
    for (int round = 0; round < 2; round++) {
        struct opened all = open_all();
        add_all(all.metrics);
        close_all(&all);
    }
    struct opened all = open_all();
    const struct metric_series *series = metrics_series(all.metrics, &identities[0]);
    const struct metric_series *wanted = metrics_series(expected, &identities[0]);
    compare_buckets(&series->minutes, &wanted->minutes);
    metric_series_add(metrics_series(all.metrics, &identities[4]), 60000, 10000.5, 1);
    metric_series_add(metrics_series(expected, &identities[4]), 60000, 10000.5, 1);
    series = metrics_series(all.metrics, &identities[4]);
    wanted = metrics_series(expected, &identities[4]);
    compare_buckets(&series->minutes, &wanted->minutes);
    ck_assert_uint_eq(series->minutes.list[0].distribution.count,
                      wanted->minutes.list[0].distribution.count);
    series = metrics_series(all.metrics, &identities[1]);
    wanted = metrics_series(expected, &identities[1]);
    ck_assert_uint_eq(series->minutes.count, wanted->minutes.count);
    ck_assert(series->minutes.list[2].statistics.count == wanted->minutes.list[2].statistics.count);
    close_all(&all);
    metrics_destroy(expected);
}
END_TEST

START_TEST(a_reset_empties_the_database_too)
{
    struct error error = { 0 };
    start();
    struct opened all = open_all();
    add_all(all.metrics);
    close_all(&all);
    all = open_all();
    ck_assert(journal_reset(all.journal, &error));
    metrics_reset(all.metrics);
    ck_assert(telemetry_reset(all.telemetry, &error));
    close_all(&all);
    all = open_all();
    ck_assert_ptr_null(metrics_first(all.metrics));
    close_all(&all);
}
END_TEST

/* A megabyte of journal or less is left for a start to read, but for what came since the last
 * checkpoint began, and that takes a fraction of a second. */
START_TEST(a_journal_that_grows_is_checkpointed_without_being_asked)
{
    enum { RECORD = 100 << 10, RECORDS = 100, TURNS_MAX = 100000 };
    struct error error = { 0 };
    start();
    struct opened all = open_all();
    char *payload = xcalloc(1, RECORD);
    for (int i = 0; i < RECORDS; i++) {
        journal_append(all.journal, JOURNAL_METRIC_DATA, (struct text){ payload, RECORD });
        ck_assert(journal_flush(all.journal, &error));
        uv_run(loop_uv(all.loop), UV_RUN_NOWAIT);
    }
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        if (journal_position(all.journal) - telemetry_position(all.telemetry) < 1 << 20)
            break;
        uv_run(loop_uv(all.loop), UV_RUN_ONCE);
    }
    ck_assert_uint_lt(journal_position(all.journal) - telemetry_position(all.telemetry), 1 << 20);
    free(payload);
    close_all(&all);
}
END_TEST

START_TEST(what_the_disk_may_still_refuse_is_in_no_checkpoint)
{
    struct error error = { 0 };
    start();
    struct opened all = open_all();
    journal_append(all.journal, JOURNAL_METRIC_DATA, TEXT("not flushed"));
    telemetry_request(all.telemetry);
    for (int turn = 0; turn < 5; turn++)
        uv_run(loop_uv(all.loop), UV_RUN_NOWAIT);
    ck_assert_uint_eq(telemetry_position(all.telemetry), 0);
    ck_assert(journal_flush(all.journal, &error));
    while (telemetry_position(all.telemetry) == 0)
        uv_run(loop_uv(all.loop), UV_RUN_ONCE);
    ck_assert_uint_eq(telemetry_position(all.telemetry), journal_position(all.journal));
    close_all(&all);
}
END_TEST

START_TEST(a_file_that_is_no_database_is_refused_with_its_name)
{
    struct error error = { 0 };
    start();
    CLEANUP(freep) char *path = xformat("%s/telemetry.db", directory);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("this is no database\n", file);
    fclose(file);
    ck_assert_ptr_null(telemetry_open(directory, false, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "telemetry.db"));
    error_clear(&error);
}
END_TEST

SUITE("checkpoint", a_new_directory_has_nothing,
      what_was_rolled_up_comes_back_rolled_up_and_nothing_twice,
      what_was_rolled_up_comes_back_once_when_the_clock_was_set_back,
      a_pass_under_way_is_finished_before_it_is_written,
      what_could_not_be_written_is_in_the_next_checkpoint, what_was_written_comes_back_the_same,
      data_added_after_a_restart_is_added_to_what_was_there, a_reset_empties_the_database_too,
      a_journal_that_grows_is_checkpointed_without_being_asked,
      what_the_disk_may_still_refuse_is_in_no_checkpoint,
      a_file_that_is_no_database_is_refused_with_its_name)
