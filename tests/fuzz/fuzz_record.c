/*
 * Journal records that nobody wrote: a checksum is right, what it is over is not. The input is
 * records, each a kind, a size in two bytes and that many bytes; a start replays them through the
 * real readers. Whatever they leave in memory can be asked for; it can be checkpointed, and what
 * was checkpointed is read again (disks are slow: for one input of many).
 */
#include <stdio.h>
#include <unistd.h>

#include "cloudwatch/checkpoint.h"
#include "cloudwatch/cloudwatch.h"
#include "cloudwatch/statistic.h"
#include "lambda/metric_set.h"
#include "lambda/state.h"
#include "log.h"
#include "logs/group.h"
#include "logs/logs.h"
#include "logs/stream.h"
#include "loop/loop.h"
#include "loop/schedule.h"
#include "store/journal.h"
#include "store/store.h"
#include "store/telemetry.h"
#include "support/fuzz_directory.h"

enum { GROUP = 1, STREAM = 2, RECORD_HEAD = 3, SAMPLE = 32 };

static char *directory;
static struct loop *loop;
static struct store *store;
static struct journal *journal;
static struct telemetry *telemetry;
static struct metrics *metrics;
static struct logs *logs;
static struct cloudwatch cloudwatch;
static struct lambda lambda;

/* So that log events have somewhere to go. */
static void make_stream(void)
{
    struct error error = { 0 };
    const struct log_group group = { .id = GROUP,
                                     .key = { "000000000000", "us-east-1", "g" },
                                     .group_class = "STANDARD",
                                     .tags = "{}" };
    const struct log_stream stream = { STREAM, GROUP, "s", 0 };
    store_begin_call(store);
    group_insert(store, &group);
    stream_insert(store, &stream);
    fuzz_assert(store_end_call(store, true, &error) && store_commit(store, &error));
}

static void make_all(void)
{
    struct error error = { 0 };
    log_set_level(LOG_LEVEL_ERROR);
    directory = fuzz_directory();
    loop = loop_create();
    fuzz_assert((store = store_open(directory, false, &error)));
    fuzz_assert((telemetry = telemetry_open(directory, false, &error)));
    metrics = metrics_create();
    fuzz_assert(metrics_checkpoint_create(metrics, telemetry, &error));
    const struct logs_parts parts = { .loop = loop,
                                      .schedule = schedule_create(loop),
                                      .store = store,
                                      .telemetry = telemetry,
                                      .metrics = metrics };
    fuzz_assert((logs = logs_create(&parts, &error)));
    fuzz_assert((journal = journal_open(directory, false, &error)));
    logs_set_journal(logs, journal);
    cloudwatch = (struct cloudwatch){ .metrics = metrics, .journal = journal };
    lambda.parts = (struct lambda_parts){ .metrics = metrics, .journal = journal };
    telemetry_start(telemetry, loop, journal);
    make_stream();
}

static void append_records(struct text input)
{
    while (input.size >= RECORD_HEAD) {
        const unsigned char *head = (const unsigned char *)input.data;
        size_t size = head[1] | (size_t)head[2] << 8;
        size_t left = input.size - RECORD_HEAD;
        struct text payload = { input.data + RECORD_HEAD, size < left ? size : left };
        journal_append(journal, 1 + head[0] % 3, payload);
        input = (struct text){ payload.data + payload.size, left - payload.size };
    }
}

/* As the emulator does at its start. */
static void on_record(uint8_t kind, struct text payload, void *owner UNUSED)
{
    if (kind == JOURNAL_INVOCATION)
        lambda_replay(&lambda, payload);
    else if (kind == JOURNAL_METRIC_DATA)
        cloudwatch_replay(&cloudwatch, payload);
    else
        logs_replay(logs, payload);
}

static void ask(const struct metric_bucket *bucket)
{
    static const char *const names[] = { "Average", "p99", "tm90", "PR(1:5)", "IQM" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct statistic statistic;
        double value;
        fuzz_assert(statistic_parse(names[i], &statistic));
        (void)statistic_compute(&statistic, bucket, &value);
    }
}

static size_t ask_all(struct metrics *asked)
{
    size_t count = 0;
    for (struct metric *metric = metrics_first(asked); metric; metric = metric->next) {
        for (struct metric_series *series = metric->series; series; series = series->next) {
            for (int level = 0; level < METRIC_LEVELS; level++) {
                struct metric_buckets *buckets =
                    metric_series_level(series, (enum metric_level)level);
                for (size_t i = 0; i < buckets->count; i++)
                    ask(&buckets->list[i]);
                count += buckets->count;
            }
        }
    }
    return count;
}

/* One that fails is tried again for ever: libFuzzer's time limit ends that. */
static void checkpoint(void)
{
    telemetry_request(telemetry);
    while (telemetry_position(telemetry) != journal_position(journal))
        uv_run(loop_uv(loop), UV_RUN_NOWAIT);
}

/* What a start would load now: as many buckets. */
static void load_again(size_t buckets)
{
    struct error error = { 0 };
    struct metrics *again = metrics_create();
    struct telemetry *opened = telemetry_open(directory, false, &error);
    fuzz_assert(opened);
    struct metrics_checkpoint *loaded = metrics_checkpoint_create(again, opened, &error);
    fuzz_assert(loaded);
    fuzz_assert(ask_all(again) == buckets);
    telemetry_close(opened);
    metrics_checkpoint_destroy(loaded);
    metrics_destroy(again);
}

static void forget_disk(void)
{
    struct error error = { 0 };
    fuzz_assert(journal_reset(journal, &error) && telemetry_reset(telemetry, &error));
}

static void forget_memory(void)
{
    metrics_reset(metrics);
    metric_sets_forget(&lambda);
    logs_reset(logs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = { 0 };
    if (!loop)
        make_all();
    uint64_t position = journal_position(journal);
    append_records((struct text){ (const char *)data, size });
    fuzz_assert(journal_flush(journal, &error));
    fuzz_assert(journal_replay(journal, position, on_record, NULL, &error));
    size_t buckets = ask_all(metrics);
    if (journal_position(journal) > position && data[size - 1] % SAMPLE == 0) {
        checkpoint();
        load_again(buckets);
        forget_disk();
    }
    forget_memory();
    return 0;
}
