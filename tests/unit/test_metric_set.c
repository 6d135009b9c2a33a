/* metric_set: one finished invocation as bytes, and as data of AWS's dimension sets. */
#include <math.h>

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
    .unreserved = 8,
    .claimed = 108,
};

START_TEST(a_record_survives_its_journal_form)
{
    struct invocation_record cases[16];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cases[i] = record;
        cases[i].is_alias = i & 1;
        cases[i].is_error = i & 2;
        cases[i].is_throttled = i & 4;
        cases[i].is_provisioned = i & 8;
        cases[i].allocated = (uint32_t)i;
    }
    cases[2].started_ms = 0;
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
        ck_assert_int_eq(again.is_throttled, cases[i].is_throttled);
        ck_assert_int_eq(again.is_provisioned, cases[i].is_provisioned);
        ck_assert_uint_eq(again.unreserved, 8);
        ck_assert_uint_eq(again.claimed, 108);
        ck_assert_uint_eq(again.allocated, i);
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

/* What no server wrote, under a checksum that is right. */
START_TEST(a_record_that_memory_and_checkpoints_could_not_hold_is_none)
{
    struct invocation_record cases[] = { record, record, record, record, record, record };
    cases[0].function = "f\xFE";
    cases[1].duration_ms = NAN;
    cases[2].duration_ms = INFINITY;
    cases[3].duration_ms = -1;
    cases[4].started_ms = -1;
    cases[5].started_ms = INT64_MAX;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer buffer = { 0 };
        struct arena arena = { 0 };
        struct invocation_record again;
        invocation_record_encode(&cases[i], &buffer);
        ck_assert_msg(!invocation_record_decode(buffer_text(&buffer), &arena, &again), "%zu", i);
        buffer_clear(&buffer);
        arena_clear(&arena);
    }
}
END_TEST

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
        const struct metric_bucket *unreserved =
            bucket_of(metrics, "UnreservedConcurrentExecutions", set, "fn:live");
        const struct metric_bucket *claimed =
            bucket_of(metrics, "ClaimedAccountConcurrency", set, "fn:live");
        ck_assert(set ? !unreserved && !claimed
                      : unreserved->statistics.maximum == 8 && claimed->statistics.maximum == 108);
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

START_TEST(a_throttled_invocation_is_counted_as_that_and_nothing_else)
{
    struct lambda lambda = { .parts.metrics = metrics_create() };
    struct metrics *metrics = lambda.parts.metrics;
    struct invocation_record throttled = record;
    throttled.is_throttled = true;
    throttled.version = "";
    invocation_record_publish(&lambda, &throttled);
    for (size_t set = 0; set <= 2; set++) {
        ck_assert(bucket_of(metrics, "Throttles", set, "fn:live")->statistics.sum == 1);
        ck_assert_ptr_null(bucket_of(metrics, "Invocations", set, "fn:live"));
        ck_assert_ptr_null(bucket_of(metrics, "Duration", set, "fn:live"));
    }
    size_t count = 0; /* no set for a version that nobody executed */
    for (const struct metric *metric = metrics_first(metrics); metric; metric = metric->next)
        count++;
    ck_assert_uint_eq(count, 3);
    metric_sets_forget(&lambda);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(provisioned_concurrency_has_its_own_metrics_where_there_is_some)
{
    struct lambda lambda = { .parts.metrics = metrics_create() };
    struct metrics *metrics = lambda.parts.metrics;
    struct invocation_record provisioned = record;
    provisioned.allocated = 4;
    provisioned.provisioned = 3;
    provisioned.is_provisioned = true;
    invocation_record_publish(&lambda, &record);
    ck_assert_ptr_null(bucket_of(metrics, "ProvisionedConcurrentExecutions", 1, ""));
    invocation_record_publish(&lambda, &provisioned);
    provisioned.is_provisioned = false;
    invocation_record_publish(&lambda, &provisioned);
    static const char invocations[] = "ProvisionedConcurrencyInvocations";
    static const char spillover[] = "ProvisionedConcurrencySpilloverInvocations";
    static const char utilization[] = "ProvisionedConcurrencyUtilization";
    for (size_t set = 1; set <= 3; set++) {
        ck_assert(bucket_of(metrics, invocations, set, "fn:live")->statistics.sum == 1);
        ck_assert(bucket_of(metrics, spillover, set, "fn:live")->statistics.sum == 1);
    }
    ck_assert(bucket_of(metrics, utilization, 2, "fn:live")->statistics.maximum == 0.75);
    ck_assert_ptr_null(bucket_of(metrics, utilization, 1, ""));
    ck_assert_ptr_null(bucket_of(metrics, invocations, 0, ""));
    metric_sets_forget(&lambda);
    metrics_destroy(metrics);
}
END_TEST

/* What the first release wrote: 16 bytes less, and what they say follows from the rest. */
START_TEST(a_record_of_the_oldest_layout_is_read)
{
    enum { FIXED_SIZE = 2 + 8 + 8 + 16, LIMITS_SIZE = 16 };
    struct buffer buffer = { 0 };
    struct buffer old = { 0 };
    struct arena arena = { 0 };
    struct invocation_record again;
    invocation_record_encode(&record, &buffer);
    buffer_add(&old, buffer.data, FIXED_SIZE);
    buffer_add(&old, buffer.data + FIXED_SIZE + LIMITS_SIZE,
               buffer.size - FIXED_SIZE - LIMITS_SIZE);
    old.data[0] = 1;
    ck_assert(invocation_record_decode(buffer_text(&old), &arena, &again));
    ck_assert_str_eq(again.resource, "fn:live");
    ck_assert_uint_eq(again.claimed, record.concurrency[0]);
    ck_assert_uint_eq(again.allocated, 0);
    buffer_clear(&buffer);
    buffer_clear(&old);
    arena_clear(&arena);
}
END_TEST

SUITE("metric_set", a_record_survives_its_journal_form, bytes_cut_short_or_too_many_are_none,
      a_record_that_memory_and_checkpoints_could_not_hold_is_none,
      an_invocation_is_in_each_dimension_set, handles_do_not_outlive_a_reset_of_the_metrics,
      a_throttled_invocation_is_counted_as_that_and_nothing_else,
      provisioned_concurrency_has_its_own_metrics_where_there_is_some,
      a_record_of_the_oldest_layout_is_read)
