/*
 * The statistics that a canary is judged by. Distributions are GSL's; formulas as in
 * canary-tools.md section 10.
 */
#ifndef CANARY_STATISTICS_H
#define CANARY_STATISTICS_H

struct interval {
    double low;
    double high;
};

/* Clopper and Pearson's exact interval for a share, from k successes in n. */
struct interval clopper_pearson(unsigned k, unsigned n, double confidence);

/* Exact two-sided binomial test: the probability, under share p, of every outcome that is at
 * most as likely as k (with a relative tolerance of 1e-7 for ties). */
double binomial_two_sided(unsigned k, unsigned n, double p);

/* P(X >= k) for X binomial (n, p): is the share above p? */
double binomial_greater(unsigned k, unsigned n, double p);

/* Fisher's exact test, one-sided: P of at least `bad` failures among `n` when `other_bad` of
 * `other_n` fail elsewhere and both shares are the same. */
double fisher_greater(unsigned bad, unsigned n, unsigned other_bad, unsigned other_n);

/* The natural logarithm of the Bayes factor of "the share is anything" (uniform prior) against
 * "the share is p". By Ville's inequality it exceeds 1/a ever, if the share is p, with
 * probability at most a: so it may be looked at after every request. */
double mixture_log_bayes_factor(unsigned k, unsigned n, double p);

#endif
