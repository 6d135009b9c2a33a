/*
 * The metrics of function URLs: UrlRequestCount, Url4xxCount, Url5xxCount, UrlRequestLatency, for
 * the function and for the URL (lambda-api.md section 10.2, sets D1 and D2).
 */
#ifndef COALMINE_URL_METRICS_H
#define COALMINE_URL_METRICS_H

#include <stdint.h>

#include "lambda/function_url.h"
#include "lambda/state.h"

struct url_request {
    const struct function_url *url;
    int status;         /* answered */
    int64_t time_ms;    /* service time at which it came */
    double duration_ms; /* until the last byte of the answer */
};

/* Writes them now, to the journal and the metrics. */
void url_metrics_publish(struct lambda *lambda, const struct url_request *request);

#endif
