/*
 * What alarms' actions did or would have done: shown at GET /_coalmine/notifications, the newest
 * 10,000.
 */
#ifndef COALMINE_ALARM_NOTIFICATION_H
#define COALMINE_ALARM_NOTIFICATION_H

#include "alarms/row.h"

struct alarm_notification {
    const struct alarm_row *row;
    const char *action;  /* the target's ARN */
    const char *status;  /* "invoked", "failed", "kept" */
    const char *subject; /* of SNS messages; else NULL */
    const char *message; /* JSON that the target got or would have got */
};

/* Keeps one, inside the present call; of the oldest some go when there are too many. */
void alarm_notification_add(struct store *store, const struct alarm_notification *notification,
                            int64_t time_ms);

/* Oldest first: an array of {time, region, account, alarm, state, action, status, subject,
 * message}; owned by the caller. */
cJSON *alarm_notification_list(struct store *store);

#endif
