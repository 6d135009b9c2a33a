/*
 * The drawings of the HTML report: split, error rates, latency, metrics and alarms over time.
 */
#ifndef CANARY_TIMELINES_H
#define CANARY_TIMELINES_H

#include "buffer.h"
#include "report/history.h"

/* Appends a figure for each of them that has something to show. */
void timelines_add(const struct history *history, struct buffer *out);

#endif
