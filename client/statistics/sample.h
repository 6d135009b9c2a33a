/*
 * A sample as distinct values with counts, so that a million latencies that fall into a thousand
 * buckets cost a thousand. What works on it: quantiles here, rank tests in rank.h.
 */
#ifndef CANARY_SAMPLE_H
#define CANARY_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "statistics/histogram.h"
#include "statistics/special.h"

struct sample_value {
    double value;
    uint64_t count; /* never 0 */
};

struct sample {
    struct sample_value *values; /* owned; by rising value */
    size_t size;
    uint64_t count; /* of all observations */
};

void sample_clear(struct sample *sample);
/* The values in any order, copied; sample_clear() frees. */
struct sample sample_from(const double *values, size_t count);
/* In milliseconds; a bucket's values count as its middle. */
struct sample sample_from_histogram(const struct histogram *histogram);

/* NAN of an empty sample. */
double sample_mean(const struct sample *sample);

/* Percentile by R's definition 7: h = (n-1) q, linear between the ranks around it. */
double sample_quantile(const struct sample *sample, double share);

/* Ranks between which a quantile lies, whatever the law: the narrowest l, u with
 * P(Bin(n,q) <= l-1) <= alpha/2 and P(Bin(n,q) >= u) <= alpha/2; rank 0 stands for -infinity and
 * n + 1 for infinity. */
struct ranks {
    uint64_t low;
    uint64_t high;
    double coverage; /* P(low <= Bin(n,q) < high) */
};
struct ranks quantile_ranks(uint64_t n, double share, double alpha);
struct interval sample_quantile_interval(const struct sample *sample, double share, double alpha);

/* The same, valid at every time: ranks that the mixture test of the share below the quantile does
 * not exclude (Howard and Ramdas 2022). */
struct ranks quantile_ranks_anytime(uint64_t n, double share, double alpha);

/* Values at ranks; -INFINITY and INFINITY outside. */
struct interval sample_at_ranks(const struct sample *sample, struct ranks ranks);

#endif
