/* retention: data is rolled up as it ages, and nobody who asks can tell when (section 2.10). */
#include "clock.h"
#include "cloudwatch/metric_query.h"
#include "cloudwatch/retention.h"
#include "cloudwatch/statistic.h"
#include "loop/loop.h"
#include "random.h"
#include "support/suite.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

static const int64_t BIRTH_S = 1760918400; /* 2025-10-20, midnight */
static const struct metric_identity identity = { "1", "r", "N", "m", NULL, 0, "Count" };

/* Two days of minutes, and ten minutes of seconds. */
static struct metric_series *make_series(struct metrics *metrics)
{
    struct metric_series *series = metrics_series(metrics, &identity);
    random_set_seed(5);
    struct random_stream stream = random_stream_for("retention");
    for (int64_t at_s = 0; at_s < 2 * DAY_S; at_s += 60) {
        for (int i = 0; i < 3; i++)
            metric_series_add(series, (BIRTH_S + at_s) * 1000, random_unit(&stream) * 100, 1);
    }
    for (int64_t at_s = 0; at_s < 600; at_s++)
        metric_series_add_fine(series, (BIRTH_S + at_s) * 1000, 1, 1);
    return series;
}

static void query(struct metric_series *series, int64_t period_s, int64_t now_s,
                  struct metric_result *result_out)
{
    struct metric_range range =
        metric_range_make(BIRTH_S * 1000, (BIRTH_S + 2 * DAY_S) * 1000, period_s, now_s * 1000);
    *result_out = (struct metric_result){ 0 };
    if (metric_period_is_kept(BIRTH_S * 1000, period_s, now_s * 1000) &&
        range.start_s < range.end_s)
        metric_query((const struct metric_series *const *)&series, 1, &range, result_out);
}

static void compare(const struct metric_result *found, const struct metric_result *expected)
{
    static const char *const names[] = {
        "SampleCount", "Sum", "Minimum", "Maximum", "p90", "tm50"
    };
    ck_assert_uint_eq(found->count, expected->count);
    for (size_t i = 0; i < found->count; i++) {
        ck_assert_int_eq(found->buckets[i].start_s, expected->buckets[i].start_s);
        for (size_t n = 0; n < COUNT_OF(names); n++) {
            struct statistic statistic;
            double value;
            double wanted;
            ck_assert(statistic_parse(names[n], &statistic));
            ck_assert(statistic_compute(&statistic, &found->buckets[i], &value));
            ck_assert(statistic_compute(&statistic, &expected->buckets[i], &wanted));
            double slack =
                n < 4 ? 1e-9 : 0.011; /* a sketch made of sketches: twice half a percent */
            ck_assert_msg(value >= wanted * (1 - slack) && value <= wanted * (1 + slack),
                          "%s %g %g", names[n], value, wanted);
        }
    }
}

START_TEST(old_data_answers_the_same_rolled_up_or_not)
{
    static const int64_t ages_days[] = { 2, 10, 16, 17, 40, 64, 65, 300 };
    static const int64_t periods[] = { 60, 300, 3600, 7200, DAY_S };
    for (size_t i = 0; i < COUNT_OF(ages_days); i++) {
        struct metrics *aged = metrics_create();
        struct metrics *fresh = metrics_create();
        struct metric_series *old = make_series(aged);
        struct metric_series *new = make_series(fresh);
        int64_t now_s = BIRTH_S + ages_days[i] * DAY_S + 1234;
        for (int64_t at_s = BIRTH_S; at_s <= now_s; at_s += DAY_S) /* and on the way */
            metrics_age(aged, at_s * 1000);
        metrics_age(aged, now_s * 1000);
        for (size_t n = 0; n < COUNT_OF(periods); n++) {
            struct metric_result found;
            struct metric_result expected;
            query(old, periods[n], now_s, &found);
            query(new, periods[n], now_s, &expected);
            compare(&found, &expected);
            ck_assert((found.count == 0) == ((ages_days[i] > 15 && periods[n] < 300) ||
                                             (ages_days[i] > 63 && periods[n] < 3600)));
            metric_result_clear(&found);
            metric_result_clear(&expected);
        }
        metrics_destroy(aged);
        metrics_destroy(fresh);
    }
}
END_TEST

