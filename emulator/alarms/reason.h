/*
 * What AWS writes beside an alarm's state: StateReason and StateReasonData, word for word
 * (cloudwatch-api.md sections 4.5 and 4.6). Pure.
 */
#ifndef COALMINE_ALARM_REASON_H
#define COALMINE_ALARM_REASON_H

#include "alarms/evaluation.h"
#include "json.h"

enum { ALARM_REASON_DATA_MAX = 4000 };

/* What was looked at, and what came of it. */
struct alarm_finding {
    const struct alarm_criteria *criteria;
    const struct alarm_datapoint *points; /* newest first */
    int count;
    struct alarm_verdict verdict;
    int64_t query_ms;
    const char *unit;      /* the alarm's Unit; NULL: none */
    const char *statistic; /* NULL: math */
    int64_t period_s;
};

/* Both are owned by the caller, and never longer than AWS lets them be. */
char *alarm_reason_print(const struct alarm_finding *finding);
char *alarm_reason_data_print(const struct alarm_finding *finding);

/* "2025-05-15T15:31:44.984+0000", as all that alarms tell has dates. */
void alarm_set_time(cJSON *object, const char *name, int64_t ms);

#endif
