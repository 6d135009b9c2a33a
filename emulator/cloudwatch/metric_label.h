/*
 * Labels of MetricDataResults (cloudwatch-api.md sections 2.4 and 2.9): the default, made of what
 * tells the series of an answer apart, and given ones with their ${...} filled in.
 */
#ifndef COALMINE_METRIC_LABEL_H
#define COALMINE_METRIC_LABEL_H

#include <stdbool.h>
#include <stddef.h>

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

enum { METRIC_LABEL_DIMENSIONS = 30 };

/* Which of its parts differ among the series of one answer. */
struct metric_label_parts {
    const struct metric_label_source *first; /* they are compared with this one */
    bool differs_in_name;
    bool differs_in_stat;
    bool differs_in_period;
    bool differs_in_dimension[METRIC_LABEL_DIMENSIONS]; /* of the first's */
};

/* Looks at `count` sources; NULLs among them are passed over. */
struct metric_label_parts metric_label_compare(const struct metric_label_source *const *sources,
                                               size_t count);

/* The default label of one of the compared, in the arena: the values of the dimensions that differ,
 * the name if it differs or no dimension does, statistic and period where these differ. That
 * metrics asked for by name are called by their dimensions, too, is seen where AWS's own tests take
 * such labels apart (amazon-cloudwatch-agent-test, "EXE PROCESS procstat_cpu_usage"). */
const char *metric_label_default(const struct metric_label_source *source,
                                 const struct metric_label_parts *parts, struct arena *arena);

/* What ${...} draws from. */
struct metric_label_data {
    const char *label;                        /* the default one */
    const struct metric_label_source *source; /* NULL: an expression */
    size_t count;
    const int64_t *times_s;
    const double *values;
    int64_t period_s;
    int64_t now_ms;
    int timezone_minutes;
};

/* A given label with all it draws filled in; what is unknown stays as it stands. */
const char *metric_label_expand(const char *label, const struct metric_label_data *data,
                                struct arena *arena);

#endif
