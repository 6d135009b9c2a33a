/*
 * What the targets of actions get: the SNS message and the Lambda event of a change of state
 * (cloudwatch-api.md section 4.8).
 */
#ifndef COALMINE_ALARM_MESSAGE_H
#define COALMINE_ALARM_MESSAGE_H

#include "alarms/row.h"

/* A state as it was. */
struct alarm_snapshot {
    enum alarm_state state;
    const char *reason;
    const char *reason_data; /* NULL: none */
    int64_t time_ms;
};

struct alarm_occasion {
    const struct alarm_row *row; /* in its new state */
    const cJSON *configuration;
    struct alarm_snapshot previous;
    bool is_after_mute;
    const char *suppressed_by; /* "WaitPeriod" and its like, until now; NULL: it has not waited */
};

/* "Actions suppressed by WaitPeriod", owned by the caller. */
char *alarm_suppression_reason(const char *suppressed_by);

/* Compact JSON, owned by the caller. */
char *alarm_message_for_sns(const struct alarm_occasion *occasion);
char *alarm_message_for_lambda(const struct alarm_occasion *occasion, int64_t now_ms);

/* `ALARM: "name" in EU (Ireland)`, owned by the caller. */
char *alarm_message_subject(const struct alarm_occasion *occasion);

#endif
