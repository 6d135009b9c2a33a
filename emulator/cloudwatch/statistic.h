/*
 * CloudWatch's statistics: the five classic ones, percentiles, trimmed and winsorized ones
 * (cloudwatch-api.md section 2.5). Percentiles are nearest rank over the bucket's distribution.
 */
#ifndef COALMINE_STATISTIC_H
#define COALMINE_STATISTIC_H

#include <stdbool.h>

#include "cloudwatch/metrics.h"
#include "compiler.h"

enum statistic_kind {
    STATISTIC_SAMPLE_COUNT,
    STATISTIC_SUM,
    STATISTIC_AVERAGE,
    STATISTIC_MINIMUM,
    STATISTIC_MAXIMUM,
    STATISTIC_PERCENTILE,
    STATISTIC_TRIMMED_MEAN,
    STATISTIC_TRIMMED_COUNT,
    STATISTIC_TRIMMED_SUM,
    STATISTIC_WINSORIZED_MEAN,
    STATISTIC_PERCENTILE_RANK,
};

struct statistic {
    enum statistic_kind kind;
    bool is_absolute; /* bounds are values (low exclusive, high inclusive), not shares */
    double low;       /* share 0 to 1, or value */
    double high;
};

/* Any statistic as the API spells it; false if it is none. */
MUST_CHECK bool statistic_parse(const char *text, struct statistic *statistic_out);

/* One of the classic five. */
bool statistic_is_classic(const struct statistic *statistic);

/* What a period's data amounts to; false if it has no such value (percentiles of unknown or
 * negative values, an empty range). */
MUST_CHECK bool statistic_compute(const struct statistic *statistic,
                                  const struct metric_bucket *bucket, double *value_out);

#endif
