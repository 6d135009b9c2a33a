#include "alarms/window.h"

#include <stdlib.h>
#include <string.h>

#include "alarms/configuration.h"
#include "cloudwatch/cloudwatch.h"
#include "cloudwatch/retention.h"
#include "random.h"
#include "support/suite.h"

static struct metric_identity identity_of(const char *name)
{
    static const struct metric_dimension dimension = { "F", "f" };
    return (struct metric_identity){ .account = "1",
                                     .region = "r",
                                     .name_space = "ns",
                                     .name = name,
                                     .dimensions = &dimension,
                                     .dimension_count = 1,
                                     .unit = "None" };
}

static struct alarm *make_alarm(const char *statistic, int64_t period_s, int periods)
{
    char configuration[400];
    snprintf(configuration, sizeof(configuration),
             "{\"Namespace\":\"ns\",\"MetricName\":\"m\",\"Dimensions\":[{\"Name\":\"F\",\"Value\":"
             "\"f\"}],\"%s\":\"%s\",\"Period\":%lld,\"EvaluationPeriods\":%d,\"Threshold\":1,"
             "\"ComparisonOperator\":\"GreaterThanThreshold\"}",
             *statistic == 'p' ? "ExtendedStatistic" : "Statistic", statistic, (long long)period_s,
             periods);
    const struct alarm_row row = { .key = { "1", "r", "a" }, .configuration = configuration };
    return alarm_read(&row);
}

struct world {
    struct metrics *metrics;
    struct cloudwatch cloudwatch;
    struct alarms alarms;
    struct metric_series *series;
};

static struct world make_world(void)
{
    struct world world = { .metrics = metrics_create() };
    const struct metric_identity identity = identity_of("m");
    world.cloudwatch.metrics = world.metrics;
    world.alarms.parts.metrics = world.metrics;
    world.series = metrics_series(world.metrics, &identity);
    return world;
}

START_TEST(periods_end_at_the_window_s_end_and_are_newest_first)
{
    struct world world = make_world();
    struct alarm *alarm = make_alarm("Sum", 300, 1);
    for (int minute = 0; minute < 20; minute++)
        metric_series_add(world.series, minute * 60000, 1, minute + 1);
    struct alarm_datapoint *points = alarm_window_read(&world.alarms, alarm, 12 * 60);
    ck_assert_int_eq(points[0].start_s, 7 * 60);
    ck_assert(points[0].is_real && points[0].value == 8 + 9 + 10 + 11 + 12);
    ck_assert(points[0].sample_count == 50);
    ck_assert(points[1].value == 3 + 4 + 5 + 6 + 7);
    ck_assert(points[2].value == 1 + 2 && points[2].start_s == -3 * 60);
    free(points);
    alarm_free(alarm);
    metrics_destroy(world.metrics);
}
END_TEST

START_TEST(a_percentile_is_that_of_all_its_values)
{
    struct world world = make_world();
    struct alarm *alarm = make_alarm("p90", 60, 1);
    for (int i = 1; i <= 100; i++)
        metric_series_add(world.series, 1000, i, 1);
    struct alarm_datapoint *points = alarm_window_read(&world.alarms, alarm, 60);
    ck_assert(points[0].is_real && points[0].value > 89 && points[0].value < 91);
    ck_assert(!points[1].is_real && !points[2].is_real);
    free(points);
    alarm_free(alarm);
    metrics_destroy(world.metrics);
}
END_TEST

static bool are_same(const struct alarm_datapoint *first, const struct alarm_datapoint *second,
                     int count)
{
    for (int i = 0; i < count; i++)
        if (first[i].is_real != second[i].is_real ||
            (first[i].is_real && (first[i].value != second[i].value ||
                                  first[i].sample_count != second[i].sample_count)))
            return false;
    return true;
}

/* Looks at every tick of a stretch: points change only at those that were announced. */
static int walk(struct world *world, struct alarm *alarm, int64_t from_s, int64_t to_s)
{
    int count = alarm_evaluation_range(alarm->criteria.evaluation_periods);
    int changes = 0;
    struct alarm_datapoint *before = alarm_window_read(&world->alarms, alarm, from_s);
    int64_t next_ms = alarm_window_next_ms(&world->alarms, alarm, from_s);
    for (int64_t end_s = from_s + alarm->tick_s; end_s <= to_s; end_s += alarm->tick_s) {
        struct alarm_datapoint *points = alarm_window_read(&world->alarms, alarm, end_s);
        ck_assert_int_ge(next_ms, end_s * 1000);
        if (next_ms > end_s * 1000) {
            ck_assert_msg(are_same(before, points, count), "period %lld, end %lld",
                          (long long)alarm->period_s, (long long)end_s);
        } else {
            next_ms = alarm_window_next_ms(&world->alarms, alarm, end_s);
            changes++;
        }
        free(before);
        before = points;
    }
    free(before);
    return changes;
}

