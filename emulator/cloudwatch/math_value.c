#include "cloudwatch/math_value.h"

#include <math.h>

#include "cloudwatch/metric_query.h"

enum { MS_PER_SECOND = 1000 };

const char *math_type_name(int type)
{
    switch (type) {
    case MATH_SCALAR:
        return "Scalar";
    case MATH_SERIES:
        return "TimeSeries";
    case MATH_ARRAY:
        return "TimeSeries[]";
    case MATH_TEXT:
        return "String";
    default:
        return "Keyword";
    }
}

void math_spend(struct math_context *context, size_t points)
{
    context->points += points;
    if (context->points > MATH_POINTS_MAX)
        context->is_exhausted = true;
}

struct math_series *math_series_make(struct math_context *context, int64_t period_s,
                                     size_t capacity)
{
    struct math_series *series = arena_alloc(context->arena, sizeof(*series));
    math_spend(context, capacity + 1); /* empty ones count too */
    series->period_s = period_s;
    series->times_s = arena_alloc(context->arena, capacity * sizeof(*series->times_s));
    series->values = arena_alloc(context->arena, capacity * sizeof(*series->values));
    return series;
}

void math_series_add(struct math_series *series, int64_t time_s, double value)
{
    if (!isfinite(value))
        return;
    series->times_s[series->count] = time_s;
    series->values[series->count++] = value;
}

struct math_value math_array_value(struct math_series *const *list, size_t count)
{
    return (struct math_value){ .type = MATH_ARRAY, .list = list, .count = count };
}

struct math_value math_series_value(struct math_context *context, struct math_series *series)
{
    struct math_series **list = arena_alloc(context->arena, sizeof(struct math_series *));
    *list = series;
    return (struct math_value){ .type = MATH_SERIES, .list = list, .count = 1 };
}

struct math_value math_scalar_value(double scalar)
{
    return (struct math_value){ .type = MATH_SCALAR, .scalar = scalar };
}

struct math_grid math_grid_make(struct math_context *context, int64_t period_s)
{
    struct math_grid grid = {
        context->is_exact ? context->start_ms / MS_PER_SECOND
                          : metric_round_start(context->start_ms, context->now_ms, period_s),
        period_s,
        0,
    };
    int64_t end_s = (context->end_ms + MS_PER_SECOND - 1) / MS_PER_SECOND;
    int64_t count = end_s > grid.start_s ? (end_s - grid.start_s + period_s - 1) / period_s : 0;
    if (count > MATH_DENSE_MAX)
        context->is_exhausted = true;
    else
        grid.count = (size_t)count;
    return grid;
}

struct math_series *math_series_dense(struct math_context *context, int64_t period_s,
                                      double (*value_at)(int64_t time_s, double given),
                                      double given)
{
    struct math_grid grid = math_grid_make(context, period_s);
    struct math_series *series = math_series_make(context, period_s, grid.count);
    for (size_t i = 0; i < grid.count; i++) {
        int64_t time_s = grid.start_s + (int64_t)i * period_s;
        math_series_add(series, time_s, value_at(time_s, given));
    }
    return series;
}
