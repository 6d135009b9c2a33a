#include "statistics/sequential.h"

#include <math.h>

#include "statistics/discrete.h"

const struct beta_prior UNIFORM = { 1, 1 };

struct interval sprt_bounds(const struct sprt *test)
{
    return (struct interval){ log(test->beta) - log1p(-test->alpha),
                              log1p(-test->beta) - log(test->alpha) };
}

static double hit(const struct sprt *test)
{
    return log(test->p1 / test->p0);
}

static double miss(const struct sprt *test)
{
    return log1p(-test->p1) - log1p(-test->p0);
}

double sprt_log_ratio(const struct sprt *test, uint64_t k, uint64_t n)
{
    return (k ? (double)k * hit(test) : 0) + (n > k ? (double)(n - k) * miss(test) : 0);
}

/* (P(bad) upper + P(good) lower) / E(increment), if the rate is p. */
static double expected(const struct sprt *test, double p, double chance_bad)
{
    struct interval bounds = sprt_bounds(test);
    return (chance_bad * bounds.high + (1 - chance_bad) * bounds.low) /
           (p * hit(test) + (1 - p) * miss(test));
}

double sprt_expected_good(const struct sprt *test)
{
    return expected(test, test->p0, test->alpha);
}

double sprt_expected_bad(const struct sprt *test)
{
    return expected(test, test->p1, 1 - test->beta);
}

struct beta_prior prior_about(double share, double strength)
{
    return (struct beta_prior){ share * strength, (1 - share) * strength };
}

static double log_likelihood(uint64_t k, uint64_t n, double p)
{
    return (k ? (double)k * log(p) : 0) + (n > k ? (double)(n - k) * log1p(-p) : 0);
}

static double log_marginal(uint64_t k, uint64_t n, struct beta_prior prior)
{
    return log_beta(prior.a + (double)k, prior.b + (double)(n - k)) - log_beta(prior.a, prior.b);
}

double mixture_log_factor(uint64_t k, uint64_t n, double p, struct beta_prior prior)
{
    return log_marginal(k, n, prior) - log_likelihood(k, n, p);
}

static bool is_whole(double value)
{
    return value >= 1 && floor(value) >= value;
}

/* ln P(X > p) for X beta (a, b): of whole parameters, a binomial tail, exact however small. */
static double log_beta_greater(double p, double a, double b)
{
    if (!is_whole(a) || !is_whole(b))
        return log(beta_greater(p, a, b));
    struct discrete law = binomial_law((uint64_t)(a + b) - 1, p);
    return discrete_log_less(&law, (int64_t)a - 1);
}

double mixture_log_greater(uint64_t k, uint64_t n, double p, struct beta_prior prior)
{
    return mixture_log_factor(k, n, p, prior) +
           log_beta_greater(p, prior.a + (double)k, prior.b + (double)(n - k)) -
           log_beta_greater(p, prior.a, prior.b);
}

double mixture_log_less(uint64_t k, uint64_t n, double p, struct beta_prior prior)
{
    struct beta_prior mirrored = { prior.b, prior.a };
    return mixture_log_greater(n - k, n, 1 - p, mirrored);
}

/* Where the factor is 1/alpha, between a share at which it is less and one at which it is more; if
 * they are the same (nothing or everything was hit), there. */
static double crossing(uint64_t k, uint64_t n, double log_limit, double inside, double outside)
{
    enum { STEPS = 200 };
    for (int i = 0; i < STEPS && fabs(outside - inside) > 1e-16 * inside; i++) {
        double middle = (inside + outside) / 2;
        if (-log_likelihood(k, n, middle) < log_limit)
            inside = middle;
        else
            outside = middle;
    }
    return (inside + outside) / 2;
}

struct interval mixture_interval(uint64_t k, uint64_t n, struct beta_prior prior, double alpha)
{
    double log_limit = -log(alpha) - log_marginal(k, n, prior);
    double seen = n ? (double)k / (double)n : 0.5;
    if (n == 0)
        return (struct interval){ 0, 1 };
    return (struct interval){ crossing(k, n, log_limit, seen, 0),
                              crossing(k, n, log_limit, seen, 1) };
}

static bool is_inside(int64_t k, uint64_t n, double p, struct beta_prior prior, double alpha)
{
    return mixture_log_factor((uint64_t)k, n, p, prior) < -log(alpha);
}

struct counts mixture_counts(uint64_t n, double p, struct beta_prior prior, double alpha)
{
    int64_t expected_count = (int64_t)floor((double)n * p + 0.5);
    int64_t outside = -1;
    struct counts counts = { expected_count, expected_count };
    while (counts.low - outside > 1) {
        int64_t middle = outside + (counts.low - outside) / 2;
        if (is_inside(middle, n, p, prior, alpha))
            counts.low = middle;
        else
            outside = middle;
    }
    outside = (int64_t)n + 1;
    while (outside - counts.high > 1) {
        int64_t middle = counts.high + (outside - counts.high) / 2;
        if (is_inside(middle, n, p, prior, alpha))
            counts.high = middle;
        else
            outside = middle;
    }
    return counts;
}

double anytime_p_value(double log_factor)
{
    return log_factor > 0 ? exp(-log_factor) : 1;
}
