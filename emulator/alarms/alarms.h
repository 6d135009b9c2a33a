/*
 * Amazon CloudWatch's alarms: evaluated by themselves on the service clock. The operations are
 * slices of cloudwatch_service (cloudwatch/fields.h).
 *
 * The rows in the store are the truth, and handlers read and write only them; what runs by itself
 * works on a plan in memory that follows the rows (state.h).
 */
#ifndef COALMINE_ALARMS_H
#define COALMINE_ALARMS_H

#include <stdbool.h>

#include "cloudwatch/cloudwatch.h"
#include "error.h"
#include "json.h"
#include "loop/schedule.h"
#include "store/store.h"
#include "text.h"

struct alarms;
struct alarm_key;

/* What an action asks of somebody else: an asynchronous invocation. */
struct alarm_invocation {
    const char *account;
    const char *region;
    const char *function_arn;
    struct text event;
};

enum alarm_invocation_verdict {
    ALARM_INVOCATION_SENT,
    ALARM_INVOCATION_NO_FUNCTION,
    ALARM_INVOCATION_ELSEWHERE, /* of another account or region */
};

struct alarms_parts {
    struct schedule *schedule;
    struct store *store;
    struct metrics *metrics;
    const struct cloudwatch *cloudwatch;
    /* Called inside a savepoint. */
    enum alarm_invocation_verdict (*on_invoke)(void *owner,
                                               const struct alarm_invocation *invocation);
    void *owner;
};

/* Goes on where an earlier run stopped: all alarms are looked at when their next minute comes. */
struct alarms *alarms_create(const struct alarms_parts *parts);
void alarms_destroy(struct alarms *alarms); /* accepts NULL */

/* The store was emptied or its last turn undone, or the clock was set: plans anew. */
void alarms_look_again(struct alarms *alarms);

/* What actions did or would have done, oldest first: a JSON array, owned by the caller. */
cJSON *alarms_notifications(struct alarms *alarms);

/* Why an alarm is in its state; a JSON object with a `sentence`, owned by the caller. NULL with an
 * error (`fault`) if there is no such alarm. */
cJSON *alarms_explain(struct alarms *alarms, const struct alarm_key *key, const struct fault *fault,
                      struct error *error);

#endif
