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

void adjust_holm_ratios(double *ratios, size_t count)
{
    CLEANUP(freep) struct ordered *list = order(ratios, count);
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        most = fmax(most, list[i].p_value * (double)(count - i));
        ratios[list[i].place] = most;
    }
}
