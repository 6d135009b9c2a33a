/*
 * Why a query found something or nothing: which metrics have exactly the dimensions asked for, and
 * if none has, which comes nearest and what tells them apart.
 */
#ifndef COALMINE_CLOUDWATCH_EXPLAIN_H
#define COALMINE_CLOUDWATCH_EXPLAIN_H

#include "cloudwatch/metrics.h"
#include "json.h"

/* {found, namespace, metricName, dimensions, units, newestDatapoint, nearest, differences,
 * sentence}: what applies. The unit is not looked at. Owned by the caller. */
cJSON *metric_explain(const struct metrics *metrics, const struct metric_identity *identity);

#endif
