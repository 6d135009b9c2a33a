/*
 * Subscription filters (cloudwatch-api.md section 6.8): matching events go to a function, packed
 * as AWS packs them.
 */
#ifndef COALMINE_LOGS_SUBSCRIPTION_H
#define COALMINE_LOGS_SUBSCRIPTION_H

#include "logs/filter_pattern.h"
#include "logs/ingest.h"

struct subscription {
    struct subscription *next;
    char *name;
    char *destination_arn;
    struct filter_pattern *pattern;
};

/* The group's subscriptions as ingestion uses them; owned by the caller. */
struct subscription *subscriptions_load(struct store *store, int64_t group_id);
/* Accepts NULL. */
void subscriptions_destroy(struct subscription *subscriptions);

/* Sends each subscription of the group the events that its pattern takes. What cannot be delivered
 * is logged, and lost. */
void subscriptions_deliver(struct logs *logs, const struct ingest *ingest);

#endif
