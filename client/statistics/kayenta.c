#include "statistics/kayenta.h"

#include <math.h>
#include <string.h>

#include "statistics/rank.h"
#include "xalloc.h"

const double KAYENTA_CONFIDENCE = 0.98;
static const double TOLERANCE = 0.25;
static const double FENCE = 3;

size_t remove_outliers(double *values, size_t count)
{
    CLEANUP(sample_clear) struct sample sample = sample_from(values, count);
    size_t kept = 0;
    if (count == 0)
        return 0;
    double first = sample_quantile(&sample, 0.25);
    double third = sample_quantile(&sample, 0.75);
    double low = fmin(first - FENCE * (third - first), sample_quantile(&sample, 0.01));
    double high = fmax(third + FENCE * (third - first), sample_quantile(&sample, 0.99));
    for (size_t i = 0; i < count; i++) {
        if (values[i] >= low && values[i] <= high)
            values[kept++] = values[i];
    }
    return kept;
}

static struct sample make_sample(const double *values, size_t count,
                                 const struct kayenta_rules *rules)
{
    CLEANUP(freep) double *kept = xmalloc((count + 1) * sizeof(*kept));
    if (count > 0)
        memcpy(kept, values, count * sizeof(*kept));
    if (rules->removes_outliers)
        count = remove_outliers(kept, count);
    return sample_from(kept, count);
}

static bool is_same(const struct sample *x, const struct sample *y)
{
    if (x->size != y->size)
        return false;
    bool is_one_value = x->size == 1; /* however often */
    for (size_t i = 0; i < x->size; i++) {
        if (x->values[i].value < y->values[i].value || x->values[i].value > y->values[i].value)
            return false;
        if (!is_one_value && x->values[i].count != y->values[i].count)
            return false;
    }
    return true;
}

static double effect_of(const struct sample *x, const struct sample *y, int measure)
{
    if (measure == MEASURE_CLES)
        return cles(x, y);
    double base = sample_mean(y);
    double mean = sample_mean(x);
    if (!(fabs(base) > 0)) /* no ratio to nothing: any change is as great as can be */
        return mean > 0 ? INFINITY : mean < 0 ? -INFINITY : 1;
    return mean / base;
}

static double or_neutral(double allowed, int measure)
{
    return allowed > 0 ? allowed : measure == MEASURE_CLES ? 0.5 : 1;
}

static enum kayenta_class class_of(const struct kayenta *found, const struct kayenta_rules *rules)
{
    double margin = TOLERANCE * fabs(found->estimate);
    if (found->shift.low > margin && rules->direction != DIRECTION_DECREASE &&
        found->effect >= or_neutral(rules->allowed_increase, rules->measure))
        return KAYENTA_HIGH;
    if (found->shift.high < -margin && rules->direction != DIRECTION_INCREASE &&
        found->effect <= or_neutral(rules->allowed_decrease, rules->measure))
        return KAYENTA_LOW;
    return KAYENTA_PASS;
}

struct kayenta kayenta_classify(const double *canary, size_t m, const double *baseline, size_t n,
                                const struct kayenta_rules *rules)
{
    CLEANUP(sample_clear) struct sample x = make_sample(canary, m, rules);
    CLEANUP(sample_clear) struct sample y = make_sample(baseline, n, rules);
    struct kayenta found = { .class = KAYENTA_NO_DATA, .effect = 1 };
    if (x.count == 0 || y.count == 0)
        return found;
    found.effect = effect_of(&x, &y, rules->measure);
    found.class = KAYENTA_PASS;
    if (is_same(&x, &y))
        return found;
    found.shift = shift_interval(&x, &y, rules->confidence);
    found.estimate = hodges_lehmann(&x, &y);
    if (isfinite(found.shift.low)) /* else nothing could be found, whatever the values are */
        found.class = class_of(&found, rules);
    else
        found.class = KAYENTA_NO_DATA;
    return found;
}
