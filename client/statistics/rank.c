#include "statistics/rank.h"

#include <math.h>
#include <stdlib.h>

#include "xalloc.h"

static double pairs(const struct sample *x, const struct sample *y)
{
    return (double)x->count * (double)y->count;
}

/* U, and what ties take from the variance, in one walk over both samples. */
static void walk(const struct sample *x, const struct sample *y, double shift,
                 struct mann_whitney *test)
{
    size_t i = 0;
    size_t j = 0;
    double below = 0; /* y passed so far */
    while (i < x->size || j < y->size) {
        double left = i < x->size ? x->values[i].value - shift : INFINITY;
        double right = j < y->size ? y->values[j].value : INFINITY;
        double in_x = left <= right ? (double)x->values[i++].count : 0;
        double in_y = right <= left ? (double)y->values[j++].count : 0;
        double tied = in_x + in_y;
        test->u += in_x * (below + in_y / 2);
        test->ties += tied * tied * tied - tied;
        below += in_y;
    }
}

struct mann_whitney mann_whitney_shifted(const struct sample *x, const struct sample *y,
                                         double shift)
{
    struct mann_whitney test = { .p_value = 1, .corrected_p = 1, .greater = 0.5 };
    walk(x, y, shift, &test);
    double all = (double)x->count + (double)y->count;
    double spread = sqrt(pairs(x, y) / 12 * (all + 1 - test.ties / (all * (all - 1))));
    double off = test.u - pairs(x, y) / 2;
    if (!(spread > 0))
        return test;
    test.z = off / spread;
    test.p_value = 2 * normal_greater(fabs(test.z));
    test.corrected_z = fabs(off) <= 0.5 ? 0 : (off - copysign(0.5, off)) / spread;
    test.corrected_p = 2 * normal_greater(fabs(test.corrected_z));
    test.greater = normal_greater((off - 0.5) / spread);
    return test;
}

struct mann_whitney mann_whitney(const struct sample *x, const struct sample *y)
{
    return mann_whitney_shifted(x, y, 0);
}

double cles(const struct sample *x, const struct sample *y)
{
    return mann_whitney(x, y).u / pairs(x, y);
}

/* Pairs with x - y <= limit; both walk up, as a greater x needs a greater y. */
static double pairs_up_to(const struct sample *x, const struct sample *y, double limit)
{
    double sum = 0;
    double passed = 0; /* y that are too small for this x */
    size_t j = 0;
    for (size_t i = 0; i < x->size; i++) {
        while (j < y->size && x->values[i].value - y->values[j].value > limit)
            passed += (double)y->values[j++].count;
        sum += (double)x->values[i].count * ((double)y->count - passed);
    }
    return sum;
}

/* The least difference above `limit`. */
static double next_difference(const struct sample *x, const struct sample *y, double limit)
{
    double least = INFINITY;
    size_t j = 0;
    for (size_t i = 0; i < x->size; i++) {
        while (j < y->size && x->values[i].value - y->values[j].value > limit)
            j++;
        if (j > 0)
            least = fmin(least, x->values[i].value - y->values[j - 1].value);
    }
    return least;
}

/* The difference x - y of that rank among all pairs, from 1. Halves the range until nothing but
 * one difference is left in it, or the range is as narrow as numbers get. */
static double difference_at(const struct sample *x, const struct sample *y, double rank)
{
    enum { STEPS = 100 };
    double low = x->values[0].value - y->values[y->size - 1].value;
    double high = x->values[x->size - 1].value - y->values[0].value;
    if (pairs_up_to(x, y, low) >= rank)
        return low;
    for (int i = 0; i < STEPS; i++) {
        double middle = low + (high - low) / 2;
        if (!(middle > low) || !(middle < high))
            break;
        if (pairs_up_to(x, y, middle) >= rank)
            high = middle;
        else
            low = middle;
    }
    return next_difference(x, y, low);
}

double hodges_lehmann(const struct sample *x, const struct sample *y)
{
    double all = pairs(x, y);
    if (!(all > 0))
        return NAN;
    double low = difference_at(x, y, floor((all + 1) / 2));
    double high = difference_at(x, y, floor(all / 2) + 1);
    return (low + high) / 2;
}

/* Ties within a sample stay when it is shifted; those between the samples do not. */
static double ties_within(const struct sample *sample)
{
    double sum = 0;
    for (size_t i = 0; i < sample->size; i++) {
        double tied = (double)sample->values[i].count;
        sum += tied * tied * tied - tied;
    }
    return sum;
}

struct interval shift_interval(const struct sample *x, const struct sample *y, double confidence)
{
    double all = pairs(x, y);
    double count = (double)x->count + (double)y->count;
    if (!(all > 0))
        return (struct interval){ -INFINITY, INFINITY };
    double ties = ties_within(x) + ties_within(y);
    double spread = sqrt(all / 12 * (count + 1 - ties / (count * (count - 1))));
    double z = -normal_quantile((1 - confidence) / 2);
    /* The first rank r at which U = mn - r is not above mn/2 + 1/2 + z spread. */
    double rank = ceil(all / 2 - 0.5 - z * spread);
    if (rank < 1)
        return (struct interval){ -INFINITY, INFINITY };
    return (struct interval){ difference_at(x, y, rank), difference_at(x, y, all + 1 - rank) };
}
