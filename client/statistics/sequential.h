/*
 * Tests that may be looked at after every request.
 */
#ifndef CANARY_SEQUENTIAL_H
#define CANARY_SEQUENTIAL_H

#include <stdint.h>

#include "statistics/special.h"

/*
 * Wald's sequential probability ratio test (1945) of a rate: good is p0, bad is p1 > p0. The log
 * likelihood ratio is k ln(p1/p0) + (n-k) ln(q1/q0); at or above `upper` the rate is bad, at or
 * below `lower` it is good. With these bounds a good one is called bad with probability
 * alpha / (1 - beta) at most, a bad one good with beta / (1 - alpha), and the sum of both chances
 * is alpha + beta at most: nearly alpha and beta.
 */
struct sprt {
    double p0;
    double p1;
    double alpha;
    double beta;
};
struct interval sprt_bounds(const struct sprt *test); /* ln(beta/(1-alpha)), ln((1-beta)/alpha) */
double sprt_log_ratio(const struct sprt *test, uint64_t k, uint64_t n);
/* Requests until the decision, on average, if the rate is p0 or p1 (Wald's approximation, which
 * leaves out that the bounds are overshot). */
double sprt_expected_good(const struct sprt *test);
double sprt_expected_bad(const struct sprt *test);

/*
 * The mixture test of a share (Robbins 1970; Johari et al. 2015; Lindon and Malek 2022): the Bayes
 * factor of "the share is drawn from the prior" against "the share is p". If the share is p it
 * ever exceeds 1/a with probability at most a (Ville 1939), however often it is looked at.
 */
struct beta_prior {
    double a;
    double b;
};
extern const struct beta_prior UNIFORM;

/* The mean is `share`, and it weighs as much as `strength` observations. */
struct beta_prior prior_about(double share, double strength);

/* ln of B(a+k, b+n-k) / B(a, b) / (p^k q^(n-k)). */
double mixture_log_factor(uint64_t k, uint64_t n, double p, struct beta_prior prior);

/* One-sided: the prior is cut off at p and what is above (or below) it counts alone. A likelihood
 * ratio of a greater share against p only shrinks, on average, under every share below p: the
 * bound holds for all of "the share is at most (at least) p". */
double mixture_log_greater(uint64_t k, uint64_t n, double p, struct beta_prior prior);
double mixture_log_less(uint64_t k, uint64_t n, double p, struct beta_prior prior);

/* All shares whose factor is below 1/alpha: covers the share at every time with probability
 * 1 - alpha at least (a confidence sequence). */
struct interval mixture_interval(uint64_t k, uint64_t n, struct beta_prior prior, double alpha);

/* The counts k in n at which the factor is below 1/alpha. */
struct counts {
    int64_t low;
    int64_t high;
};
struct counts mixture_counts(uint64_t n, double p, struct beta_prior prior, double alpha);

/* min(1, 1/factor): the always-valid p-value, from the greatest factor so far. */
double anytime_p_value(double log_factor);

#endif
