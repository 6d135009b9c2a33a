/* statistic: the spellings (cloudwatch-api.md section 2.5) and the values, against brute force. */
#include <math.h>

#include "cloudwatch/statistic.h"
#include "random.h"
#include "support/suite.h"

enum { SAMPLES = 5000 };

static const double ERROR_MAX = 0.005;

static struct metric_series *make_series(struct metrics *metrics)
{
    const struct metric_identity identity = {
        .account = "1", .region = "r", .name_space = "N", .name = "m", .unit = "None"
    };
    return metrics_series(metrics, &identity);
}

static bool compute(const char *text, const struct metric_series *series, double *value_out)
{
    struct statistic statistic;
    ck_assert_msg(statistic_parse(text, &statistic), "%s", text);
    return statistic_compute(&statistic, &series->minutes.list[0], value_out);
}

static void expect(const struct metric_series *series, const char *text, double expected,
                   double error_max)
{
    double value = NAN;
    ck_assert_msg(compute(text, series, &value), "%s", text);
    ck_assert_msg(fabs(value - expected) <= error_max * fabs(expected) + 1e-12,
                  "%s: %.17g, not %.17g", text, value, expected);
}

START_TEST(each_spelling_is_known)
{
    static const struct {
        const char *text;
        enum statistic_kind kind;
        bool is_absolute;
        double low;
        double high;
    } cases[] = {
        { "Sum", STATISTIC_SUM, false, 0, 0 },
        { "SampleCount", STATISTIC_SAMPLE_COUNT, false, 0, 0 },
        { "Average", STATISTIC_AVERAGE, false, 0, 0 },
        { "Minimum", STATISTIC_MINIMUM, false, 0, 0 },
        { "Maximum", STATISTIC_MAXIMUM, false, 0, 0 },
        { "p99", STATISTIC_PERCENTILE, false, 0, 0.99 },
        { "p99.9", STATISTIC_PERCENTILE, false, 0, 0.999 },
        { "p100", STATISTIC_PERCENTILE, false, 0, 1 },
        { "tm90", STATISTIC_TRIMMED_MEAN, false, 0, 0.9 },
        { "TM(10%:90%)", STATISTIC_TRIMMED_MEAN, false, 0.1, 0.9 },
        { "TM(:95%)", STATISTIC_TRIMMED_MEAN, false, 0, 0.95 },
        { "TM(5%:)", STATISTIC_TRIMMED_MEAN, false, 0.05, 1 },
        { "TM(100:2000)", STATISTIC_TRIMMED_MEAN, true, 100, 2000 },
        { "tc5", STATISTIC_TRIMMED_COUNT, false, 0, 0.05 },
        { "TC(0.005:0.030)", STATISTIC_TRIMMED_COUNT, true, 0.005, 0.03 },
        { "ts80", STATISTIC_TRIMMED_SUM, false, 0, 0.8 },
        { "TS(80%:)", STATISTIC_TRIMMED_SUM, false, 0.8, 1 },
        { "wm98", STATISTIC_WINSORIZED_MEAN, false, 0, 0.98 },
        { "WM(10%:90%)", STATISTIC_WINSORIZED_MEAN, false, 0.1, 0.9 },
        { "PR(100:2000)", STATISTIC_PERCENTILE_RANK, true, 100, 2000 },
        { "PR(:300)", STATISTIC_PERCENTILE_RANK, true, -INFINITY, 300 },
        { "IQM", STATISTIC_TRIMMED_MEAN, false, 0.25, 0.75 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct statistic statistic;
        ck_assert_msg(statistic_parse(cases[i].text, &statistic), "%s", cases[i].text);
        ck_assert_msg(statistic.kind == cases[i].kind, "%s", cases[i].text);
        ck_assert_int_eq(statistic_is_classic(&statistic), i < 5);
        if (i < 5)
            continue;
        ck_assert_int_eq(statistic.is_absolute, cases[i].is_absolute);
        ck_assert_msg(statistic.low == cases[i].low || fabs(statistic.low - cases[i].low) < 1e-15,
                      "%s: %g", cases[i].text, statistic.low);
        ck_assert_msg(fabs(statistic.high - cases[i].high) < 1e-15, "%s: %g", cases[i].text,
                      statistic.high);
    }
}
END_TEST

START_TEST(other_spellings_are_none)
{
    static const char *const cases[] = {
        "",       "sum",      "SUM",      "Sum ",         "p",          "p101",    "p-1",
        "p1e1",   "p 9",      "P99",      "p99.",         "p99%",       "p.5",     "tm",
        "TM",     "TM()",     "TM(:)",    "TM(10%)",      "TM(10%:20)", "TM(9:1)", "TM(90%:10%)",
        "TM(1:2", "PR(10%:)", "PR99",     "pr99",         "iqm",        "IQM1",    "xx5",
        "t",      "TM(1:2)x", "Average5", "TM(10%:200%)",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct statistic statistic;
        ck_assert_msg(!statistic_parse(cases[i], &statistic), "'%s'", cases[i]);
    }
}
END_TEST

START_TEST(ten_values_give_what_a_person_computes)
{
    struct metrics *metrics = metrics_create();
    struct metric_series *series = make_series(metrics);
    for (int i = 10; i >= 1; i--)
        metric_series_add(series, 0, i, 1);
    expect(series, "SampleCount", 10, 0);
    expect(series, "Sum", 55, 0);
    expect(series, "Average", 5.5, 0);
    expect(series, "Minimum", 1, 0);
    expect(series, "Maximum", 10, 0);
    expect(series, "p50", 5, 0);
    expect(series, "p51", 6, 0);
    expect(series, "p90", 9, 0);
    expect(series, "p100", 10, 0);
    expect(series, "tm90", 5, 0);
    expect(series, "TM(10%:90%)", 5.5, 0);
    expect(series, "TM(2:5)", 4, 0);
    expect(series, "tc80", 8, 0);
    expect(series, "TC(2:5)", 3, 0);
    expect(series, "ts80", 36, 0);
    expect(series, "TS(80%:)", 19, 0);
    expect(series, "PR(:3)", 30, 0);
    expect(series, "PR(3:7)", 40, 0);
    expect(series, "wm90", 5.4, 0);
    double value;
    ck_assert(!compute("TM(20:30)", series, &value));
    metrics_destroy(metrics);
}
END_TEST

START_TEST(counts_weigh_like_samples)
{
    struct metrics *metrics = metrics_create();
    struct metric_series *series = make_series(metrics);
    metric_series_add(series, 0, 2, 3);
    metric_series_add(series, 59999, 8, 1);
    expect(series, "SampleCount", 4, 0);
    expect(series, "Sum", 14, 0);
    expect(series, "p75", 2, 0);
    expect(series, "p76", 8, 0);
    ck_assert_uint_eq(series->minutes.count, 1);
    metrics_destroy(metrics);
}
END_TEST

/* 0.1 + 3 x 0.3 is 1 only where the product is not rounded before the sum. */
START_TEST(sums_are_the_same_on_every_machine)
{
    double value = 0;
    struct metrics *metrics = metrics_create();
    struct metric_series *series = make_series(metrics);
    metric_series_add(series, 0, 0.1, 1);
    metric_series_add(series, 0, 0.3, 3);
    ck_assert(compute("TS(0:1)", series, &value));
    ck_assert_msg(value == 0.9999999999999999, "%.17g", value);
    metrics_destroy(metrics);
}
END_TEST

static int compare(const void *a, const void *b)
{
    double first = *(const double *)a;
    double second = *(const double *)b;
    return first < second ? -1 : first > second;
}

START_TEST(many_values_are_within_half_a_percent_of_brute_force)
{
    static double samples[SAMPLES];
    struct metrics *metrics = metrics_create();
    struct metric_series *series = make_series(metrics);
    double sum = 0;
    random_set_seed(99);
    struct random_stream stream = random_stream_for("statistic");
    for (size_t i = 0; i < SAMPLES; i++) {
        samples[i] = exp(random_unit(&stream) * 12 - 3);
        sum += samples[i];
        metric_series_add(series, 0, samples[i], 1);
    }
    qsort(samples, SAMPLES, sizeof(*samples), compare);
    double low = 0;
    double middle = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        low += i < SAMPLES * 9 / 10 ? samples[i] : 0;
        middle += i >= SAMPLES / 4 && i < SAMPLES * 3 / 4 ? samples[i] : 0;
    }
    expect(series, "Sum", sum, 1e-9);
    expect(series, "SampleCount", SAMPLES, 0);
    expect(series, "Minimum", samples[0], 0);
    expect(series, "Maximum", samples[SAMPLES - 1], 0);
    expect(series, "p50", samples[SAMPLES / 2 - 1], ERROR_MAX);
    expect(series, "p99", samples[SAMPLES * 99 / 100 - 1], ERROR_MAX);
    expect(series, "p100", samples[SAMPLES - 1], ERROR_MAX);
    expect(series, "ts90", low, ERROR_MAX);
    expect(series, "tm90", low / (SAMPLES * 9 / 10), ERROR_MAX);
    expect(series, "IQM", middle / (SAMPLES / 2), ERROR_MAX);
    expect(series, "tc90", SAMPLES * 0.9, 1e-9);
    metrics_destroy(metrics);
}
END_TEST

