/*
 * Metrics Insights queries: SELECT F(metric) FROM ... (cloudwatch-api.md section 2.8). Pure.
 */
#ifndef COALMINE_INSIGHTS_H
#define COALMINE_INSIGHTS_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "cloudwatch/metrics.h"
#include "compiler.h"
#include "text.h"

enum {
    INSIGHTS_LABELS_MAX = 30,
    INSIGHTS_SERIES_MAX = 500,    /* groups in an answer */
    INSIGHTS_METRICS_MAX = 10000, /* looked at for one */
};

struct insights_condition {
    struct text label;
    struct text value;
    bool is_negated;
};

struct insights {
    struct text function; /* AVG, COUNT, MAX, MIN, SUM: in upper case */
    const char *stat;     /* the same as a statistic's name */
    struct text metric;
    struct text name_space;
    bool has_schema;
    struct text schema[INSIGHTS_LABELS_MAX]; /* exactly these labels */
    size_t schema_count;
    struct insights_condition conditions[INSIGHTS_LABELS_MAX];
    size_t condition_count;
    struct text groups[INSIGHTS_LABELS_MAX];
    size_t group_count;
    const char *order; /* function by which groups are ordered; NULL: by name */
    bool is_descending;
    size_t limit;
};

/* Does this expression begin as one? */
bool insights_begins(struct text expression);

/* In the arena, borrowing from `text`; NULL with a sentence in *problem_out if it is none. */
MUST_CHECK struct insights *insights_parse(struct text text, struct arena *arena,
                                           const char **problem_out);

/* Is this metric among those selected? */
bool insights_selects(const struct insights *insights, const struct metric *metric);

/* The name of the metric's group, in the arena: its labels' values; "Other" where one is missing.
 * The metric's own name without GROUP BY. */
const char *insights_group(const struct insights *insights, const struct metric *metric,
                           struct arena *arena);

#endif
