#include "cloudwatch/math_calls.h"

#include <math.h>
#include <stdlib.h>

/* A series made from another goes by its name. */
static void inherit(struct math_series *series, const struct math_series *from)
{
    series->source = from->source;
    series->label = from->label;
    series->status = from->status;
    series->message_code = from->message_code;
    series->message = from->message;
}

static double constant(int64_t time_s UNUSED, double given)
{
    return given;
}

struct math_value math_for_each(struct math_context *context, const struct math_value *from,
                                math_series_maker *make, const void *detail)
{
    struct math_series **list =
        arena_alloc(context->arena, (from->count + 1) * sizeof(struct math_series *));
    size_t count = 0;
    while (count < from->count && (count == 0 || !context->is_exhausted)) {
        list[count] = make(context, from->list[count], detail);
        inherit(list[count], from->list[count]);
        count++;
    }
    return (struct math_value){ .type = from->type, .list = list, .count = count };
}

static struct math_series *map_one(struct math_context *context, const struct math_series *from,
                                   const void *detail)
{
    const struct math_function *function = detail;
    struct math_series *into = math_series_make(context, from->period_s, from->count);
    function->map(from, into);
    return into;
}

struct math_value math_map(struct math_context *context, const struct math_function *function,
                           const struct math_value *from)
{
    return math_for_each(context, from, map_one, function);
}

struct point {
    int64_t time_s;
    double value;
};

static int compare_points(const void *a, const void *b)
{
    const struct point *first = a;
    const struct point *second = b;
    return (first->time_s > second->time_s) - (first->time_s < second->time_s);
}