/* Of many values only where about they were is kept, but of the least and the greatest where. */
START_TEST(no_statistic_goes_beyond_the_least_or_the_greatest_value)
{
    for (int first = 1; first < 100; first++) {
        struct metrics *metrics = metrics_create();
        struct metric_series *series = make_series(metrics);
        char all[40];
        double value;
        for (int i = 0; i < 100; i++)
            metric_series_add(series, 0, first + i, 1);
        snprintf(all, sizeof(all), "PR(:%d)", first + 99);
        expect(series, all, 100, 0);
        snprintf(all, sizeof(all), "TC(:%d)", first + 99);
        expect(series, all, 100, 0);
        expect(series, "p0", first, 0);
        expect(series, "p100", first + 99, 0);
        ck_assert(compute("TM(99%:)", series, &value) && value <= first + 99);
        ck_assert(compute("WM(99%:)", series, &value) && value <= first + 99);
        ck_assert(compute("tm1", series, &value) && value >= first);
        metrics_destroy(metrics);
    }
}
END_TEST

START_TEST(unknown_and_negative_values_have_no_percentiles)
{
    /* Of the last the greatest is the least, and yet the sum is another. */
    static const struct metric_statistics sets[] = { { 3, 6, 1, 3 },
                                                     { 2, -2, -1, -1 },
                                                     { 4, 10, 2, 2 } };
    for (size_t i = 0; i < COUNT_OF(sets); i++) {
        struct metrics *metrics = metrics_create();
        struct metric_series *series = make_series(metrics);
        double value;
        metric_series_add(series, 0, 5, 1);
        expect(series, "p50", 5, 0);
        metric_series_add_set(series, 0, false, &sets[i]);
        ck_assert(!compute("p50", series, &value));
        ck_assert(!compute("tm90", series, &value));
        expect(series, "Sum", 5 + sets[i].sum, 0);
        expect(series, "Minimum", sets[i].minimum, 0);
        metrics_destroy(metrics);
    }
}
END_TEST

START_TEST(a_set_of_equal_values_has_percentiles)
{
    struct metrics *metrics = metrics_create();
    struct metric_series *series = make_series(metrics);
    metric_series_add_set(series, 0, false, &(struct metric_statistics){ 4, 12, 3, 3 });
    expect(series, "p99", 3, 0);
    expect(series, "SampleCount", 4, 0);
    metrics_destroy(metrics);
}
END_TEST

SUITE("statistic", each_spelling_is_known, other_spellings_are_none,
      ten_values_give_what_a_person_computes, counts_weigh_like_samples,
      sums_are_the_same_on_every_machine, many_values_are_within_half_a_percent_of_brute_force,
      no_statistic_goes_beyond_the_least_or_the_greatest_value,
      unknown_and_negative_values_have_no_percentiles, a_set_of_equal_values_has_percentiles)
