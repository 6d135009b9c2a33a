/* metrics: one series per identity, one bucket per minute or second. */
#include "cloudwatch/cloudwatch.h"
#include "cloudwatch/metrics.h"
#include "support/suite.h"

static const struct metric_dimension ab[] = { { "A", "1" }, { "B", "2" } };
static const struct metric_dimension ba[] = { { "B", "2" }, { "A", "1" } };
static const struct metric_dimension joined[] = { { "A1", "B2" } };

static const struct metric_identity base = { "1", "r", "N", "m", ab, 2, "Count" };

START_TEST(dimensions_have_no_order)
{
    struct metrics *metrics = metrics_create();
    struct metric_identity turned = base;
    turned.dimensions = ba;
    struct metric_series *series = metrics_series(metrics, &base);
    ck_assert_ptr_eq(metrics_series(metrics, &turned), series);
    ck_assert_ptr_eq(metrics_find(metrics, &turned), series->metric);
    ck_assert_str_eq(series->metric->dimensions[0].name, "A");
    metrics_destroy(metrics);
}
END_TEST

START_TEST(each_part_of_the_identity_makes_another_metric)
{
    struct metric_identity cases[8];
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        cases[i] = base;
    cases[1].account = "2";
    cases[2].region = "s";
    cases[3].name_space = "M";
    cases[4].name = "n";
    cases[5].dimension_count = 1;
    cases[6].dimension_count = 0;
    cases[7].dimensions = joined;
    cases[7].dimension_count = 1;
    struct metrics *metrics = metrics_create();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ck_assert_msg(!metrics_find(metrics, &cases[i]), "case %zu", i);
        metrics_series(metrics, &cases[i]);
    }
    size_t count = 0;
    for (const struct metric *metric = metrics_first(metrics); metric; metric = metric->next)
        ck_assert_ptr_eq(metrics_find(metrics, &cases[count++]), metric);
    ck_assert_uint_eq(count, COUNT_OF(cases));
    metrics_destroy(metrics);
}
END_TEST

