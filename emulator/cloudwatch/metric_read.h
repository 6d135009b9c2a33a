/*
 * Metrics become series: what queries by name, searches and Metrics Insights have in common.
 */
#ifndef COALMINE_METRIC_READ_H
#define COALMINE_METRIC_READ_H

#include "cloudwatch/cloudwatch.h"
#include "cloudwatch/math_calls.h"
#include "cloudwatch/metric_data.h"
#include "cloudwatch/metric_label.h"

/* Whose metrics are read, for which request, and where what comes of it lives. */
struct metric_reader {
    const struct cloudwatch *cloudwatch;
    const struct metric_data_request *request;
    struct metric_data_result *result;
    struct math_context *context;
};

/* The statistic of each period of these series, which are ordered by unit. */
struct math_series *metric_read_series(const struct metric_reader *reader,
                                       const struct metric_label_source *source,
                                       const struct metric_series *const *series, size_t count);

/* What labels say of a metric, in the arena. */
struct metric_label_source *metric_describe(struct arena *arena, const struct metric *metric,
                                            const char *stat, int64_t period_s);

/* Whether searches look at it: it is the caller's, and had data within two weeks. */
bool metric_is_searched(const struct metric_reader *reader, const struct metric *metric);

/* Says in the result that more metrics were found than are looked at. */
void metric_note_too_many(const struct metric_reader *reader);

#endif
