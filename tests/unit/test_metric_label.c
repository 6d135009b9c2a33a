/* metric_label: default labels, and ${...} in given ones (cloudwatch-api.md section 2.9). */
#include "cloudwatch/metric_label.h"
#include "support/suite.h"

static const struct metric_dimension live[] = { { "FunctionName", "f" }, { "Resource", "f:live" } };
static const struct metric_dimension test[] = { { "FunctionName", "f" }, { "Resource", "f:test" } };
static const struct metric_label_source errors = { "111122223333", "eu-west-1", "AWS/Lambda",
                                                   "Errors",       live,        2,
                                                   "Sum",          60 };
/* 10:00, 10:01 and 10:03 on 2025-10-20 */
static const int64_t times[] = { 1760954400, 1760954460, 1760954580 };
static const double values[] = { 3, -1.5, 7 };
static const struct metric_label_data data = {
    .label = "own",
    .source = &errors,
    .count = 3,
    .times_s = times,
    .values = values,
    .period_s = 60,
    .now_ms = 1760954400000 + 7200000,
    .timezone_minutes = 90,
};

START_TEST(every_dynamic_value_is_filled_in)
{
    static const struct {
        const char *label;
        const char *text;
    } cases[] = {
        { "plain", "plain" },
        { "${LABEL}", "own" },
        { "a ${AVG} b", "a 2.833333333 b" },
        { "${SUM}|${MIN}|${MAX}", "8.5|-1.5|7" },
        { "${FIRST} ${LAST}", "3 7" },
        { "${DATAPOINT_COUNT}", "3" },
        { "${FIRST_TIME}", "2025-10-20 11:30:00 UTC+0130" },
        { "${LAST_TIME_RELATIVE}", "1h ago" },
        { "${FIRST_TIME_RELATIVE}", "2h ago" },
        { "${MAX_TIME}", "2025-10-20 11:33:00 UTC+0130" },
        { "${MIN_TIME}", "2025-10-20 11:31:00 UTC+0130" },
        { "${MIN_MAX_RANGE}", "[-1.5, 7]" },
        { "${FIRST_LAST_RANGE}", "[3, 7]" },
        { "${MIN_MAX_TIME_RANGE}", "[2025-10-20 11:31:00 UTC+0130, 2025-10-20 11:33:00 UTC+0130]" },
        { "${PROP('MetricName')} ${PROP('Namespace')}", "Errors AWS/Lambda" },
        { "${PROP('Stat')} ${PROP('Period')} ${PROP('Region')}", "Sum 60 eu-west-1" },
        { "${PROP('AccountId')}", "111122223333" },
        { "${PROP('Dim.Resource')}", "f:live" },
        { "${PROP('Dim.Nothing')}", "" },
        { "${NOTHING} ${PROP('x')} ${", "${NOTHING} ${PROP('x')} ${" },
        { "${PROP('} ${PROP(Stat)} ${PROP('Stat}", "${PROP('} ${PROP(Stat)} ${PROP('Stat}" },
    };
    struct arena arena = { 0 };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_str_eq(metric_label_expand(cases[i].label, &data, &arena), cases[i].text);
    arena_clear(&arena);
}
END_TEST

START_TEST(times_are_in_the_zone_that_was_asked_for_or_relative_to_now)
{
    static const struct {
        int timezone_minutes;
        int64_t age_s;
        const char *text;
    } cases[] = {
        { 0, 0, "2025-10-20 10:00:00 UTC+0000 0s ago" },
        { -90, 59, "2025-10-20 08:30:00 UTC-0130 59s ago" },
        { 0, 119, "2025-10-20 10:00:00 UTC+0000 1m ago" },
        { 0, 3600, "2025-10-20 10:00:00 UTC+0000 1h ago" },
        { 0, 172800, "2025-10-20 10:00:00 UTC+0000 2d ago" },
        { 0, -7200, "2025-10-20 10:00:00 UTC+0000 in 2h" },
    };
    struct arena arena = { 0 };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct metric_label_data own = data;
        own.timezone_minutes = cases[i].timezone_minutes;
        own.now_ms = (times[0] + cases[i].age_s) * 1000;
        ck_assert_str_eq(metric_label_expand("${FIRST_TIME} ${FIRST_TIME_RELATIVE}", &own, &arena),
                         cases[i].text);
    }
    arena_clear(&arena);
}
END_TEST

