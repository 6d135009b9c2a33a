#include "statistics/two_rates.h"

#include <math.h>

#include "statistics/discrete.h"

static struct discrete fisher_law(uint64_t k1, uint64_t n1, uint64_t k2, uint64_t n2)
{
    return hypergeometric_law(k1 + k2, n1, n1 + n2);
}

double fisher_greater(uint64_t k1, uint64_t n1, uint64_t k2, uint64_t n2)
{
    struct discrete law = fisher_law(k1, n1, k2, n2);
    return exp(discrete_log_greater(&law, (int64_t)k1));
}

struct interval newcombe(const struct two_rates *seen, double confidence)
{
    if (seen->n1 == 0 || seen->n2 == 0)
        return (struct interval){ -1, 1 };
    struct interval first = wilson(seen->k1, seen->n1, confidence);
    struct interval second = wilson(seen->k2, seen->n2, confidence);
    double p1 = (double)seen->k1 / (double)seen->n1;
    double p2 = (double)seen->k2 / (double)seen->n2;
    return (struct interval){ p1 - p2 - hypot(p1 - first.low, second.high - p2),
                              p1 - p2 + hypot(first.high - p1, p2 - second.low) };
}

/* P(X > Y) for X beta (a, b) and Y beta (c, d), all whole: the sum over i < a of
 * B(c + i, b + d) / ((b + i) B(1 + i, b) B(c, d)), each term from the one before. */
static double beta_exceeds(double a, double b, double c, double d)
{
    double log_term = log_beta(c, b + d) - log_beta(c, d);
    double log_sum = log_term;
    for (double i = 0; i + 1 < a; i++) {
        log_term += log((c + i) / (c + i + b + d) * ((b + i) / (1 + i)));
        log_sum = log_add(log_sum, log_term);
    }
    return exp(log_sum < 0 ? log_sum : 0);
}

struct posterior beta_posterior(const struct two_rates *seen)
{
    double a = (double)seen->k1 + 1;
    double b = (double)(seen->n1 - seen->k1) + 1;
    double c = (double)seen->k2 + 1;
    double d = (double)(seen->n2 - seen->k2) + 1;
    return (struct posterior){ beta_exceeds(a, b, c, d), beta_exceeds(c, d, a, b) };
}

static double pooled_spread(double p1, double p2, double ratio)
{
    double pooled = (p1 + ratio * p2) / (1 + ratio);
    return sqrt((1 + 1 / ratio) * pooled * (1 - pooled));
}

static double own_spread(double p1, double p2, double ratio)
{
    return sqrt(p1 * (1 - p1) + p2 * (1 - p2) / ratio);
}

/* Requests to the first group over which a difference of the rates shows as one count. */
static double whole_step(double p1, double p2, double ratio)
{
    return (1 + 1 / ratio) / fabs(p1 - p2);
}

double two_rates_sample_size(double p1, double p2, double ratio, double alpha, double power,
                             enum sides sides)
{
    double root = (-normal_quantile(alpha / sides) * pooled_spread(p1, p2, ratio) +
                   normal_quantile(power) * own_spread(p1, p2, ratio)) /
                  fabs(p1 - p2);
    return size_with_continuity(root, whole_step(p1, p2, ratio));
}

double two_rates_power(double p1, double p2, double n1, double n2, double alpha, enum sides sides)
{
    double ratio = n2 / n1;
    double spread = own_spread(p1, p2, ratio);
    if (n1 <= 0 || n2 <= 0)
        return 0;
    double reach = fabs(p1 - p2) * sqrt(n1) - (1 + 1 / ratio) / (2 * sqrt(n1)) +
                   normal_quantile(alpha / sides) * pooled_spread(p1, p2, ratio);
    if (!(spread > 0))
        return reach > 0 ? 1 : 0;
    return normal_greater(-reach / spread);
}

double two_rates_detectable(double p2, double n1, double n2, double alpha, double power,
                            enum sides sides)
{
    enum { STEPS = 60 };
    double low = p2;
    double high = 1;
    if (two_rates_power(1, p2, n1, n2, alpha, sides) < power)
        return NAN;
    for (int i = 0; i < STEPS; i++) {
        double middle = (low + high) / 2;
        if (two_rates_power(middle, p2, n1, n2, alpha, sides) >= power)
            high = middle;
        else
            low = middle;
    }
    return high;
}
