#include "statistics/statistics.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

/* GSL's inverse of the beta distribution aborts where its iteration does not converge; halving
 * always does. */
static double beta_quantile(double p, double a, double b)
{
    double low = 0;
    double high = 1;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (gsl_cdf_beta_P(middle, a, b) < p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

struct interval clopper_pearson(unsigned k, unsigned n, double confidence)
{
    double tail = (1 - confidence) / 2;
    struct interval interval = { 0, 1 };
    if (n == 0)
        return interval;
    if (k > 0)
        interval.low = beta_quantile(tail, k, n - k + 1.0);
    if (k < n)
        interval.high = beta_quantile(1 - tail, k + 1.0, n - k);
    return interval;
}

double binomial_two_sided(unsigned k, unsigned n, double p)
{
    double limit = gsl_ran_binomial_pdf(k, p, n) * (1 + 1e-7);
    double sum = 0;
    for (unsigned i = 0; i <= n; i++) {
        double probability = gsl_ran_binomial_pdf(i, p, n);
        if (probability <= limit)
            sum += probability;
    }
    return sum < 1 ? sum : 1;
}

double binomial_greater(unsigned k, unsigned n, double p)
{
    return k == 0 ? 1 : gsl_cdf_binomial_Q(k - 1, p, n);
}

double fisher_greater(unsigned bad, unsigned n, unsigned other_bad, unsigned other_n)
{
    unsigned all_bad = bad + other_bad;
    unsigned all_good = n + other_n - all_bad;
    return bad == 0 ? 1 : gsl_cdf_hypergeometric_Q(bad - 1, all_bad, all_good, n);
}

double mixture_log_bayes_factor(unsigned k, unsigned n, double p)
{
    double log_beta = gsl_sf_lnbeta(k + 1.0, n - k + 1.0);
    double log_null = (k ? k * log(p) : 0) + (n - k ? (n - k) * log1p(-p) : 0);
    return log_beta - log_null;
}