START_TEST(of_equal_values_the_earlier_is_the_least_and_the_greatest)
{
    static const double equal[] = { 4, 4, 4 };
    struct arena arena = { 0 };
    struct metric_label_data own = data;
    own.values = equal;
    own.timezone_minutes = 0;
    ck_assert_str_eq(metric_label_expand("${MIN_TIME} ${MAX_TIME}", &own, &arena),
                     "2025-10-20 10:00:00 UTC+0000 2025-10-20 10:00:00 UTC+0000");
    arena_clear(&arena);
}
END_TEST

START_TEST(a_series_without_points_has_no_values_to_show)
{
    struct arena arena = { 0 };
    struct metric_label_data empty = data;
    empty.count = 0;
    empty.source = NULL;
    ck_assert_str_eq(metric_label_expand("${MAX} ${LAST_TIME} ${SUM}", &empty, &arena), "-- -- 0");
    ck_assert_str_eq(metric_label_expand("${PROP('MetricName')}.", &empty, &arena), ".");
    arena_clear(&arena);
}
END_TEST

/* Among these two, what the first is called. */
static const char *label_beside(const struct metric_label_source *other, struct arena *arena)
{
    const struct metric_label_source *sources[] = { NULL, &errors, NULL, other };
    struct metric_label_parts parts = metric_label_compare(sources, COUNT_OF(sources));
    return metric_label_default(&errors, &parts, arena);
}

START_TEST(labels_tell_apart_what_differs)
{
    struct arena arena = { 0 };
    struct metric_label_source other = errors;
    ck_assert_str_eq(label_beside(&other, &arena), "Errors");
    other.stat = "p99";
    ck_assert_str_eq(label_beside(&other, &arena), "Errors Sum");
    other.name = "Invocations";
    ck_assert_str_eq(label_beside(&other, &arena), "Errors Sum");
    other.dimensions = test;
    ck_assert_str_eq(label_beside(&other, &arena), "f:live Errors Sum");
    other.period_s = 300;
    ck_assert_str_eq(label_beside(&other, &arena), "f:live Errors Sum 60");
    other = errors;
    other.dimensions = test;
    ck_assert_str_eq(label_beside(&other, &arena), "f:live");
    other.name = "Invocations";
    ck_assert_str_eq(label_beside(&other, &arena), "f:live Errors");
    other.dimension_count = 1;
    other.name = "Errors";
    ck_assert_str_eq(label_beside(&other, &arena), "f:live");
    other.dimension_count = 0;
    ck_assert_str_eq(label_beside(&other, &arena), "f f:live");
    arena_clear(&arena);
}
END_TEST

START_TEST(one_with_fewer_dimensions_is_called_by_its_name)
{
    struct arena arena = { 0 };
    struct metric_label_source whole = errors;
    whole.dimension_count = 1;
    const struct metric_label_source *sources[] = { &whole, &errors };
    struct metric_label_parts parts = metric_label_compare(sources, COUNT_OF(sources));
    ck_assert_str_eq(metric_label_default(&whole, &parts, &arena), "Errors");
    ck_assert_str_eq(metric_label_default(&errors, &parts, &arena), "f:live");
    arena_clear(&arena);
}
END_TEST

SUITE("metric_label", every_dynamic_value_is_filled_in,
      times_are_in_the_zone_that_was_asked_for_or_relative_to_now,
      of_equal_values_the_earlier_is_the_least_and_the_greatest,
      a_series_without_points_has_no_values_to_show, labels_tell_apart_what_differs,
      one_with_fewer_dimensions_is_called_by_its_name)
