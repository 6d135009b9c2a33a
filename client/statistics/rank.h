/*
 * Tests of two samples that use only the order of their values: x is the canary's, y the
 * baseline's.
 */
#ifndef CANARY_RANK_H
#define CANARY_RANK_H

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

/* How probably an x is greater than a y, ties as halves: U/mn (McGraw and Wong 1992). */
double cles(const struct sample *x, const struct sample *y);

/* Hodges and Lehmann's estimate (1963) of how far x is shifted: the median of all x - y; and an
 * interval for it from the ranks that Mann and Whitney's test does not exclude. */
double hodges_lehmann(const struct sample *x, const struct sample *y);
struct interval shift_interval(const struct sample *x, const struct sample *y, double confidence);

#endif
