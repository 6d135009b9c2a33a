#include "statistics/several.h"

#include <math.h>
#include <stdlib.h>

#include "xalloc.h"

struct ordered {
    double p_value;
    size_t place;
};

static int by_p_value(const void *left, const void *right)
{
    double a = ((const struct ordered *)left)->p_value;
    double b = ((const struct ordered *)right)->p_value;
    return (a > b) - (a < b);
}

/* By rising p-value; the caller owns the list. */
static struct ordered *order(const double *p_values, size_t count)
{
    struct ordered *list = xcalloc(count + 1, sizeof(*list));
    for (size_t i = 0; i < count; i++)
        list[i] = (struct ordered){ p_values[i], i };
    qsort(list, count, sizeof(*list), by_p_value);
    return list;
}

void adjust_bonferroni(double *p_values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        p_values[i] = fmin(1, p_values[i] * (double)count);
}

void adjust_holm_ratios(double *ratios, size_t count)
{
    CLEANUP(freep) struct ordered *list = order(ratios, count);
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        most = fmax(most, list[i].p_value * (double)(count - i));
        ratios[list[i].place] = most;
    }
}

void adjust_holm(double *p_values, size_t count)
{
    adjust_holm_ratios(p_values, count);
    for (size_t i = 0; i < count; i++)
        p_values[i] = fmin(1, p_values[i]);
}

void adjust_benjamini_hochberg(double *p_values, size_t count)
{
    CLEANUP(freep) struct ordered *list = order(p_values, count);
    double least = 1;
    for (size_t i = count; i > 0; i--) {
        least = fmin(least, list[i - 1].p_value * (double)count / (double)i);
        p_values[list[i - 1].place] = least;
    }
}