START_TEST(units_are_series_of_one_metric_in_alphabetical_order)
{
    static const char *const units[] = { "Seconds", "Count", "None", "Bytes" };
    static const char *const sorted[] = { "Bytes", "Count", "None", "Seconds" };
    struct metrics *metrics = metrics_create();
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        struct metric_identity identity = base;
        identity.unit = units[i];
        struct metric_series *series = metrics_series(metrics, &identity);
        ck_assert_ptr_eq(metrics_series(metrics, &identity), series);
    }
    const struct metric_series *series = metrics_first(metrics)->series;
    for (size_t i = 0; i < COUNT_OF(sorted); i++, series = series->next)
        ck_assert_str_eq(series->unit, sorted[i]);
    ck_assert_ptr_null(series);
    ck_assert_ptr_null(metrics_first(metrics)->next);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(buckets_are_ascending_whatever_the_order_of_data)
{
    static const int64_t times_ms[] = { 120000, 59999, 0, 300000, 60000, 119999, -1, -60000 };
    static const struct {
        int64_t start_s;
        double count;
    } expected[] = { { -60, 2 }, { 0, 2 }, { 60, 2 }, { 120, 1 }, { 300, 1 } };
    struct metrics *metrics = metrics_create();
    struct metric_series *series = metrics_series(metrics, &base);
    for (size_t i = 0; i < COUNT_OF(times_ms); i++)
        metric_series_add(series, times_ms[i], 1, 1);
    ck_assert_uint_eq(series->minutes.count, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        ck_assert_int_eq(series->minutes.list[i].start_s, expected[i].start_s);
        ck_assert(series->minutes.list[i].statistics.count == expected[i].count);
        ck_assert(series->minutes.list[i].is_dirty);
    }
    ck_assert_uint_eq(metric_buckets_from(&series->minutes, 1), 2);
    ck_assert_uint_eq(metric_buckets_from(&series->minutes, -100), 0);
    ck_assert_uint_eq(metric_buckets_from(&series->minutes, 301), COUNT_OF(expected));
    ck_assert_uint_eq(series->seconds.count, 0);
    ck_assert_int_eq(series->metric->last_ms, 300000);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(fine_data_is_kept_by_the_second_and_by_the_minute)
{
    struct metrics *metrics = metrics_create();
    struct metric_series *series = metrics_series(metrics, &base);
    metric_series_add_fine(series, 1999, 5, 2);
    metric_series_add_fine(series, 2000, 7, 1);
    metric_series_add_set(series, 2500, true, &(struct metric_statistics){ 3, 6, 1, 3 });
    ck_assert_uint_eq(series->seconds.count, 2);
    ck_assert_int_eq(series->seconds.list[0].start_s, 1);
    ck_assert(series->seconds.list[1].statistics.count == 4);
    ck_assert_uint_eq(series->minutes.count, 1);
    const struct metric_statistics *all = &series->minutes.list[0].statistics;
    ck_assert(all->count == 6 && all->sum == 23 && all->minimum == 1 && all->maximum == 7);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(a_reset_drops_all_and_tells_by_its_generation)
{
    struct metrics *metrics = metrics_create();
    uint64_t generation = metrics_generation(metrics);
    metric_series_add(metrics_series(metrics, &base), 0, 1, 1);
    metrics_reset(metrics);
    ck_assert_uint_ne(metrics_generation(metrics), generation);
    ck_assert_ptr_null(metrics_first(metrics));
    ck_assert_ptr_null(metrics_find(metrics, &base));
    ck_assert_uint_eq(metrics_series(metrics, &base)->minutes.count, 0);
    ck_assert_ptr_nonnull(metrics_first(metrics));
    metrics_destroy(metrics);
}
END_TEST

enum { WAITERS = 4 };

static struct metric_waiter waiters[WAITERS];
static int told[WAITERS];

static void on_data(void *owner, struct metric_waiter *waiter)
{
    ck_assert_ptr_eq(owner, told);
    told[waiter - waiters]++;
}

static void expect_told(int first, int second, int third, int fourth)
{
    ck_assert_int_eq(told[0], first);
    ck_assert_int_eq(told[1], second);
    ck_assert_int_eq(told[2], third);
    ck_assert_int_eq(told[3], fourth);
}

START_TEST(who_waits_for_data_is_told_once)
{
    struct metrics *metrics = metrics_create();
    const struct metrics_listener listener = { NULL, on_data, told };
    metrics_listen(metrics, &listener);
    struct metric_identity other = base;
    other.name = "other";
    struct metric_series *series = metrics_series(metrics, &base);
    struct metric_series *another = metrics_series(metrics, &other);
    for (int i = 0; i < 3; i++) {
        metric_await(series->metric, &waiters[i]);
        metric_await(series->metric, &waiters[i]); /* it does already */
    }
    metric_await(another->metric, &waiters[3]);
    metric_await_no_more(&waiters[1]); /* from the middle */
    metric_await_no_more(&waiters[1]);
    metric_series_add(series, 0, 1, 1);
    expect_told(1, 0, 1, 0);
    metric_series_add(series, 0, 1, 1);
    expect_told(1, 0, 1, 0);
    metric_await(series->metric, &waiters[2]);
    metric_await(series->metric, &waiters[1]);
    metric_series_add_fine(series, 0, 1, 1);
    metric_series_add(another, 0, 1, 1);
    expect_told(1, 1, 2, 1);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(who_waits_for_a_metric_that_goes_may_wait_for_another)
{
    struct metrics *metrics = metrics_create();
    const struct metrics_listener listener = { NULL, on_data, told };
    metrics_listen(metrics, &listener);
    metric_await(metrics_series(metrics, &base)->metric, &waiters[0]);
    metric_await(metrics_series(metrics, &base)->metric, &waiters[1]);
    metrics_reset(metrics);
    metric_await_no_more(&waiters[1]);
    struct metric_series *again = metrics_series(metrics, &base);
    metric_series_add(again, 0, 1, 1);
    expect_told(0, 0, 0, 0);
    metric_await(again->metric, &waiters[0]);
    metric_series_add(again, 0, 1, 1);
    expect_told(1, 0, 0, 0);
    metrics_destroy(metrics);
}
END_TEST

/* What no server wrote, under a checksum that is right. */
START_TEST(a_journal_record_that_memory_could_not_hold_is_left_out)
{
    static const char *const records[] = {
        ("{\"Namespace\":\"n\",\"MetricData\":[{\"MetricName\":\"m\",\"Value\":1,"
         "\"Dimensions\":[{\"Name\":\"a\"}]}]}"),
        "{\"Namespace\":\"n\",\"MetricData\":[{\"MetricName\":\"m\",\"Value\":1e999}]}",
        "{\"Namespace\":\"n\"",
    };
    static const char good[] =
        "{\"Namespace\":\"n\",\"MetricData\":[{\"MetricName\":\"m\",\"Value\":1}]}";
    struct cloudwatch cloudwatch = { .metrics = metrics_create() };
    for (size_t i = 0; i < COUNT_OF(records); i++)
        cloudwatch_replay(&cloudwatch, text_from(records[i]));
    ck_assert_ptr_null(metrics_first(cloudwatch.metrics));
    cloudwatch_replay(&cloudwatch, text_from(good));
    ck_assert_ptr_nonnull(metrics_first(cloudwatch.metrics));
    metrics_destroy(cloudwatch.metrics);
}
END_TEST

START_TEST(only_what_asks_for_it_is_kept_by_the_second)
{
    static const char set[] = "\"StatisticValues\":{\"SampleCount\":3,\"Sum\":6,\"Minimum\":1,"
                              "\"Maximum\":3}";
    static const struct {
        const char *resolution;
        const char *data;
        size_t seconds;
    } cases[] = {
        { "", "\"Value\":1", 0 },
        { "\"StorageResolution\":60,", "\"Values\":[1]", 0 },
        { "\"StorageResolution\":1,", "\"Values\":[1]", 1 },
        { "", set, 0 },
        { "\"StorageResolution\":60,", set, 0 },
        { "\"StorageResolution\":1,", set, 1 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char record[300];
        struct cloudwatch cloudwatch = { .metrics = metrics_create() };
        snprintf(record, sizeof(record),
                 "{\"Namespace\":\"n\",\"MetricData\":[{\"MetricName\":\"m\",%s%s}]}",
                 cases[i].resolution, cases[i].data);
        cloudwatch_replay(&cloudwatch, text_from(record));
        const struct metric_series *series = metrics_first(cloudwatch.metrics)->series;
        ck_assert_uint_eq(series->minutes.count, 1);
        ck_assert_msg(series->seconds.count == cases[i].seconds, "%s", record);
        metrics_destroy(cloudwatch.metrics);
    }
}
END_TEST

SUITE("metrics", only_what_asks_for_it_is_kept_by_the_second, who_waits_for_data_is_told_once,
      who_waits_for_a_metric_that_goes_may_wait_for_another, dimensions_have_no_order,
      each_part_of_the_identity_makes_another_metric,
      units_are_series_of_one_metric_in_alphabetical_order,
      buckets_are_ascending_whatever_the_order_of_data,
      fine_data_is_kept_by_the_second_and_by_the_minute,
      a_reset_drops_all_and_tells_by_its_generation,
      a_journal_record_that_memory_could_not_hold_is_left_out)
