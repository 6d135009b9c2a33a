/*
 * Operators on values (cloudwatch-api.md section 2.6).
 */
#include <math.h>

#include "cloudwatch/math_calls.h"

static double truth(double value)
{
    return value != 0;
}

static double apply(enum math_operator operator, double a, double b)
{
    if (isnan(a) || isnan(b))
        return NAN;
    switch (operator) {
    case MATH_OR:
        return truth(a) || truth(b);
    case MATH_AND:
        return truth(a) && truth(b);
    case MATH_EQUAL:
        return a == b;
    case MATH_UNEQUAL:
        return a != b;
    case MATH_AT_MOST:
        return a <= b;
    case MATH_AT_LEAST:
        return a >= b;
    case MATH_BELOW:
        return a < b;
    case MATH_ABOVE:
        return a > b;
    case MATH_ADD:
        return a + b;
    case MATH_SUBTRACT:
        return a - b;
    case MATH_MULTIPLY:
        return a * b;
    case MATH_DIVIDE:
        return b == 0 ? NAN : a / b;
    default:
        return pow(a, b);
    }
}

struct applied_operator {
    enum math_operator operator;
    const struct math_value *other; /* a scalar or one series */
    bool is_turned;                 /* the other one is the left operand */
};

static double operate(const struct applied_operator *applied, double own, double other)
{
    return applied->is_turned ? apply(applied->operator, other, own)
                              : apply(applied->operator, own, other);
}

/* Two series: a point wherever one of them has one; the other's counts as 0. */
static struct math_series *operate_series(struct math_context *context,
                                          const struct math_series *own,
                                          const struct applied_operator *applied)
{
    const struct math_series *other = applied->other->list[0];
    struct math_series *into = math_series_make(
        context, math_common_period(own->period_s, other->period_s), own->count + other->count);
    size_t a = 0;
    size_t b = 0;
    while (a < own->count || b < other->count) {
        bool has_own =
            b == other->count || (a < own->count && own->times_s[a] <= other->times_s[b]);
        int64_t time_s = has_own ? own->times_s[a] : other->times_s[b];
        bool has_other = b < other->count && other->times_s[b] == time_s;
        double value =
            operate(applied, has_own ? own->values[a] : 0, has_other ? other->values[b] : 0);
        math_series_add(into, time_s, value);
        a += has_own;
        b += has_other;
    }
    return into;
}

static struct math_series *operate_one(struct math_context *context, const struct math_series *own,
                                       const void *detail)
{
    const struct applied_operator *applied = detail;
    if (applied->other->type != MATH_SCALAR)
        return operate_series(context, own, applied);
    struct math_series *into = math_series_make(context, own->period_s, own->count);
    for (size_t i = 0; i < own->count; i++)
        math_series_add(into, own->times_s[i],
                        operate(applied, own->values[i], applied->other->scalar));
    return into;
}

struct math_value math_operate(struct math_context *context, enum math_operator operator,
                               const struct math_value * left, const struct math_value *right)
{
    if (left->type == MATH_SCALAR && right->type == MATH_SCALAR)
        return math_scalar_value(apply(operator, left->scalar, right->scalar));
    /* The array, or else the series, is gone through; the other one is the same for all. */
    bool is_turned = left->type < right->type;
    const struct applied_operator applied = { operator, is_turned ? left : right, is_turned };
    return math_for_each(context, is_turned ? right : left, operate_one, &applied);
}