START_TEST(memory_shrinks_level_by_level)
{
    static const struct {
        int64_t age_s;
        size_t seconds;
        size_t minutes;
        size_t five_minutes;
        size_t hours;
    } cases[] = {
        { 2 * HOUR_S, 600, 2880, 0, 0 },
        { 4 * HOUR_S, 0, 2880, 0, 0 },
        { 16 * DAY_S, 0, 1440, 288, 0 },
        { 17 * DAY_S, 0, 0, 576, 0 },
        { 63 * DAY_S + 2 * HOUR_S, 0, 0, 552, 2 },
        { 65 * DAY_S, 0, 0, 0, 48 },
        { 456 * DAY_S, 0, 0, 0, 24 },
    };
    struct metrics *metrics = metrics_create();
    struct metric_series *series = make_series(metrics);
    uint64_t generation = metrics_generation(metrics);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        metrics_age(metrics, (BIRTH_S + cases[i].age_s) * 1000);
        ck_assert_uint_eq(series->seconds.count, cases[i].seconds);
        ck_assert_uint_eq(series->minutes.count, cases[i].minutes);
        ck_assert_uint_eq(series->five_minutes.count, cases[i].five_minutes);
        ck_assert_uint_eq(series->hours.count, cases[i].hours);
        ck_assert(cases[i].minutes == 2880 || series->minutes.capacity == cases[i].minutes);
        ck_assert(cases[i].minutes || series->minutes.list == NULL);
        ck_assert_uint_eq(metrics_generation(metrics), generation);
    }
    metrics_age(metrics, (BIRTH_S + 458 * DAY_S) * 1000);
    ck_assert_ptr_null(metrics_first(metrics));
    ck_assert_ptr_null(metrics_find(metrics, &identity));
    ck_assert_uint_ne(metrics_generation(metrics), generation);
    ck_assert_uint_eq(metrics_series(metrics, &identity)->minutes.count, 0);
    ck_assert_ptr_nonnull(metrics_first(metrics));
    metrics_destroy(metrics);
}
END_TEST

START_TEST(only_what_is_empty_is_pruned)
{
    struct metrics *metrics = metrics_create();
    struct metric_identity others[3] = { identity, identity, identity };
    others[0].name = "a";
    others[1].name = "b";
    others[2].name = "c";
    for (size_t i = 0; i < COUNT_OF(others); i++)
        metric_series_add(metrics_series(metrics, &others[i]), (BIRTH_S + (i == 1) * DAY_S) * 1000,
                          1, 1);
    metrics_age(metrics, (BIRTH_S + 455 * DAY_S + 2 * HOUR_S) * 1000);
    ck_assert_ptr_null(metrics_find(metrics, &others[0]));
    ck_assert_ptr_eq(metrics_find(metrics, &others[1]), metrics_first(metrics));
    ck_assert_ptr_null(metrics_find(metrics, &others[2]));
    const struct metric *added = metrics_series(metrics, &others[2])->metric;
    ck_assert_ptr_eq(metrics_first(metrics)->next, added);
    metrics_destroy(metrics);
}
END_TEST

/* 40 metrics of two days, aged by 1000 buckets at a time; one of them is new in between. */
START_TEST(a_pass_may_come_in_slices)
{
    struct metrics *metrics = metrics_create();
    struct metrics *whole = metrics_create();
    char names[40][8];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct metric_identity own = identity;
        snprintf(names[i], sizeof(names[i]), "m%zu", i);
        own.name = names[i];
        for (int64_t at_s = 0; at_s < DAY_S; at_s += 600) {
            metric_series_add(metrics_series(metrics, &own), (BIRTH_S + at_s) * 1000, 1, 1);
            metric_series_add(metrics_series(whole, &own), (BIRTH_S + at_s) * 1000, 1, 1);
        }
    }
    int64_t now_ms = (BIRTH_S + 17 * DAY_S) * 1000;
    uint64_t passes = metrics_aging(metrics)->aged.passes;
    int slices = 1;
    metrics_age_begin(metrics, now_ms);
    while (!metrics_age_some(metrics, 1000)) {
        ck_assert_uint_eq(metrics_aging(metrics)->aged.passes, passes);
        metric_series_add(metrics_series(metrics, &identity), now_ms, 1, 1);
        slices++;
    }
    ck_assert_uint_eq(metrics_aging(metrics)->aged.passes, passes + 1);
    ck_assert_int_ge(slices, 5);
    metrics_age(whole, now_ms);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct metric_identity own = identity;
        own.name = names[i];
        ck_assert_uint_eq(metrics_series(metrics, &own)->minutes.count, 0);
        ck_assert_uint_eq(metrics_series(metrics, &own)->five_minutes.count,
                          metrics_series(whole, &own)->five_minutes.count);
    }
    metrics_age_begin(metrics, now_ms + DAY_S);
    metrics_reset(metrics); /* a pass under way knows nothing of metrics that are gone */
    ck_assert(metrics_age_some(metrics, 1));
    metrics_age_finish(metrics);
    metrics_destroy(metrics);
    metrics_destroy(whole);
}
END_TEST

/* The clock is looked at every five seconds of true time: this test takes as long. */
START_TEST(data_ages_by_itself_once_the_clock_has_moved)
{
    struct loop *loop = loop_create();
    struct metrics *metrics = metrics_create();
    const struct metric_series *series = make_series(metrics);
    clock_set_mode(CLOCK_FROZEN, 0);
    clock_set_now_ms((BIRTH_S + 17 * DAY_S) * 1000);
    struct retention *retention = retention_start(loop, metrics);
    while (series->minutes.count)
        uv_run(loop_uv(loop), UV_RUN_ONCE);
    ck_assert_uint_eq(series->five_minutes.count, 576);
    retention_stop(retention);
    metrics_destroy(metrics);
    loop_destroy(loop);
}
END_TEST

SUITE("retention", data_ages_by_itself_once_the_clock_has_moved, a_pass_may_come_in_slices,
      old_data_answers_the_same_rolled_up_or_not, memory_shrinks_level_by_level,
      only_what_is_empty_is_pruned)
