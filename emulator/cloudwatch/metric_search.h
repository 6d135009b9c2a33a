/*
 * SEARCH in an expression: the metrics that it finds, as series with labels of their own.
 */
#ifndef COALMINE_METRIC_SEARCH_H
#define COALMINE_METRIC_SEARCH_H

#include "cloudwatch/metric_read.h"

/* An array of all that the text finds, SEARCH_FOUND_MAX at most; more are noted in the result. */
struct math_value metric_search(const struct metric_reader *reader, struct text text,
                                struct text stat, int64_t period_s);

#endif
