/*
 * The rows, and the functions that look at one series or at one point in time. Those that look
 * at several arguments are in math_calls.c.
 */
#include <math.h>
#include <stdlib.h>

#include "cloudwatch/math_calls.h"
#include "cloudwatch/math_function.h"
#include "number.h"

enum { DAY_S = 86400, HOUR_S = 3600, MINUTE_S = 60 };

/* Value by value. */
#define MAP(name, expression)                                                                      \
    static void map_##name(const struct math_series *from, struct math_series *into)               \
    {                                                                                              \
        for (size_t i = 0; i < from->count; i++)                                                   \
            math_series_add(into, from->times_s[i], expression(from->values[i]));                  \
    }

MAP(abs, fabs)
MAP(ceil, ceil)
MAP(floor, floor)
MAP(log, log)
MAP(log10, log10)

static void map_diff(const struct math_series *from, struct math_series *into)
{
    for (size_t i = 1; i < from->count; i++)
        math_series_add(into, from->times_s[i], from->values[i] - from->values[i - 1]);
}

static void map_diff_time(const struct math_series *from, struct math_series *into)
{
    for (size_t i = 1; i < from->count; i++)
        math_series_add(into, from->times_s[i], (double)(from->times_s[i] - from->times_s[i - 1]));
}

static void map_rate(const struct math_series *from, struct math_series *into)
{
    for (size_t i = 1; i < from->count; i++)
        math_series_add(into, from->times_s[i],
                        (from->values[i] - from->values[i - 1]) /
                            (double)(from->times_s[i] - from->times_s[i - 1]));
}

static void map_running_sum(const struct math_series *from, struct math_series *into)
{
    double sum = 0;
    for (size_t i = 0; i < from->count; i++) {
        sum += from->values[i];
        math_series_add(into, from->times_s[i], sum);
    }
}

static double fold_sum(const double *values, size_t count, size_t series_count UNUSED)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum;
}

/* Across series a missing point counts as 0 (cloudwatch-api.md section 2.6). */
static double fold_average(const double *values, size_t count, size_t series_count)
{
    return fold_sum(values, count, series_count) / (double)series_count;
}

static double fold_minimum(const double *values, size_t count, size_t series_count UNUSED)
{
    double minimum = count ? values[0] : NAN;
    for (size_t i = 1; i < count; i++)
        minimum = fmin(minimum, values[i]);
    return minimum;
}

static double fold_maximum(const double *values, size_t count, size_t series_count UNUSED)
{
    double maximum = count ? values[0] : NAN;
    for (size_t i = 1; i < count; i++)
        maximum = fmax(maximum, values[i]);
    return maximum;
}

static double fold_deviation(const double *values, size_t count, size_t series_count UNUSED)
{
    double mean = fold_average(values, count, count);
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (double)count);
}

static double fold_count(const double *values UNUSED, size_t count, size_t series_count UNUSED)
{
    return (double)count;
}

/* How far a time is behind the last multiple of a step. */
static int64_t time_since(int64_t time_s, int64_t step_s)
{
    return time_s - number_floor(time_s, step_s);
}

static struct tm calendar(int64_t time_s)
{
    time_t time = time_s;
    struct tm parts = { 0 };
    gmtime_r(&time, &parts);
    return parts;
}

static double time_minute(int64_t time_s, double given UNUSED)
{
    return (double)(time_since(time_s, HOUR_S) / MINUTE_S);
}

static double time_hour(int64_t time_s, double given UNUSED)
{
    return (double)(time_since(time_s, DAY_S) / HOUR_S);
}

/* 1 is Monday; the first of January 1970 was a Thursday, three days behind one. */
static double time_day(int64_t time_s, double given UNUSED)
{
    return (double)(time_since(time_s + 3 * DAY_S, 7 * DAY_S) / DAY_S + 1);
}

static double time_date(int64_t time_s, double given UNUSED)
{
    return calendar(time_s).tm_mday;
}

