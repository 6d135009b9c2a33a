#include "widget/widget_values.h"

#include <math.h>

#include "xalloc.h"

double widget_value(const struct widget_series *series)
{
    return series->count ? series->values[series->count - 1] : NAN;
}

bool widget_is_joined(const struct widget_series *series, size_t at)
{
    return at > 0 && series->times_s[at] - series->times_s[at - 1] <= series->period_s;
}

static int compare_times(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a;
    int64_t second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

/* Every moment at which some series has a point, ascending, each once. The caller owns it. */
static int64_t *all_times(const struct widget *widget, size_t *count_out)
{
    size_t total = 0;
    for (size_t i = 0; i < widget->series_count; i++)
        total += widget->series[i].count;
    int64_t *times = xmalloc((total + 1) * sizeof(*times));
    size_t count = 0;
    for (size_t i = 0; i < widget->series_count; i++) {
        if (widget->series[i].count)
            memcpy(times + count, widget->series[i].times_s,
                   widget->series[i].count * sizeof(*times));
        count += widget->series[i].count;
    }
    qsort(times, count, sizeof(*times), compare_times);
    size_t unique = 0;
    for (size_t i = 0; i < count; i++) {
        if (unique == 0 || times[unique - 1] != times[i])
            times[unique++] = times[i];
    }
    *count_out = unique;
    return times;
}

/* What stands below the series now; the series itself is added to the sums. */
static const double *stack_one(const struct widget_series *series, const int64_t *times,
                               double *sums, struct arena *arena)
{
    double *base = arena_alloc(arena, (series->count + 1) * sizeof(*base));
    size_t at = 0;
    for (size_t i = 0; i < series->count; i++) {
        while (times[at] != series->times_s[i])
            at++;
        base[i] = sums[at];
        sums[at] += series->values[i];
    }
    return base;
}

const double **widget_stack(const struct widget *widget, struct arena *arena)
{
    const double **bases = arena_alloc(arena, (widget->series_count + 1) * sizeof(*bases));
    if (!widget->is_stacked)
        return bases;
    size_t count;
    CLEANUP(freep) int64_t *times = all_times(widget, &count);
    for (int is_right = 0; is_right < 2; is_right++) {
        CLEANUP(freep) double *sums = xcalloc(count + 1, sizeof(*sums));
        for (size_t i = 0; i < widget->series_count; i++) {
            if (widget->series[i].is_right == (is_right == 1))
                bases[i] = stack_one(&widget->series[i], times, sums, arena);
        }
    }
    return bases;
}

bool widget_uses_axis(const struct widget *widget, bool is_right)
{
    for (size_t i = 0; i < widget->series_count; i++) {
        if (widget->series[i].is_right == is_right)
            return true;
    }
    for (size_t i = 0; i < widget->horizontal_count; i++) {
        if (widget->horizontal[i].is_right == is_right)
            return true;
    }
    return !is_right && widget->series_count == 0;
}

struct range {
    double low;
    double high;
};

static void widen(struct range *range, double value)
{
    if (!isfinite(value))
        return;
    range->low = fmin(range->low, value);
    range->high = fmax(range->high, value);
}

static struct range find_range(const struct widget *widget, const double *const *bases,
                               bool is_right)
{
    struct range range = { INFINITY, -INFINITY };
    for (size_t i = 0; i < widget->series_count; i++) {
        const struct widget_series *series = &widget->series[i];
        for (size_t n = 0; n < series->count && series->is_right == is_right; n++)
            widen(&range, series->values[n] + (bases[i] ? bases[i][n] : 0));
        if (widget->is_stacked && series->count && series->is_right == is_right)
            widen(&range, 0);
    }
    for (size_t i = 0; i < widget->horizontal_count; i++) {
        if (widget->horizontal[i].is_right != is_right)
            continue;
        widen(&range, widget->horizontal[i].value);
        widen(&range, widget->horizontal[i].end);
    }
    return range;
}

struct scale widget_scale(const struct widget *widget, const double *const *bases, bool is_right,
                          int wanted)
{
    const struct widget_axis *axis = is_right ? &widget->right : &widget->left;
    struct range range = find_range(widget, bases, is_right);
    bool is_flat = range.low == range.high;
    /* Zero belongs to the picture unless that would press what varies into a line. */
    if (range.low > 0 && (is_flat || range.high >= 2 * range.low))
        range.low = 0;
    if (range.high < 0 && (is_flat || range.low <= 2 * range.high))
        range.high = 0;
    struct scale scale = scale_make(range.low, range.high, wanted);
    double min = isnan(axis->min) ? scale.min : axis->min;
    double max = isnan(axis->max) ? scale.max : axis->max;
    if (isnan(axis->min) && isnan(axis->max))
        return scale;
    /* One end is given and the data lies wholly behind it. */
    if (min >= max && isnan(axis->max))
        max = min + fmax(fabs(min), 1);
    if (min >= max)
        min = max - fmax(fabs(max), 1);
    return scale_fix(min, max, wanted);
}

const char *widget_axis_title(const struct widget *widget, bool is_right, struct arena *arena)
{
    const struct widget_axis *axis = is_right ? &widget->right : &widget->left;
    const char *unit = NULL;
    for (size_t i = 0; i < widget->series_count; i++) {
        const struct widget_series *series = &widget->series[i];
        if (series->is_right != is_right || !series->unit || strcmp(series->unit, "None") == 0)
            continue;
        if (unit && strcmp(unit, series->unit) != 0) {
            unit = "Various units";
            break;
        }
        unit = series->unit;
    }
    if (axis->hides_units)
        unit = NULL;
    if (axis->label && unit)
        return arena_format(arena, "%s (%s)", axis->label, unit);
    return axis->label ? axis->label : unit;
}
