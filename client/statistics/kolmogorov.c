/*
 * Kolmogorov and Smirnov's test of two samples (rank.h).
 */
#include <math.h>

#include "statistics/rank.h"
#include "xalloc.h"

double kolmogorov_greater(double lambda)
{
    enum { TERMS = 100 };
    double sum = 0;
    double sign = 1;
    if (lambda < 0.3) /* so near 1 that the series' terms would only cancel */
        return 1 - sqrt(2 * M_PI) / lambda * exp(-M_PI * M_PI / (8 * lambda * lambda));
    for (int j = 1; j <= TERMS; j++) {
        double term = exp(-2.0 * j * j * lambda * lambda);
        sum += sign * term;
        if (term <= 1e-18 * sum)
            break;
        sign = -sign;
    }
    return 2 * sum < 1 ? 2 * sum : 1;
}

static double greatest_distance(const struct sample *x, const struct sample *y)
{
    size_t i = 0;
    size_t j = 0;
    double in_x = 0;
    double in_y = 0;
    double most = 0;
    while (i < x->size && j < y->size) {
        double left = x->values[i].value;
        double right = y->values[j].value;
        if (left <= right)
            in_x += (double)x->values[i++].count;
        if (right <= left)
            in_y += (double)y->values[j++].count;
        most = fmax(most, fabs(in_x / (double)x->count - in_y / (double)y->count));
    }
    return most;
}

struct kolmogorov_smirnov kolmogorov_smirnov(const struct sample *x, const struct sample *y)
{
    double m = (double)x->count;
    double n = (double)y->count;
    struct kolmogorov_smirnov test = { .p_value = 1 };
    if (m <= 0 || n <= 0)
        return test;
    test.d = greatest_distance(x, y);
    test.lambda = test.d * sqrt(m * n / (m + n));
    test.p_value = test.lambda > 0 ? kolmogorov_greater(test.lambda) : 1;
    return test;
}

/* A random walk from (0, 0) to (m, n): the probability that it ever is `limit` or more away from
 * the diagonal (in units of 1/mn). What leaves is added up, so that small ones are exact. */
static double chance_to_leave(size_t m, size_t n, double limit)
{
    CLEANUP(freep) double *inside = xcalloc(n + 1, sizeof(*inside));
    double left = 0;
    inside[0] = 1;
    for (size_t i = 0; i <= m; i++) {
        for (size_t j = 0; j <= n; j++) {
            /* Steps to (i, j): from (i-1, j), with what is left of x, and from (i, j-1). */
            double from_x = i ? inside[j] * (double)(m - i + 1) / (double)(m - i + 1 + n - j) : 0;
            double from_y =
                j ? inside[j - 1] * (double)(n - j + 1) / (double)(m - i + n - j + 1) : 0;
            double here = i + j ? from_x + from_y : 1;
            if (fabs((double)i * (double)n - (double)j * (double)m) >= limit) {
                left += here;
                here = 0;
            }
            inside[j] = here;
        }
    }
    return left < 1 ? left : 1;
}

bool kolmogorov_smirnov_exact(const struct sample *x, const struct sample *y, double *p_value_out)
{
    static const double STEPS_MAX = 1e8;
    double all = (double)x->count * (double)y->count;
    if (mann_whitney(x, y).ties > 0 || all > STEPS_MAX || !(all > 0))
        return false;
    *p_value_out =
        chance_to_leave(x->count, y->count, floor(greatest_distance(x, y) * all + 0.5) - 0.25);
    return true;
}
