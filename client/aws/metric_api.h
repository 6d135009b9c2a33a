/*
 * The CloudWatch operations that graphs are made of.
 */
#ifndef CANARY_METRIC_API_H
#define CANARY_METRIC_API_H

#include <stddef.h>
#include <stdint.h>

#include "aws/api.h"

/* GetMetricWidgetImage: the PNG's bytes, owned by the caller; NULL with a sentence. */
MUST_CHECK char *metric_picture(struct api *api, const cJSON *widget, size_t *size_out,
                                struct error *error);

/* GetMetricData, all pages: an array of MetricDataResults with ascending times, each series whole.
 * The caller owns it; NULL with a sentence. */
MUST_CHECK cJSON *metric_data(struct api *api, const cJSON *queries, int64_t start_ms,
                              int64_t end_ms, struct error *error);

/* What time it is where the metrics are: Coalmine's clock can be turned. Milliseconds since
 * 1970. */
int64_t metric_now_ms(struct api *api);

#endif
