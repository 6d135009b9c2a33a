#include "statistics/special.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

double normal_greater(double z)
{
    return gsl_cdf_ugaussian_Q(z);
}

double normal_quantile(double p)
{
    return gsl_cdf_ugaussian_Pinv(p);
}

double beta_greater(double x, double a, double b)
{
    return gsl_cdf_beta_Q(x, a, b);
}

double stirling_rest(double x)
{
    enum { SERIES_FROM = 10 };
    double square = 1 / (x * x);
    int sign; /* lgamma() has one for the whole process */
    if (x < SERIES_FROM)
        return lgamma_r(x + 1, &sign) - (x + 0.5) * log(x) + x - 0.5 * log(2 * M_PI);
    return (1 / 12.0 -
            square * (1 / 360.0 -
                      square * (1 / 1260.0 -
                                square * (1 / 1680.0 -
                                          square * (1 / 1188.0 - square * 691 / 360360.0))))) /
           x;
}

double deviance(double x, double m)
{
    double v = (x - m) / (x + m);
    if (x <= 0)
        return m;
    if (fabs(v) >= 0.1)
        return x * log(x / m) + m - x;
    /* x ln(x/m) = 2 x artanh(v), as a series. */
    double sum = (x - m) * v;
    double term = 2 * x * v;
    for (int j = 3;; j += 2) {
        term *= v * v;
        double next = sum + term / j;
        if (fabs(next - sum) <= 1e-18 * fabs(sum))
            return next;
        sum = next;
    }
}

/* a ln(a / (a + b)) */
static double log_power(double a, double b)
{
    return a > b ? -a * log1p(b / a) : a * log(a / (a + b));
}

double log_beta(double a, double b)
{
    enum { SERIES_FROM = 10 };
    double all = a + b;
    if (a < SERIES_FROM || b < SERIES_FROM)
        return gsl_sf_lnbeta(a, b);
    /* Gamma(x) is x!/x. */
    return log_power(a, b) + log_power(b, a) + 0.5 * log(2 * M_PI * (all / a) / b) +
           stirling_rest(a) + stirling_rest(b) - stirling_rest(all);
}

double log_add(double a, double b)
{
    double most = a > b ? a : b;
    double least = a > b ? b : a;
    return least <= -INFINITY ? most : most + log1p(exp(least - most));
}

double log_complement(double a)
{
    if (a >= 0)
        return -INFINITY;
    return a > -M_LN2 ? log(-expm1(a)) : log1p(-exp(a));
}
