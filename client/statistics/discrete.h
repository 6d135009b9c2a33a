/*
 * Discrete laws with one peak: the binomial and the hypergeometric. Probabilities come from
 * Loader's formula, tails from adding terms with their ratio, starting at the tail's greatest: all
 * terms are positive, so far tails are as exact as near ones, and everything is kept as a
 * logarithm, so nothing underflows. Time grows with the law's spread, not with the counts.
 */
#ifndef CANARY_DISCRETE_H
#define CANARY_DISCRETE_H

#include <stdbool.h>
#include <stdint.h>

struct discrete {
    int64_t least; /* values that are possible */
    int64_t most;
    int64_t peak;
    double (*log_probability)(const struct discrete *law, int64_t k);
    double (*ratio)(const struct discrete *law, int64_t k); /* P(k + 1) / P(k) */
    double parameters[3];
};

/* So many trials of probability p. */
struct discrete binomial_law(uint64_t trials, double p);

/* How many of `marked` marked things are among `drawn` that are taken from `all`. */
struct discrete hypergeometric_law(uint64_t marked, uint64_t drawn, uint64_t all);

/* Logarithms of P(X = k), P(X <= k), P(X >= k), and of the probability of all values that are at
 * most as likely as k (with a relative tolerance of 1e-7, so that rounding breaks no ties). */
double discrete_log_probability(const struct discrete *law, int64_t k);
double discrete_log_less(const struct discrete *law, int64_t k);
double discrete_log_greater(const struct discrete *law, int64_t k);
double discrete_log_two_sided(const struct discrete *law, int64_t k);

#endif
