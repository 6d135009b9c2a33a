/*
 * What an invocation logged goes to CloudWatch Logs (lambda-api.md section 23).
 */
#ifndef COALMINE_INVOCATION_LOG_H
#define COALMINE_INVOCATION_LOG_H

#include "lambda/metric_set.h"
#include "lambda/state.h"
#include "runtime/pool.h"

struct invocation_log_place {
    const char *log_group;
    const char *trace_id; /* of the invocation: a loop through a subscription ends as others do */
};

/* Appends the result's log, and that of the boot if there was one, to the environment's stream. */
void invocation_log_save(struct lambda *lambda, const struct invocation_record *record,
                         const struct invocation_log_place *place,
                         const struct invocation_result *result);

#endif
