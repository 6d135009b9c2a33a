/*
 * One share: k successes in n. Tests, intervals, and how many requests they need.
 */
#ifndef CANARY_BINOMIAL_H
#define CANARY_BINOMIAL_H

#include <stdint.h>

#include "statistics/special.h"

/* P(X <= k) and P(X >= k) for X binomial (n, p): is the share below, or above, p? */
double binomial_less(uint64_t k, uint64_t n, double p);
double binomial_greater(uint64_t k, uint64_t n, double p);

/* Exact two-sided binomial test: the probability, under share p, of every outcome that is at
 * most as likely as k (with a relative tolerance of 1e-7 for ties). */
double binomial_two_sided(uint64_t k, uint64_t n, double p);

/* k of n, and 0 of none. */
double share_of(uint64_t k, uint64_t n);

/* Clopper and Pearson's exact interval for a share (1934): quantiles of the beta law. 0 to 1 if n
 * is 0. */
struct interval clopper_pearson(uint64_t k, uint64_t n, double confidence);

/* Wilson's interval (1927): (k + z^2/2 -+ z sqrt(k (n-k)/n + z^2/4)) / (n + z^2). Nearer to its
 * confidence than the exact one, which is never below it. */
struct interval wilson(uint64_t k, uint64_t n, double confidence);

enum sides { ONE_SIDED = 1, TWO_SIDED = 2 };

/* The size n at which n - step/2 = root sqrt(n): what the normal formula (n = root^2) comes to once
 * it is corrected for counts being whole (Fleiss, Tytun and Ury 1980). Without that the exact tests
 * of few requests find 75 % where it says 90 %. `step` is the size over which the counts that are
 * expected come apart by one. */
double size_with_continuity(double root, double step);

/* Requests after which a share that is p1 is told from p0 with that power, not rounded: root is
 * (z sqrt(p0 q0) + z' sqrt(p1 q1)) / |p1 - p0|, step 1 / |p1 - p0|. */
double share_sample_size(double p0, double p1, double alpha, double power, enum sides sides);

/* Counts that the exact test with equal tails rejects. */
struct share_region {
    int64_t low;  /* rejected if k <= low; -1: never */
    int64_t high; /* rejected if k >= high */
};
struct share_region share_exact_region(uint64_t n, double p0, double alpha);

/* Requests without a failure after which the rate is below p with 1 - alpha confidence:
 * ln alpha / ln(1 - p), rounded up; UINT64_MAX if there are more. */
uint64_t zero_failure_size(double p, double alpha);

#endif
