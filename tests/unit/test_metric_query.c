/* metric_query: periods counted from the rounded start (cloudwatch-api.md section 2.3). */
#include "cloudwatch/metric_query.h"
#include "cloudwatch/retention.h"
#include "random.h"
#include "support/suite.h"

#define DAY_MS INT64_C(86400000)
static const int64_t NOW_MS = 1760954700000; /* 2025-10-20T10:05:00Z */

static struct metric_series *make_series(struct metrics *metrics, const char *unit)
{
    const struct metric_identity identity = {
        .account = "1", .region = "r", .name_space = "N", .name = "m", .unit = unit
    };
    return metrics_series(metrics, &identity);
}

START_TEST(periods_are_those_cloudwatch_takes)
{
    static const int64_t good[] = { 1, 5, 10, 20, 30, 60, 120, 300, 3600, 86400, 604800 };
    static const int64_t bad[] = { 0, -60, 2, 15, 45, 59, 61, 90, 3601 };
    for (size_t i = 0; i < COUNT_OF(good); i++)
        ck_assert_msg(metric_period_is_valid(good[i]), "%d", (int)good[i]);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ck_assert_msg(!metric_period_is_valid(bad[i]), "%d", (int)bad[i]);
}
END_TEST

START_TEST(the_start_is_rounded_by_its_age)
{
    const struct {
        int64_t age_ms;
        int64_t period_s;
        int64_t step_s;
    } cases[] = {
        { 61234, 60, 60 },           { 61234, 300, 60 },
        { 61234, 10, 10 },           { 61234, 1, 1 },
        { 14 * DAY_MS, 60, 60 },     { 16 * DAY_MS + 1, 60, 300 },
        { 62 * DAY_MS + 1, 1, 300 }, { 64 * DAY_MS + 1, 60, 3600 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t start_ms = NOW_MS - cases[i].age_ms;
        int64_t start_s = metric_round_start(start_ms, NOW_MS, cases[i].period_s);
        ck_assert_int_eq(start_s, start_ms / 1000 / cases[i].step_s * cases[i].step_s);
    }
}
END_TEST

/* The end is a moment too: what begins in its last second counts. */
START_TEST(a_range_is_what_is_kept_in_whole_periods_from_its_start)
{
    enum { PERIOD_S = 7200 };
    int64_t kept_ms = NOW_MS - 455 * DAY_MS;
    int64_t start_ms = kept_ms - DAY_MS - 3600000;
    struct metric_range range = metric_range_make(start_ms, NOW_MS, PERIOD_S, NOW_MS);
    ck_assert(range.start_s >= kept_ms / 1000 && range.start_s < kept_ms / 1000 + PERIOD_S);
    ck_assert_int_eq((range.start_s - metric_round_start(start_ms, NOW_MS, PERIOD_S)) % PERIOD_S,
                     0);
    ck_assert_int_eq(metric_range_make(NOW_MS, NOW_MS + 60000, 60, NOW_MS).end_s,
                     NOW_MS / 1000 + 60);
    ck_assert_int_eq(metric_range_make(NOW_MS, NOW_MS + 60001, 60, NOW_MS).end_s,
                     NOW_MS / 1000 + 61);
}
END_TEST

START_TEST(old_data_is_kept_at_long_periods_only)
{
    const struct {
        int64_t age_ms;
        int64_t period_s;
        bool is_kept;
    } cases[] = {
        { 14 * DAY_MS, 60, true },   { 16 * DAY_MS, 60, false },
        { 16 * DAY_MS, 300, true },  { 16 * DAY_MS, 600, true },
        { 16 * DAY_MS, 360, false }, { 64 * DAY_MS, 300, false },
        { 64 * DAY_MS, 3600, true }, { 64 * DAY_MS, 7200, true },
        { 15 * DAY_MS, 60, true },   { 15 * DAY_MS + 1, 60, false },
        { 63 * DAY_MS, 300, true },  { 63 * DAY_MS + 1, 300, false },
        { DAY_MS / 8, 10, true },    { DAY_MS / 8 + 1, 10, false },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(metric_period_is_kept(NOW_MS - cases[i].age_ms, cases[i].period_s, NOW_MS) ==
                          cases[i].is_kept,
                      "case %zu", i);
}
END_TEST

START_TEST(buckets_count_from_the_start_and_the_end_is_excluded)
{
    struct metrics *metrics = metrics_create();
    struct metric_series *series = make_series(metrics, "Count");
    for (int64_t minute = 0; minute < 20; minute++)
        metric_series_add(series, minute * 60000, (double)minute, 1);
    const struct metric_range range = { 180, 180 + 900, 300, false };
    struct metric_result result;
    metric_query((const struct metric_series *const *)&series, 1, &range, &result);
    ck_assert_uint_eq(result.count, 3);
    for (size_t i = 0; i < result.count; i++) {
        const struct metric_statistics *statistics = &result.buckets[i].statistics;
        double first = 3 + 5 * (double)i;
        ck_assert_int_eq(result.buckets[i].start_s, 180 + 300 * (int64_t)i);
        ck_assert(statistics->count == 5);
        ck_assert(statistics->minimum == first && statistics->maximum == first + 4);
        ck_assert(statistics->sum == 5 * first + 10);
        ck_assert(distribution_total(&result.buckets[i].distribution) == 5);
    }
    metric_result_clear(&result);
    ck_assert_uint_eq(result.count, 0);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(series_are_merged_and_empty_periods_are_left_out)
{
    struct metrics *metrics = metrics_create();
    struct metric_series *both[] = { make_series(metrics, "Count"), make_series(metrics, "None") };
    metric_series_add(both[0], 600000, 1, 1);
    metric_series_add(both[1], 0, 2, 1);
    metric_series_add(both[1], 600000, -3, 1);
    const struct metric_range range = { 0, 3600, 60, false };
    struct metric_result result;
    metric_query((const struct metric_series *const *)both, 2, &range, &result);
    ck_assert_uint_eq(result.count, 2);
    ck_assert_int_eq(result.buckets[0].start_s, 0);
    ck_assert(!result.buckets[0].has_no_percentiles);
    ck_assert_int_eq(result.buckets[1].start_s, 600);
    ck_assert(result.buckets[1].statistics.minimum == -3);
    ck_assert(result.buckets[1].statistics.maximum == 1);
    ck_assert(result.buckets[1].has_no_percentiles);
    metric_result_clear(&result);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(short_periods_see_fine_data)
{
    struct metrics *metrics = metrics_create();
    struct metric_series *series = make_series(metrics, "Count");
    metric_series_add_fine(series, 3000, 1, 1);
    metric_series_add_fine(series, 12000, 2, 1);
    metric_series_add_fine(series, 19999, 3, 1);
    const struct metric_range range = { 0, 60, 10, false };
    struct metric_result result;
    metric_query((const struct metric_series *const *)&series, 1, &range, &result);
    ck_assert_uint_eq(result.count, 2);
    ck_assert(result.buckets[0].statistics.count == 1);
    ck_assert(result.buckets[1].statistics.sum == 5);
    metric_result_clear(&result);
    struct metric_series *coarse =
        make_series(metrics, "None"); /* has nothing finer than minutes */
    metric_series_add(coarse, 12000, 4, 1);
    ck_assert(metric_series_has_data(coarse, &range));
    metric_query((const struct metric_series *const *)&coarse, 1, &range, &result);
    ck_assert_uint_eq(result.count, 1);
    ck_assert(result.buckets[0].start_s == 0 && result.buckets[0].statistics.sum == 4);
    metric_result_clear(&result);
    metrics_destroy(metrics);
}
END_TEST

/* Few data of all ages, fine and coarse, in one series. */
static void add_scattered(struct metric_series *series, struct random_stream *stream)
{
    static const int64_t reach_ms[] = { DAY_MS / 12, DAY_MS / 2, 20 * DAY_MS, 70 * DAY_MS };
    for (size_t i = 0; i < 12; i++) {
        int64_t age_ms = (int64_t)(random_unit(stream) * (double)reach_ms[i % COUNT_OF(reach_ms)]);
        if (random_next(stream) % 2)
            metric_series_add_fine(series, NOW_MS - age_ms, 1, 1);
        else
            metric_series_add(series, NOW_MS - age_ms, 1, 1);
    }
}

START_TEST(a_series_has_data_where_a_query_finds_some)
{
    static const int64_t spans_s[] = { 600, 7200, 86400, 10 * 86400 };
    int found = 0;
    random_set_seed(3);
    struct random_stream stream = random_stream_for("has data");
    for (int round = 0; round < 1000; round++) {
        struct metrics *metrics = metrics_create();
        struct metric_series *series = make_series(metrics, "Count");
        int64_t span_s = spans_s[round % COUNT_OF(spans_s)];
        int64_t age_s = (int64_t)(random_unit(&stream) * (double)(8 * span_s));
        struct metric_range range = { .start_s = NOW_MS / 1000 - age_s, .period_s = 10 };
        range.end_s = range.start_s + span_s;
        add_scattered(series, &stream);
        metrics_age(metrics, NOW_MS);
        for (; range.period_s < 100; range.period_s += 50) {
            struct metric_result result;
            metric_query((const struct metric_series *const *)&series, 1, &range, &result);
            ck_assert_msg(metric_series_has_data(series, &range) == (result.count > 0), "%d",
                          round);
            found += result.count > 0;
            metric_result_clear(&result);
        }
        metrics_destroy(metrics);
    }
    ck_assert(found > 200 && found < 1800);
}
END_TEST

SUITE("metric_query", a_series_has_data_where_a_query_finds_some,
      periods_are_those_cloudwatch_takes, the_start_is_rounded_by_its_age,
      a_range_is_what_is_kept_in_whole_periods_from_its_start,
      old_data_is_kept_at_long_periods_only, buckets_count_from_the_start_and_the_end_is_excluded,
      series_are_merged_and_empty_periods_are_left_out, short_periods_see_fine_data)
