/*
 * What becomes of an asynchronous invocation that has ended: the record that AWS sends to
 * destinations, the message for the dead-letter queue, and where both go. A function is invoked;
 * what goes to any other service is kept and shown (GET /_coalmine/destinations).
 */
#ifndef COALMINE_DELIVERY_H
#define COALMINE_DELIVERY_H

#include <stdbool.h>

#include "json.h"
#include "lambda/event.h"
#include "lambda/state.h"
#include "runtime/pool.h"

enum delivery_condition {
    DELIVERY_SUCCESS,
    DELIVERY_RETRIES_EXHAUSTED,
    DELIVERY_EVENT_AGE_EXCEEDED,
    DELIVERY_ZERO_RESERVED_CONCURRENCY,
};

/* The end of an event. */
struct delivery {
    const struct lambda_event *event;
    enum delivery_condition condition;
    int invoke_count;                       /* attempts that ran */
    const struct invocation_result *result; /* of the last one; NULL: none ran just now */
    const char *executed_version;           /* with a result */
};

/* Sends it to the OnSuccess or OnFailure destination of the event invoke config, and a failure to
 * the dead-letter queue of the version's configuration as well. Inside a savepoint. */
void delivery_send(struct lambda *lambda, const struct delivery *delivery);

/* The kept records, oldest first, as a JSON array of {time, kind, functionArn, destination,
 * status, record}. */
cJSON *delivery_list(struct store *store);

#endif