START_TEST(points_move_only_when_it_was_said)
{
    static const int64_t coarse_s[] = { 60, 120, 300, 900 };
    static const int64_t fine_s[] = { 10, 20, 30 };
    random_set_seed(1);
    struct random_stream stream = random_stream_for("window");
    for (int round = 0; round < 120; round++) {
        bool is_fine = round % 2;
        bool has_fine_data = round / 2 % 2;
        struct world world = make_world();
        struct alarm *alarm =
            make_alarm("Sum", is_fine ? fine_s[round % 3] : coarse_s[round % 8 / 2], 1 + round % 5);
        for (uint64_t i = 0; i < 1 + random_next(&stream) % 12; i++) {
            int64_t time_ms = (int64_t)(random_next(&stream) % (is_fine ? 600000 : 7200000));
            double value = 1 + (double)(random_next(&stream) % 1000);
            if (has_fine_data)
                metric_series_add_fine(world.series, time_ms, value, 1);
            else
                metric_series_add(world.series, time_ms, value, 1);
        }
        metrics_age(world.metrics, random_next(&stream) % 2 * 4 * 3600 * 1000);
        ck_assert_int_gt(walk(&world, alarm, 0, is_fine ? 1800 : 6 * 3600), 0);
        alarm_free(alarm);
        metrics_destroy(world.metrics);
    }
}
END_TEST

START_TEST(without_data_nothing_is_due_ever)
{
    struct world world = make_world();
    struct alarm *alarm = make_alarm("Sum", 60, 3);
    ck_assert_int_eq(alarm_window_next_ms(&world.alarms, alarm, 600), ALARM_NEVER);
    metric_series_add(world.series, 60000, 1, 1);
    ck_assert_int_eq(alarm_window_next_ms(&world.alarms, alarm, 60), 120000);
    ck_assert_int_eq(alarm_window_next_ms(&world.alarms, alarm, 360), 420000);
    ck_assert_int_eq(alarm_window_next_ms(&world.alarms, alarm, 420), ALARM_NEVER);
    alarm_free(alarm);
    /* The longest window: three weeks, of which the first is rolled up by its end. */
    enum { DAY_S = 86400 };
    alarm = make_alarm("Sum", 7 * DAY_S, 1);
    metrics_age(world.metrics, 20LL * DAY_S * 1000);
    ck_assert_int_eq(alarm_window_next_ms(&world.alarms, alarm, 20 * DAY_S),
                     (21LL * DAY_S + 60) * 1000);
    alarm_free(alarm);
    metrics_destroy(world.metrics);
}
END_TEST

START_TEST(a_metric_that_went_is_looked_for_again)
{
    struct world world = make_world();
    struct alarm *alarm = make_alarm("Sum", 60, 1);
    const struct metric_identity identity = identity_of("m");
    metric_series_add(world.series, 1000, 1, 1);
    ck_assert_ptr_eq(alarm_metric_get(&world.alarms, alarm->metrics), world.series->metric);
    metrics_reset(world.metrics);
    ck_assert_ptr_null(alarm_metric_get(&world.alarms, alarm->metrics));
    const struct metric *again = metrics_series(world.metrics, &identity)->metric;
    ck_assert_ptr_eq(alarm_metric_get(&world.alarms, alarm->metrics), again);
    alarm_free(alarm);
    metrics_destroy(world.metrics);
}
END_TEST

START_TEST(only_percentiles_want_enough_samples_and_only_if_told)
{
    static const struct {
        const char *statistic;
        const char *low;
        double fewest;
    } cases[] = { { "p99", "ignore", 1000 }, { "p90", "ignore", 100 }, { "p50", "ignore", 20 },
                  { "p10", "ignore", 100 },  { "p0", "ignore", 0 },    { "p100", "ignore", 0 },
                  { "tm90", "ignore", 0 },   { "IQM", "ignore", 0 },   { "p99", "evaluate", 0 } };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(json_deletep) cJSON *configuration = cJSON_CreateObject();
        json_set_text(configuration, "ExtendedStatistic", cases[i].statistic);
        json_set_text(configuration, "EvaluateLowSampleCountPercentile", cases[i].low);
        double fewest = alarm_read_criteria(configuration).fewest_samples;
        ck_assert_msg(fewest <= cases[i].fewest && fewest > cases[i].fewest - 0.001, "%s %g",
                      cases[i].statistic, fewest);
    }
}
END_TEST

SUITE("alarm_window", only_percentiles_want_enough_samples_and_only_if_told,
      periods_end_at_the_window_s_end_and_are_newest_first, a_percentile_is_that_of_all_its_values,
      points_move_only_when_it_was_said, without_data_nothing_is_due_ever,
      a_metric_that_went_is_looked_for_again)