static double time_month(int64_t time_s, double given UNUSED)
{
    return calendar(time_s).tm_mon + 1;
}

static double time_year(int64_t time_s, double given UNUSED)
{
    return calendar(time_s).tm_year + 1900;
}

static double time_epoch(int64_t time_s, double given UNUSED)
{
    return (double)time_s;
}

enum {
    NUMBERS = MATH_SCALAR | MATH_SERIES,
    LISTS = MATH_SERIES | MATH_ARRAY,
    ONE = MATH_SERIES,
    MANY = MATH_ARRAY,
};

static const struct math_function functions[] = {
    { .name = "ABS",
      .minimum = 1,
      .parameters = { LISTS },
      .gives = MATH_GIVES_SAME,
      .map = map_abs },
    { .name = "ANOMALY_DETECTION_BAND", .refusal = "anomaly detection" },
    { .name = "AVG",
      .minimum = 1,
      .parameters = { LISTS },
      .gives = MATH_GIVES_FOLD,
      .fold = fold_average },
    { .name = "CEIL",
      .minimum = 1,
      .parameters = { LISTS },
      .gives = MATH_GIVES_SAME,
      .map = map_ceil },
    { .name = "DATAPOINT_COUNT",
      .minimum = 1,
      .parameters = { LISTS },
      .gives = MATH_GIVES_FOLD,
      .fold = fold_count },
    { .name = "DATE",
      .minimum = 1,
      .parameters = { ONE },
      .gives = MATH_GIVES_SERIES,
      .time = time_date },
    { .name = "DAY",
      .minimum = 1,
      .parameters = { ONE },
      .gives = MATH_GIVES_SERIES,
      .time = time_day },
    { .name = "DB_PERF_INSIGHTS", .refusal = "Performance Insights" },
    { .name = "DIFF",
      .minimum = 1,
      .parameters = { LISTS },
      .gives = MATH_GIVES_SAME,
      .map = map_diff },
    { .name = "DIFF_TIME",
      .minimum = 1,
      .parameters = { LISTS },
      .gives = MATH_GIVES_SAME,
      .map = map_diff_time },
    { .name = "EPOCH",
      .minimum = 1,
      .parameters = { ONE },
      .gives = MATH_GIVES_SERIES,
      .time = time_epoch },
    { .name = "FILL",
      .minimum = 2,
      .parameters = { LISTS, NUMBERS | MATH_WORD },
      .gives = MATH_GIVES_SAME,
      .words = { NULL, "|REPEAT|LINEAR|" },
      .call = math_call_fill },
    { .name = "FIRST",
      .minimum = 1,
      .parameters = { MANY },
      .gives = MATH_GIVES_SERIES,
      .call = math_call_first },
    { .name = "FLOOR",
      .minimum = 1,
      .parameters = { LISTS },
      .gives = MATH_GIVES_SAME,
      .map = map_floor },
    { .name = "HOUR",
      .minimum = 1,
      .parameters = { ONE },
      .gives = MATH_GIVES_SERIES,
      .time = time_hour },
    { .name = "IF",
      .minimum = 2,
      .parameters = { NUMBERS, NUMBERS, NUMBERS },
      .gives = MATH_GIVES_CHOICE,
      .call = math_call_if },
    { .name = "INSIGHT_RULE_METRIC", .refusal = "Contributor Insights" },
    { .name = "LAMBDA", .refusal = "data sources computed by functions" },
    { .name = "LAST",
      .minimum = 1,
      .parameters = { MANY },
      .gives = MATH_GIVES_SERIES,
      .call = math_call_last },
    { .name = "LOG",
      .minimum = 1,
      .parameters = { LISTS },
      .gives = MATH_GIVES_SAME,
      .map = map_log },
    { .name = "LOG10",
      .minimum = 1,
      .parameters = { LISTS },
      .gives = MATH_GIVES_SAME,
      .map = map_log10 },
    { .name = "MAX",
      .minimum = 1,
      .parameters = { LISTS },
      .gives = MATH_GIVES_FOLD,
      .fold = fold_maximum },
    { .name = "METRICS",
      .parameters = { MATH_TEXT },
      .gives = MATH_GIVES_ARRAY,
      .call = math_call_metrics },
    { .name = "METRIC_COUNT",
      .minimum = 1,
      .parameters = { MANY },
      .gives = MATH_GIVES_SCALAR,
      .call = math_call_metric_count },
    { .name = "MIN",
      .minimum = 1,
      .parameters = { LISTS },
      .gives = MATH_GIVES_FOLD,
      .fold = fold_minimum },
    { .name = "MINUTE",
      .minimum = 1,
      .parameters = { ONE },
      .gives = MATH_GIVES_SERIES,
      .time = time_minute },
    { .name = "MONTH",
      .minimum = 1,
      .parameters = { ONE },
      .gives = MATH_GIVES_SERIES,
      .time = time_month },
    { .name = "PERIOD",
      .minimum = 1,
      .parameters = { MATH_METRIC },
      .gives = MATH_GIVES_SCALAR,
      .call = math_call_period },
    { .name = "RATE",
      .minimum = 1,
      .parameters = { LISTS },
      .gives = MATH_GIVES_SAME,
      .map = map_rate },
    { .name = "REMOVE_EMPTY",
      .minimum = 1,
      .parameters = { MANY },
      .gives = MATH_GIVES_ARRAY,
      .call = math_call_remove_empty },
    { .name = "RUNNING_SUM",
      .minimum = 1,
      .parameters = { LISTS },
      .gives = MATH_GIVES_SAME,
      .map = map_running_sum },
    { .name = "SEARCH",
      .minimum = 2,
      .parameters = { MATH_TEXT, MATH_TEXT, MATH_SCALAR },
      .gives = MATH_GIVES_ARRAY,
      .call = math_call_search },
    { .name = "SERVICE_QUOTA", .refusal = "service quotas" },
    { .name = "SLICE",
      .minimum = 2,
      .parameters = { MANY, MATH_SCALAR, MATH_SCALAR },
      .gives = MATH_GIVES_ARRAY,
      .call = math_call_slice },
    { .name = "SORT",
      .minimum = 3,
      .parameters = { MANY, MATH_WORD, MATH_WORD, MATH_SCALAR },
      .gives = MATH_GIVES_ARRAY,
      .words = { NULL, "|AVG|MIN|MAX|SUM|", "|ASC|DESC|" },
      .call = math_call_sort },
    { .name = "STDDEV",
      .minimum = 1,
      .parameters = { LISTS },
      .gives = MATH_GIVES_FOLD,
      .fold = fold_deviation },
    { .name = "SUM",
      .minimum = 1,
      .parameters = { LISTS },
      .gives = MATH_GIVES_FOLD,
      .fold = fold_sum },
    { .name = "TIME_SERIES",
      .minimum = 1,
      .parameters = { MATH_SCALAR },
      .gives = MATH_GIVES_SERIES,
      .call = math_call_time_series },
    { .name = "YEAR",
      .minimum = 1,
      .parameters = { ONE },
      .gives = MATH_GIVES_SERIES,
      .time = time_year },
};

const struct math_function *math_function_find(struct text name)
{
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        if (text_equal(name, functions[i].name))
            return &functions[i];
    }
    return NULL;
}

double math_fold_series(const struct math_function *function, const struct math_series *series)
{
    return function->fold(series->values, series->count, series->count);
}

struct math_value math_function_call(struct math_context *context,
                                     const struct math_function *function,
                                     const struct math_value *arguments, size_t count)
{
    if (function->call)
        return function->call(context, arguments, count);
    if (function->fold)
        return arguments->type == MATH_ARRAY
                   ? math_fold_array(context, function, arguments)
                   : math_scalar_value(math_fold_series(function, arguments->list[0]));
    if (function->time)
        return math_series_value(
            context, math_series_dense(context, arguments->list[0]->period_s, function->time, 0));
    return math_map(context, function, arguments);
}
