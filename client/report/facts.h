/*
 * Numbers as programs read them, in reports and elsewhere.
 */
#ifndef CANARY_FACTS_H
#define CANARY_FACTS_H

#include "json.h"
#include "statistics/histogram.h"

/* {value, low, high}: a share with its exact 95 % interval. The caller owns it. */
cJSON *share_json(uint64_t part, uint64_t whole);

/* {p50, p90, p95, p99, max}, in milliseconds. The caller owns it. */
cJSON *latency_json(const struct histogram *latency);

#endif
