/*
 * Labels of MetricDataResults (cloudwatch-api.md sections 2.4 and 2.9): the default, made of what
 * tells the series of an answer apart, and given ones with their ${...} filled in.
 */
#ifndef COALMINE_METRIC_LABEL_H
#define COALMINE_METRIC_LABEL_H

#include <stdbool.h>

#include "arena.h"
#include "cloudwatch/metrics.h"

/* What a series stands for, as labels name it. */
struct metric_label_source {
    const char *account;
    const char *region;
    const char *name_space;
    const char *name;
    const struct metric_dimension *dimensions;
    size_t dimension_count;
    const char *stat;
    int64_t period_s;
};

/* Which of its parts differ among the series of one answer. */
struct metric_label_parts {
    bool differs_in_stat;
    bool differs_in_period;
};

/* Looks at `count` sources (no NULL among them). */
struct metric_label_parts metric_label_compare(const struct metric_label_source *const *sources,
                                               size_t count);

/* The label of a series without one of its own, in the arena. */
const char *metric_label_default(const struct metric_label_source *source,
                                 const struct metric_label_parts *parts, struct arena *arena);

#endif
