/*
 * A Metrics Insights query: the metrics that it selects, group by group.
 */
#ifndef COALMINE_METRIC_INSIGHTS_H
#define COALMINE_METRIC_INSIGHTS_H

#include "cloudwatch/insights.h"
#include "cloudwatch/metric_read.h"

/* One series for each group in the query's order, or a single one if it has no groups. */
struct math_value metric_insights(const struct metric_reader *reader,
                                  const struct insights *insights, int64_t period_s);

#endif
