/*
 * How Kayenta's judge (NetflixACAJudge 1.0) classifies a metric: is the canary's series higher or
 * lower than the baseline's by more than a tolerance? Differences to it: constant series need no
 * noise, as ties are corrected for; interval ends are the exact steps that its root finder comes
 * near to (1e-4), the estimate is Hodges and Lehmann's; values that are too few for an interval
 * with ends count as none.
 */
#ifndef CANARY_KAYENTA_H
#define CANARY_KAYENTA_H

#include <stdbool.h>
#include <stddef.h>

#include "statistics/special.h"

enum kayenta_class { KAYENTA_PASS, KAYENTA_HIGH, KAYENTA_LOW, KAYENTA_NO_DATA };

enum kayenta_direction { DIRECTION_EITHER, DIRECTION_INCREASE, DIRECTION_DECREASE };

/* How big an effect is: the ratio of the means, or the chance that a canary's value is greater
 * than a baseline's (CLES). */
enum kayenta_measure { MEASURE_MEAN_RATIO, MEASURE_CLES };

struct kayenta_rules {
    int direction; /* in which the metric may not go: enum kayenta_direction */
    int measure;   /* enum kayenta_measure */
    bool removes_outliers;
    double allowed_increase; /* High needs an effect of this at least; 0: 1, or 0.5 for CLES */
    double allowed_decrease; /* Low needs one of this at most */
    double confidence;       /* Kayenta's is 0.98 */
};

extern const double KAYENTA_CONFIDENCE;

struct kayenta {
    enum kayenta_class class;
    struct interval shift;
    double estimate;
    double effect;
};

/* Holds the canary's m values against the baseline's n, in any order; they stay as they are. */
struct kayenta kayenta_classify(const double *canary, size_t m, const double *baseline, size_t n,
                                const struct kayenta_rules *rules);

/* Leaves out what lies outside of Tukey's fences (the quartiles, less and plus 3 times their
 * distance), which are widened so that they never cut between the 1st and the 99th percentile.
 * Returns how many are left. */
size_t remove_outliers(double *values, size_t count);

#endif
