/*
 * What people and programs read of traffic: a line while it runs, tables with intervals after it.
 */
#ifndef CANARY_TRAFFIC_SUMMARY_H
#define CANARY_TRAFFIC_SUMMARY_H

#include <stdbool.h>

#include "aws/lambda_api.h"
#include "traffic/traffic.h"

/* The progress line. */
void traffic_progress(const struct traffic *traffic, const struct lambda_alias *alias);

/* The table, the remarks and "traffic" in the facts. False if the split does not fit the alias's
 * weight: that is told, with its p-value. */
bool traffic_summary(const struct traffic *traffic, const struct lambda_alias *alias);

#endif
