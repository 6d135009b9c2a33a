/*
 * Two shares: k1 of n1 (the canary's) against k2 of n2 (the baseline's).
 */
#ifndef CANARY_TWO_RATES_H
#define CANARY_TWO_RATES_H

#include <stdint.h>

#include "statistics/binomial.h"

struct two_rates {
    uint64_t k1;
    uint64_t n1;
    uint64_t k2;
    uint64_t n2;
};

/* Fisher's exact test (1922): given how many failed in all, the first group's failures are
 * hypergeometric if the shares are the same. Probability of at least so many. */
double fisher_greater(uint64_t k1, uint64_t n1, uint64_t k2, uint64_t n2);

/* Newcombe's interval of p1 - p2 (1998, method 10): from the Wilson limits of both. */
struct interval newcombe(const struct two_rates *seen, double confidence);

/* With uniform priors and these counts, how probable is it that the first rate is the higher,
 * and the lower, one? Both are sums of positive terms, so that tiny ones are exact. */
struct posterior {
    double is_higher;
    double is_lower;
};
struct posterior beta_posterior(const struct two_rates *seen);

/* Requests to the canary (not rounded) after which Fisher's test tells rates p1 and p2 apart, the
 * baseline getting `ratio` times as many: binomial.h's formula, in which root is
 * (z sqrt((1 + 1/r) P Q) + z' sqrt(p1 q1 + p2 q2 / r)) / |p1 - p2|, P = (p1 + r p2) / (1 + r), and
 * step (1 + 1/r) / |p1 - p2|. */
double two_rates_sample_size(double p1, double p2, double ratio, double alpha, double power,
                             enum sides sides);
/* The same formula the other way round: the power that n1 and n2 requests give, and the least p1
 * above p2 that they tell from it with that power (NAN if none is). */
double two_rates_power(double p1, double p2, double n1, double n2, double alpha, enum sides sides);
double two_rates_detectable(double p2, double n1, double n2, double alpha, double power,
                            enum sides sides);

#endif
