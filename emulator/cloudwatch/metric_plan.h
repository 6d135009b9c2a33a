/*
 * MetricDataQueries made ready: every expression parsed and typed, and an order in which each
 * query comes behind those it names.
 */
#ifndef COALMINE_METRIC_PLAN_H
#define COALMINE_METRIC_PLAN_H

#include "arena.h"
#include "cloudwatch/math_check.h"
#include "compiler.h"
#include "error.h"
#include "json.h"
#include "map.h"

struct insights;

struct metric_plan_item {
    const char *id;
    const cJSON *query;
    const cJSON *stat;         /* MetricStat, or NULL */
    struct insights *insights; /* the Expression as a Metrics Insights query, or NULL */
    struct math_node *node;    /* of any other Expression, or NULL */
    enum math_type type;       /* of what it gives */
    size_t *needs;             /* items it names; while planning */
    size_t need_count;
    size_t looked_at; /* of its needs */
    enum { PLAN_NEW, PLAN_OPEN, PLAN_DONE } state;
};

struct metric_plan {
    struct arena arena;
    struct metric_plan_item *items; /* in the order of the queries */
    size_t count;
    size_t *order;
    struct map by_id;
    bool has_insights;
};

/* False with a fault that names the expression. `queries` must outlive the plan. On success and on
 * failure the caller ends it with metric_plan_clear(). */
MUST_CHECK bool metric_plan_make(struct metric_plan *plan, const cJSON *queries, const char *path,
                                 struct error *error);
void metric_plan_clear(struct metric_plan *plan);

/* The item with this id, or NULL. */
struct metric_plan_item *metric_plan_find(const struct metric_plan *plan, struct text id);

#endif
