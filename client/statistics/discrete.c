#include "statistics/discrete.h"

#include <math.h>

#include "statistics/special.h"

static const double NEGLIGIBLE = 1e-18;
static const double TIE = 1e-7;

enum { TRIALS, CHANCE }; /* parameters of the binomial law */
enum { MARKED, DRAWN, ALL };

/* ln of the probability of k in n under p (Loader 2000). */
static double log_binomial(double k, double n, double p)
{
    if (p <= 0 || p >= 1)
        return (p <= 0 ? k : n - k) > 0 ? -INFINITY : 0;
    if (k <= 0)
        return n * log1p(-p);
    if (k >= n)
        return n * log(p);
    return stirling_rest(n) - stirling_rest(k) - stirling_rest(n - k) - deviance(k, n * p) -
           deviance(n - k, n * (1 - p)) - 0.5 * log(2 * M_PI * k * ((n - k) / n));
}

static double binomial_log_probability(const struct discrete *law, int64_t k)
{
    return log_binomial((double)k, law->parameters[TRIALS], law->parameters[CHANCE]);
}

static double binomial_ratio(const struct discrete *law, int64_t k)
{
    double p = law->parameters[CHANCE];
    return (law->parameters[TRIALS] - (double)k) / ((double)k + 1) * (p / (1 - p));
}

static int64_t clamp(double value, int64_t least, int64_t most)
{
    int64_t whole = (int64_t)floor(value);
    return whole < least ? least : whole > most ? most : whole;
}

struct discrete binomial_law(uint64_t trials, double p)
{
    double n = (double)trials;
    bool is_certain = p <= 0 || p >= 1;
    int64_t all = p >= 1 ? (int64_t)trials : 0;
    return (struct discrete){ .least = is_certain ? all : 0,
                              .most = is_certain ? all : (int64_t)trials,
                              .peak = is_certain ? all : clamp((n + 1) * p, 0, (int64_t)trials),
                              .log_probability = binomial_log_probability,
                              .ratio = binomial_ratio,
                              .parameters = { [TRIALS] = n, [CHANCE] = p } };
}

/* Three binomial probabilities under the same p, which cancels; p makes them great. */
static double hypergeometric_log_probability(const struct discrete *law, int64_t k)
{
    double marked = law->parameters[MARKED];
    double drawn = law->parameters[DRAWN];
    double all = law->parameters[ALL];
    double p = drawn / all;
    return log_binomial((double)k, marked, p) + log_binomial(drawn - (double)k, all - marked, p) -
           log_binomial(drawn, all, p);
}

static double hypergeometric_ratio(const struct discrete *law, int64_t k)
{
    double i = (double)k;
    double marked = law->parameters[MARKED];
    double drawn = law->parameters[DRAWN];
    double rest = law->parameters[ALL] - marked - drawn;
    return (marked - i) / (i + 1) * ((drawn - i) / (rest + i + 1));
}

struct discrete hypergeometric_law(uint64_t marked, uint64_t drawn, uint64_t all)
{
    double m = (double)marked;
    double d = (double)drawn;
    double n = (double)all;
    int64_t least = marked + drawn > all ? (int64_t)(marked + drawn - all) : 0;
    int64_t most = (int64_t)(marked < drawn ? marked : drawn);
    return (struct discrete){ .least = least,
                              .most = most,
                              .peak = clamp((m + 1) * ((d + 1) / (n + 2)), least, most),
                              .log_probability = hypergeometric_log_probability,
                              .ratio = hypergeometric_ratio,
                              .parameters = { [MARKED] = m, [DRAWN] = d, [ALL] = n } };
}

double discrete_log_probability(const struct discrete *law, int64_t k)
{
    return k < law->least || k > law->most ? -INFINITY : law->log_probability(law, k);
}

/* ln P(X <= k) for k below the peak: terms fall from k downwards. */
static double log_lower_tail(const struct discrete *law, int64_t k)
{
    double sum = 1;
    double term = 1;
    for (int64_t i = k; i > law->least && term > NEGLIGIBLE * sum; i--) {
        term /= law->ratio(law, i - 1);
        sum += term;
    }
    return law->log_probability(law, k) + log(sum);
}

/* ln P(X >= k) for k above the peak. */
static double log_upper_tail(const struct discrete *law, int64_t k)
{
    double sum = 1;
    double term = 1;
    for (int64_t i = k; i < law->most && term > NEGLIGIBLE * sum; i++) {
        term *= law->ratio(law, i);
        sum += term;
    }
    return law->log_probability(law, k) + log(sum);
}

double discrete_log_less(const struct discrete *law, int64_t k)
{
    if (k < law->least)
        return -INFINITY;
    if (k >= law->most)
        return 0;
    return k < law->peak ? log_lower_tail(law, k) : log_complement(log_upper_tail(law, k + 1));
}

double discrete_log_greater(const struct discrete *law, int64_t k)
{
    if (k > law->most)
        return -INFINITY;
    if (k <= law->least)
        return 0;
    return k > law->peak ? log_upper_tail(law, k) : log_complement(log_lower_tail(law, k - 1));
}

/* The first value above the peak that is no likelier than `limit`; most + 1 if none is. */
static int64_t first_above(const struct discrete *law, double limit)
{
    int64_t low = law->peak;
    int64_t high = law->most + 1;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (law->log_probability(law, middle) <= limit)
            high = middle;
        else
            low = middle;
    }
    return high;
}

static int64_t last_below(const struct discrete *law, double limit)
{
    int64_t low = law->least - 1;
    int64_t high = law->peak;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (law->log_probability(law, middle) <= limit)
            low = middle;
        else
            high = middle;
    }
    return low;
}

double discrete_log_two_sided(const struct discrete *law, int64_t k)
{
    if (k < law->least || k > law->most)
        return -INFINITY;
    double limit = law->log_probability(law, k) + log1p(TIE);
    if (law->log_probability(law, law->peak) <= limit)
        return 0;
    double sum = log_add(discrete_log_less(law, last_below(law, limit)),
                         discrete_log_greater(law, first_above(law, limit)));
    return sum < 0 ? sum : 0;
}
