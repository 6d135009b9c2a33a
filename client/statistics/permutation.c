/*
 * The permutation test of the difference of means (rank.h).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "statistics/rank.h"
#include "xalloc.h"

/* Sums within this of each other, relatively, are the same but for rounding. */
static const double TIE = 1e-12;

struct dealing {
    double *values; /* of both samples */
    size_t count;
    size_t taken;    /* for x */
    double observed; /* sum of x */
    double centre;   /* what it is on average */
    double tie;
    uint64_t all;
    uint64_t greater;
    uint64_t two_sided;
};

static void count_sum(struct dealing *dealing, double sum)
{
    dealing->all++;
    dealing->greater += sum >= dealing->observed - dealing->tie;
    dealing->two_sided +=
        fabs(sum - dealing->centre) >= fabs(dealing->observed - dealing->centre) - dealing->tie;
}

/* Each way to take the rest of x from the values at `from` on. */
static void deal_all(struct dealing *dealing, size_t from, size_t missing, double sum)
{
    if (missing == 0) {
        count_sum(dealing, sum);
        return;
    }
    for (size_t i = from; i + missing <= dealing->count; i++)
        deal_all(dealing, i + 1, missing - 1, sum + dealing->values[i]);
}

/* The first cards of a shuffled pack (Fisher and Yates). */
static void deal_random(struct dealing *dealing, struct random_stream *stream)
{
    double sum = 0;
    for (size_t i = 0; i < dealing->taken; i++) {
        size_t j = i + (size_t)(random_unit(stream) * (double)(dealing->count - i));
        double value = dealing->values[j];
        dealing->values[j] = dealing->values[i];
        dealing->values[i] = value;
        sum += value;
    }
    count_sum(dealing, sum);
}

static double ways(size_t count, size_t taken)
{
    double product = 1;
    for (size_t i = 1; i <= taken; i++)
        product *= (double)(count - taken + i) / (double)i;
    return product;
}

struct permutation permutation_test(const double *x, size_t m, const double *y, size_t n,
                                    uint64_t limit, struct random_stream *stream)
{
    struct dealing dealing = { .count = m + n, .taken = m };
    double size = 0;
    CLEANUP(freep) double *values = xcalloc(m + n + 1, sizeof(*values));
    memcpy(values, x, m * sizeof(*values));
    memcpy(values + m, y, n * sizeof(*values));
    dealing.values = values;
    for (size_t i = 0; i < m + n; i++) {
        dealing.observed += i < m ? values[i] : 0;
        dealing.centre += values[i] * (double)m / (double)(m + n);
        size += fabs(values[i]);
    }
    dealing.tie = TIE * size;
    if (ways(m + n, m) <= (double)limit) {
        deal_all(&dealing, 0, m, 0);
        double all = (double)dealing.all;
        return (struct permutation){ (double)dealing.two_sided / all, (double)dealing.greater / all,
                                     true };
    }
    while (dealing.all < limit)
        deal_random(&dealing, stream);
    double all = (double)limit + 1;
    return (struct permutation){ ((double)dealing.two_sided + 1) / all,
                                 ((double)dealing.greater + 1) / all, false };
}
