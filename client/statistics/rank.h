/*
 * Tests of two samples that use only the order of their values: x is the canary's, y the
 * baseline's.
 */
#ifndef CANARY_RANK_H
#define CANARY_RANK_H

#include <stdbool.h>

#include "random.h"
#include "statistics/sample.h"

/*
 * Mann and Whitney (1947): U counts the pairs in which x is greater, ties as halves. The normal
 * law has variance mn/12 (N + 1 - ties/(N(N-1))), ties being the sum of t^3 - t over tied groups.
 */
struct mann_whitney {
    double u;
    double ties;
    double z;
    double p_value; /* two-sided, without continuity correction */
    double corrected_z;
    double corrected_p; /* two-sided, |U - mn/2| less 1/2 */
    double greater;     /* one-sided: x tends to be greater; corrected */
};
struct mann_whitney mann_whitney(const struct sample *x, const struct sample *y);
/* The same after `shift` was taken from every x. */
struct mann_whitney mann_whitney_shifted(const struct sample *x, const struct sample *y,
                                         double shift);

/* Exact, without ties, by the recursion of counts as probabilities. False where there are ties or
 * it would take more than some 10^8 steps. */
struct exact_ranks {
    double two_sided;
    double greater;
};
MUST_CHECK bool mann_whitney_exact(const struct sample *x, const struct sample *y,
                                   struct exact_ranks *exact_out);

/* How probably an x is greater than a y, ties as halves: U/mn (McGraw and Wong 1992). */
double cles(const struct sample *x, const struct sample *y);

/* Hodges and Lehmann's estimate (1963) of how far x is shifted: the median of all x - y; and an
 * interval for it from the ranks that Mann and Whitney's test does not exclude. */
double hodges_lehmann(const struct sample *x, const struct sample *y);
struct interval shift_interval(const struct sample *x, const struct sample *y, double confidence);

/* Kolmogorov and Smirnov: D = max |F - G|; the limit law Q(D sqrt(mn/(m+n))), and the exact one
 * without ties (false where there are some or it would take too long), by adding up the paths of
 * the walk that stay inside. */
struct kolmogorov_smirnov {
    double d;
    double lambda;
    double p_value; /* of the limit law */
};
struct kolmogorov_smirnov kolmogorov_smirnov(const struct sample *x, const struct sample *y);
MUST_CHECK bool kolmogorov_smirnov_exact(const struct sample *x, const struct sample *y,
                                         double *p_value_out);
/* Q(lambda) = 2 sum (-1)^(j-1) exp(-2 j^2 lambda^2) */
double kolmogorov_greater(double lambda);

/* Permutation test of the difference of means: all ways to deal the values out where there are
 * at most `limit`, else `limit` random ones, with p = (1 + as extreme) / (1 + limit). */
struct permutation {
    double two_sided;
    double greater;
    bool is_exact;
};
struct permutation permutation_test(const double *x, size_t m, const double *y, size_t n,
                                    uint64_t limit, struct random_stream *stream);

#endif
