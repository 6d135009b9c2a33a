/*
 * stats as it was read. Internal to what reads it (insights_stats.c) and what reckons
 * (insights_stats_run.c).
 */
#ifndef COALMINE_INSIGHTS_AGGREGATION_H
#define COALMINE_INSIGHTS_AGGREGATION_H

#include "logs/insights_expression.h"

enum { INSIGHTS_STATS_ITEMS_MAX = 32 };

enum insights_aggregate {
    AGGREGATE_COUNT,
    AGGREGATE_COUNT_DISTINCT,
    AGGREGATE_SUM,
    AGGREGATE_AVG,
    AGGREGATE_MIN,
    AGGREGATE_MAX,
    AGGREGATE_STDDEV,
    AGGREGATE_PCT,
    AGGREGATE_MEDIAN,
    AGGREGATE_EARLIEST,
    AGGREGATE_LATEST,
    AGGREGATE_SORTS_FIRST,
    AGGREGATE_SORTS_LAST,
};

/* count(x), pct(x, 95), ... in one of the items. */
struct insights_aggregation {
    enum insights_aggregate aggregate;
    const struct insights_expression *expression; /* NULL: count(*) */
    double percentile;
    const char *field; /* in which the groups' records have its value */
};

/* A column: an expression of aggregates, constants, and the columns before it. */
struct insights_stats_item {
    const char *name;
    const struct insights_expression *expression;
};

struct insights_stats {
    struct insights_stats_item items[INSIGHTS_STATS_ITEMS_MAX];
    size_t item_count;
    struct insights_aggregation aggregations[INSIGHTS_STATS_ITEMS_MAX];
    size_t aggregation_count;
    struct {
        const char *name;
        const struct insights_expression *expression;
    } groups[INSIGHTS_STATS_ITEMS_MAX];
    size_t group_count;
};

#endif
