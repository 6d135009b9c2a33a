/* metric_set: one finished invocation as bytes, and as data of AWS's dimension sets. */
#include "cloudwatch/metrics.h"
#include "lambda/metric_set.h"
#include "support/suite.h"
#include "xalloc.h"

static const struct invocation_record record = {
    .account = "123456789012",
    .region = "us-east-1",
    .function = "fn",
    .resource = "fn:live",
    .version = "2",
    .is_alias = true,
    .is_error = true,
    .started_ms = 1760954700123,
    .duration_ms = 12.75,
    .concurrency = { 9, 7, 5, 3 },
};

START_TEST(a_record_survives_its_journal_form)
{
    struct invocation_record cases[4];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cases[i] = record;
        cases[i].is_alias = i & 1;
        cases[i].is_error = i & 2;
    }
    cases[3].resource = "";
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer buffer = { 0 };
        struct arena arena = { 0 };
        struct invocation_record again = { 0 };
        invocation_record_encode(&cases[i], &buffer);
        ck_assert(invocation_record_decode(buffer_text(&buffer), &arena, &again));
        ck_assert_str_eq(again.account, cases[i].account);
        ck_assert_str_eq(again.region, cases[i].region);
        ck_assert_str_eq(again.function, cases[i].function);
        ck_assert_str_eq(again.resource, cases[i].resource);
        ck_assert_str_eq(again.version, cases[i].version);
        ck_assert_int_eq(again.is_alias, cases[i].is_alias);
        ck_assert_int_eq(again.is_error, cases[i].is_error);
        ck_assert_int_eq(again.started_ms, cases[i].started_ms);
        ck_assert(again.duration_ms == cases[i].duration_ms);
        ck_assert_mem_eq(again.concurrency, cases[i].concurrency, sizeof(again.concurrency));
        buffer_clear(&buffer);
        arena_clear(&arena);
    }
}
END_TEST

START_TEST(bytes_cut_short_or_too_many_are_none)
{
    struct buffer buffer = { 0 };
    struct arena arena = { 0 };
    struct invocation_record again;
    invocation_record_encode(&record, &buffer);
    for (size_t size = 0; size < buffer.size; size++) {
        char *exact = xmemdup(buffer.data, size ? size : 1);
        ck_assert(!invocation_record_decode((struct text){ exact, size }, &arena, &again));
        free(exact);
    }
    buffer_add_char(&buffer, 'x');
    ck_assert(!invocation_record_decode(buffer_text(&buffer), &arena, &again));
    buffer.data[0] = 99; /* a layout of the future */
    ck_assert(
        !invocation_record_decode((struct text){ buffer.data, buffer.size - 1 }, &arena, &again));
    buffer_clear(&buffer);
    arena_clear(&arena);
}
END_TEST

/* The only bucket of a metric with the first `count` of the three dimensions, or NULL. */
static const struct metric_bucket *bucket_of(struct metrics *metrics, const char *name,
                                             size_t count, const char *resource)
{
    const struct metric_dimension dimensions[] = { { "FunctionName", "fn" },
                                                   { "Resource", resource },
                                                   { "ExecutedVersion", "2" } };
    const struct metric_identity identity = { "123456789012", "us-east-1", "AWS/Lambda", name,
                                              dimensions,     count,       NULL };
    const struct metric *metric = metrics_find(metrics, &identity);
    if (!metric)
        return NULL;
    ck_assert_uint_eq(metric->series->minutes.count, 1);
    return &metric->series->minutes.list[0];
}

START_TEST(an_invocation_is_in_each_dimension_set)
{
    struct lambda lambda = { .parts.metrics = metrics_create() };
    struct metrics *metrics = lambda.parts.metrics;
    struct invocation_record by_version = record;
    by_version.resource = "fn:2";
    by_version.is_alias = false;
    by_version.is_error = false;
    invocation_record_publish(&lambda, &record);
    invocation_record_publish(&lambda, &by_version);
    for (size_t set = 0; set <= 3; set++) {
        double count = set < 2 ? 2 : 1;
        ck_assert(bucket_of(metrics, "Invocations", set, "fn:live")->statistics.sum == count);
        const struct metric_statistics *errors =
            &bucket_of(metrics, "Errors", set, "fn:live")->statistics;
        ck_assert(errors->sum == 1 && errors->count == count);
        ck_assert(bucket_of(metrics, "Duration", set, "fn:live")->statistics.maximum == 12.75);
        ck_assert(bucket_of(metrics, "Throttles", set, "fn:live")->statistics.sum == 0);
        ck_assert(bucket_of(metrics, "ConcurrentExecutions", set, "fn:live")->statistics.maximum ==
                  record.concurrency[set]);
        ck_assert_int_eq(bucket_of(metrics, "Errors", set, "fn:live")->start_s, 1760954700);
    }
    ck_assert_ptr_nonnull(bucket_of(metrics, "Invocations", 2, "fn:2"));
    ck_assert_ptr_null(bucket_of(metrics, "Invocations", 3, "fn:2"));
    metric_sets_forget(&lambda);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(handles_do_not_outlive_a_reset_of_the_metrics)
{
    struct lambda lambda = { .parts.metrics = metrics_create() };
    invocation_record_publish(&lambda, &record);
    metrics_reset(lambda.parts.metrics);
    invocation_record_publish(&lambda, &record);
    ck_assert(bucket_of(lambda.parts.metrics, "Invocations", 0, "")->statistics.sum == 1);
    metric_sets_forget(&lambda);
    metrics_destroy(lambda.parts.metrics);
}
END_TEST

START_TEST(what_is_under_way_is_counted_in_each_scope)
{
    struct lambda lambda = { 0 };
    struct invocation_record records[] = { record, record, record, record };
    records[1].version = "1";
    records[2].resource = "fn:2";
    records[3].function = "other";
    static const uint32_t expected[][4] = {
        { 1, 1, 1, 1 }, { 2, 2, 2, 1 }, { 3, 3, 1, 1 }, { 4, 1, 1, 1 }
    };
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT_OF(records); i++) {
            in_flight_begin(&lambda, &records[i]);
            ck_assert_mem_eq(records[i].concurrency, expected[i], sizeof(expected[i]));
        }
        for (size_t i = 0; i < COUNT_OF(records); i++)
            in_flight_end(&lambda, &records[i]);
    }
    map_clear(&lambda.in_flight, free);
}
END_TEST

SUITE("metric_set", a_record_survives_its_journal_form, bytes_cut_short_or_too_many_are_none,
      an_invocation_is_in_each_dimension_set, handles_do_not_outlive_a_reset_of_the_metrics,
      what_is_under_way_is_counted_in_each_scope)
