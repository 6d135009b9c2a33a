/*
 * How the values of one bucket are distributed, for percentiles and their kin. Exact while a
 * bucket holds few distinct values; beyond that a log-spaced sketch after DDSketch (Masson, Rim,
 * Lee, VLDB 2019) whose percentiles are within 0.5 % of the true value. Values are never
 * negative here: CloudWatch has no percentiles for series with negative values.
 */
#ifndef COALMINE_DISTRIBUTION_H
#define COALMINE_DISTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct distribution_cell {
    double value; /* a value, or the middle of a sketch cell */
    double count;
};

struct distribution {
    struct distribution_cell *cells; /* ascending by value */
    uint32_t count;
    uint32_t capacity;
    bool is_sketch;
};

/* A zeroed distribution is empty. */
void distribution_clear(struct distribution *distribution);

/* Adds `count` samples of a value that is not negative. */
void distribution_add(struct distribution *distribution, double value, double count);
void distribution_merge(struct distribution *distribution, const struct distribution *other);

/* How many samples it holds; weights need not be whole. */
double distribution_total(const struct distribution *distribution);

/* The value at a share (0 to 1) of the samples: the smallest value with at least that share at or
 * below it (nearest rank). NaN if empty. */
double distribution_quantile(const struct distribution *distribution, double share);

#endif
