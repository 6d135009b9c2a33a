/*
 * Single data of namespace AWS/Lambda that no finished invocation stands behind: events received
 * and dropped, loops stopped, deliveries that failed.
 */
#ifndef COALMINE_METRIC_POINT_H
#define COALMINE_METRIC_POINT_H

#include "lambda/function_name.h"
#include "lambda/state.h"

struct metric_point {
    const struct function_key *key; /* dimension FunctionName; the account's sum is kept too */
    const char *name;
    const char *unit; /* "Count", "Milliseconds" */
    double value;
};

/* Writes it now, to the journal and the metrics. */
void metric_point_publish(struct lambda *lambda, const struct metric_point *point);

#endif