int64_t math_common_period(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* All points of an array in order of time. */
static struct point *collect(struct math_context *context, const struct math_value *from,
                             size_t *count_out, int64_t *period_out)
{
    size_t count = 0;
    int64_t period_s = 0;
    for (size_t i = 0; i < from->count; i++) {
        count += from->list[i]->count;
        period_s = math_common_period(from->list[i]->period_s, period_s);
    }
    struct point *points = arena_alloc(context->arena, (count + 1) * sizeof(*points));
    size_t at = 0;
    for (size_t i = 0; i < from->count; i++) {
        for (size_t n = 0; n < from->list[i]->count; n++)
            points[at++] = (struct point){ from->list[i]->times_s[n], from->list[i]->values[n] };
    }
    qsort(points, count, sizeof(*points), compare_points);
    *count_out = count;
    *period_out = period_s ? period_s : context->period_s;
    return points;
}

struct math_value math_fold_array(struct math_context *context,
                                  const struct math_function *function,
                                  const struct math_value *from)
{
    size_t count;
    int64_t period_s;
    struct point *points = collect(context, from, &count, &period_s);
    double *values = arena_alloc(context->arena, (from->count + 1) * sizeof(*values));
    struct math_series *into = math_series_make(context, period_s, count);
    for (size_t at = 0; at < count;) {
        int64_t time_s = points[at].time_s;
        size_t together = 0;
        while (at < count && points[at].time_s == time_s)
            values[together++] = points[at++].value;
        math_series_add(into, time_s, function->fold(values, together, from->count));
    }
    return math_series_value(context, into);
}

/* The value at a time, looked for from *at on; the times asked for only rise. */
static bool value_at(const struct math_series *series, int64_t time_s, size_t *at,
                     double *value_out)
{
    while (*at < series->count && series->times_s[*at] < time_s)
        (*at)++;
    if (*at == series->count || series->times_s[*at] != time_s)
        return false;
    *value_out = series->values[*at];
    return true;
}

/* Between the points around `next`, the first point behind the gap. */
static double interpolate(const struct math_series *series, size_t next, int64_t time_s)
{
    if (next == 0 || next == series->count)
        return NAN;
    double from = (double)series->times_s[next - 1];
    double share = ((double)time_s - from) / ((double)series->times_s[next] - from);
    return series->values[next - 1] + share * (series->values[next] - series->values[next - 1]);
}

static double filling(const struct math_value *with, const struct math_series *series, size_t next,
                      int64_t time_s, size_t *with_at)
{
    double value = NAN;
    if (with->type == MATH_SCALAR)
        return with->scalar;
    if (with->type == MATH_SERIES)
        return value_at(with->list[0], time_s, with_at, &value) ? value : NAN;
    if (text_equal(with->text, "LINEAR"))
        return interpolate(series, next, time_s);
    return next ? series->values[next - 1] : NAN;
}

static struct math_series *fill_one(struct math_context *context, const struct math_series *from,
                                    const void *detail)
{
    struct math_grid grid = math_grid_make(context, from->period_s);
    struct math_series *into = math_series_make(context, from->period_s, from->count + grid.count);
    size_t at = 0;
    size_t with_at = 0;
    for (size_t i = 0; i < grid.count; i++) {
        int64_t time_s = grid.start_s + (int64_t)i * grid.period_s;
        for (; at < from->count && from->times_s[at] < time_s; at++)
            math_series_add(into, from->times_s[at], from->values[at]);
        if (at == from->count || from->times_s[at] != time_s)
            math_series_add(into, time_s, filling(detail, from, at, time_s, &with_at));
    }
    for (; at < from->count; at++)
        math_series_add(into, from->times_s[at], from->values[at]);
    return into;
}

struct math_value math_call_fill(struct math_context *context, const struct math_value *arguments,
                                 size_t count UNUSED)
{
    return math_for_each(context, &arguments[0], fill_one, &arguments[1]);
}

static struct math_value pick(struct math_context *context, const struct math_value *from,
                              size_t at)
{
    if (at < from->count)
        return (struct math_value){ .type = MATH_SERIES, .list = from->list + at, .count = 1 };
    return math_series_value(context, math_series_make(context, context->period_s, 0));
}

struct math_value math_call_first(struct math_context *context, const struct math_value *arguments,
                                  size_t count UNUSED)
{
    return pick(context, arguments, 0);
}

struct math_value math_call_last(struct math_context *context, const struct math_value *arguments,
                                 size_t count UNUSED)
{
    return pick(context, arguments, arguments->count ? arguments->count - 1 : 0);
}

/* A condition that is one number chooses one of the two as a whole. */
static struct math_value choose(struct math_context *context, const struct math_value *arguments,
                                size_t count)
{
    bool is_true = arguments[0].scalar != 0 && !isnan(arguments[0].scalar);
    const struct math_value *chosen = is_true ? &arguments[1] : count > 2 ? &arguments[2] : NULL;
    const struct math_value *other = is_true ? (count > 2 ? &arguments[2] : NULL) : &arguments[1];
    bool is_scalar =
        (!chosen || chosen->type == MATH_SCALAR) && (!other || other->type == MATH_SCALAR);
    if (is_scalar)
        return math_scalar_value(chosen ? chosen->scalar : NAN);
    if (chosen && chosen->type == MATH_SERIES)
        return *chosen;
    int64_t period_s = other ? other->list[0]->period_s : context->period_s;
    return math_series_value(context,
                             chosen ? math_series_dense(context, period_s, constant, chosen->scalar)
                                    : math_series_make(context, period_s, 0));
}

struct branch {
    const struct math_value *value; /* NULL: left out */
    size_t at;
    double missing; /* what a missing point counts as */
};

static double branch_value(struct branch *branch, int64_t time_s)
{
    double value = branch->missing;
    if (branch->value && branch->value->type == MATH_SCALAR)
        return branch->value->scalar;
    if (branch->value)
        value_at(branch->value->list[0], time_s, &branch->at, &value);
    return value;
}

/* True without a point is 0; false without one is none (cloudwatch-api.md section 2.6). */
struct math_value math_call_if(struct math_context *context, const struct math_value *arguments,
                               size_t count)
{
    if (arguments[0].type == MATH_SCALAR)
        return choose(context, arguments, count);
    struct branch branches[] = { { count > 2 ? &arguments[2] : NULL, 0, NAN },
                                 { &arguments[1], 0, 0 } };
    const struct math_series *condition = arguments[0].list[0];
    struct math_series *into = math_series_make(context, condition->period_s, condition->count);
    for (size_t i = 0; i < condition->count; i++) {
        int64_t time_s = condition->times_s[i];
        math_series_add(into, time_s, branch_value(&branches[condition->values[i] != 0], time_s));
    }
    return math_series_value(context, into);
}

struct math_value math_call_metrics(struct math_context *context,
                                    const struct math_value *arguments, size_t count)
{
    return context->library->metrics(context->library->owner, count ? arguments[0].text : TEXT(""));
}

struct math_value math_call_metric_count(struct math_context *context UNUSED,
                                         const struct math_value *arguments, size_t count UNUSED)
{
    return math_scalar_value((double)arguments->count);
}

struct math_value math_call_period(struct math_context *context UNUSED,
                                   const struct math_value *arguments, size_t count UNUSED)
{
    return math_scalar_value((double)arguments->list[0]->period_s);
}

struct math_value math_call_remove_empty(struct math_context *context,
                                         const struct math_value *arguments, size_t count UNUSED)
{
    struct math_series **list =
        arena_alloc(context->arena, (arguments->count + 1) * sizeof(struct math_series *));
    size_t kept = 0;
    for (size_t i = 0; i < arguments->count; i++) {
        if (arguments->list[i]->count)
            list[kept++] = arguments->list[i];
    }
    return math_array_value(list, kept);
}

struct math_value math_call_search(struct math_context *context, const struct math_value *arguments,
                                   size_t count)
{
    int64_t period_s = count > 2 ? (int64_t)arguments[2].scalar : context->period_s;
    return context->library->search(context->library->owner, arguments[0].text, arguments[1].text,
                                    period_s);
}

static size_t clamp(double index, size_t count)
{
    return index > 0 ? (index < (double)count ? (size_t)index : count) : 0;
}

struct math_value math_call_slice(struct math_context *context UNUSED,
                                  const struct math_value *arguments, size_t count)
{
    const struct math_value *from = &arguments[0];
    size_t start = clamp(arguments[1].scalar, from->count);
    size_t end = count > 2 ? clamp(arguments[2].scalar, from->count) : from->count;
    return math_array_value(from->list + start, end > start ? end - start : 0);
}

struct ranked {
    struct math_series *series;
    double key;
    size_t at; /* equal ones keep their order */
};

/* Series without points come last, whatever the order. */
static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *first = a;
    const struct ranked *second = b;
    if (isnan(first->key) != isnan(second->key))
        return isnan(first->key) ? 1 : -1;
    if (first->key > second->key || first->key < second->key)
        return first->key > second->key ? 1 : -1;
    return first->at > second->at ? 1 : -1;
}

struct math_value math_call_sort(struct math_context *context, const struct math_value *arguments,
                                 size_t count)
{
    const struct math_value *from = &arguments[0];
    const struct math_function *key = math_function_find(arguments[1].text);
    double sign = text_equal(arguments[2].text, "DESC") ? -1 : 1;
    struct ranked *ranked = arena_alloc(context->arena, (from->count + 1) * sizeof(*ranked));
    struct math_series **list =
        arena_alloc(context->arena, (from->count + 1) * sizeof(struct math_series *));
    for (size_t i = 0; i < from->count; i++) {
        double value = from->list[i]->count ? math_fold_series(key, from->list[i]) : NAN;
        ranked[i] = (struct ranked){ from->list[i], sign * value, i };
    }
    qsort(ranked, from->count, sizeof(*ranked), compare_ranked);
    for (size_t i = 0; i < from->count; i++)
        list[i] = ranked[i].series;
    return math_array_value(list,
                            count > 3 ? clamp(arguments[3].scalar, from->count) : from->count);
}

struct math_value math_call_time_series(struct math_context *context,
                                        const struct math_value *arguments, size_t count UNUSED)
{
    return math_series_value(
        context, math_series_dense(context, context->period_s, constant, arguments->scalar));
}
