#include "statistics/binomial.h"

#include <math.h>
#include <stdbool.h>

#include "statistics/discrete.h"

double binomial_less(uint64_t k, uint64_t n, double p)
{
    struct discrete law = binomial_law(n, p);
    return exp(discrete_log_less(&law, (int64_t)k));
}

double binomial_greater(uint64_t k, uint64_t n, double p)
{
    struct discrete law = binomial_law(n, p);
    return exp(discrete_log_greater(&law, (int64_t)k));
}

double binomial_two_sided(uint64_t k, uint64_t n, double p)
{
    struct discrete law = binomial_law(n, p);
    return exp(discrete_log_two_sided(&law, (int64_t)k));
}

/* An end of Clopper and Pearson's interval: the p at which k is in the tail with that
 * probability. By Newton's steps in ln p, kept within what is known to hold it: GSL's inverse of
 * the beta law gives up on some arguments. */
struct end {
    uint64_t k;
    uint64_t n;
    bool is_upper; /* P(X <= k) is the tail, else P(X >= k) */
    double log_tail;
};

/* How far ln P is above ln tail at p, and its slope in ln p. */
static double excess(const struct end *end, double p, double *slope_out)
{
    struct discrete law = binomial_law(end->n, p);
    int64_t k = (int64_t)end->k;
    double log_tail = end->is_upper ? discrete_log_less(&law, k) : discrete_log_greater(&law, k);
    double weight = exp(discrete_log_probability(&law, k) - log_tail);
    *slope_out =
        end->is_upper ? -p / (1 - p) * (double)(end->n - end->k) * weight : (double)end->k * weight;
    return log_tail - end->log_tail;
}

static double find_end(const struct end *end, double guess)
{
    enum { STEPS = 200 };
    static const double PRECISION = 1e-15;
    double low = 0;
    double high = 1;
    double p = guess;
    for (int i = 0; i < STEPS; i++) {
        double slope;
        double off = excess(end, p, &slope);
        bool is_too_far = end->is_upper ? off < 0 : off > 0;
        low = is_too_far ? low : p;
        high = is_too_far ? p : high;
        double next = p * exp(-off / slope);
        if (!(next > low) || !(next < high))
            next = (low + high) / 2;
        if (fabs(next - p) <= PRECISION * p)
            return next;
        p = next;
    }
    return p;
}

double share_of(uint64_t k, uint64_t n)
{
    return n ? (double)k / (double)n : 0;
}

struct interval clopper_pearson(uint64_t k, uint64_t n, double confidence)
{
    static const double EDGE = 1e-12;
    double log_tail = log((1 - confidence) / 2);
    struct interval interval = { 0, 1 };
    if (n == 0)
        return interval;
    struct interval guess = wilson(k, n, confidence);
    const struct end lower = { k, n, false, log_tail };
    const struct end upper = { k, n, true, log_tail };
    if (k > 0)
        interval.low = find_end(&lower, fmax(guess.low, EDGE));
    if (k < n)
        interval.high = find_end(&upper, fmin(guess.high, 1 - EDGE));
    return interval;
}

struct interval wilson(uint64_t k, uint64_t n, double confidence)
{
    double z = -normal_quantile((1 - confidence) / 2);
    double hits = (double)k;
    double all = (double)n;
    if (n == 0)
        return (struct interval){ 0, 1 };
    double centre = hits + z * z / 2;
    double half = z * sqrt(hits * (all - hits) / all + z * z / 4);
    /* The ends are exact where nothing or everything was hit. */
    return (struct interval){ k == 0 ? 0 : (centre - half) / (all + z * z),
                              k == n ? 1 : (centre + half) / (all + z * z) };
}

double size_with_continuity(double root, double step)
{
    double sum = root + sqrt(root * root + 2 * step);
    return sum * sum / 4;
}

double share_sample_size(double p0, double p1, double alpha, double power, enum sides sides)
{
    double z = -normal_quantile(alpha / sides);
    double z_power = normal_quantile(power);
    double distance = fabs(p1 - p0);
    double root = (z * sqrt(p0 * (1 - p0)) + z_power * sqrt(p1 * (1 - p1))) / distance;
    return size_with_continuity(root, 1 / distance);
}

/* The greatest k with P(X <= k) at most `tail`; -1: none. */
static int64_t lower_end(const struct discrete *law, double log_tail)
{
    int64_t low = -1;
    int64_t high = law->most;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (discrete_log_less(law, middle) <= log_tail)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static int64_t upper_end(const struct discrete *law, double log_tail)
{
    int64_t low = 0;
    int64_t high = law->most + 1;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (discrete_log_greater(law, middle) <= log_tail)
            high = middle;
        else
            low = middle;
    }
    return high;
}

struct share_region share_exact_region(uint64_t n, double p0, double alpha)
{
    struct discrete law = binomial_law(n, p0);
    double log_tail = log(alpha / 2);
    return (struct share_region){ lower_end(&law, log_tail), upper_end(&law, log_tail) };
}

uint64_t zero_failure_size(double p, double alpha)
{
    double size = ceil(log(alpha) / log1p(-p));
    return size < 0x1p64 ? (uint64_t)size : UINT64_MAX;
}
