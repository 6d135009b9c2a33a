/*
 * Subscription filters (cloudwatch-api.md section 6.8): matching events go to a function, packed
 * as AWS packs them.
 */
#ifndef COALMINE_LOGS_SUBSCRIPTION_H
#define COALMINE_LOGS_SUBSCRIPTION_H

#include "logs/filter_pattern.h"
#include "logs/ingest.h"

enum { SUBSCRIPTIONS_MAX = 2 };

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

void subscriptions_deliver(struct logs *logs, const struct ingest *ingest);

/* `{"awslogs":{"data":"..."}}` around a record: gzip, then base64. Owned by the caller. */
char *subscription_pack(const cJSON *record);

/* As the control plane keeps them; `configuration` is a JSON object of filterPattern,
 * destinationArn, roleArn, distribution. */
struct subscription_row {
    int64_t group_id;
    const char *name;
    const char *configuration;
    int64_t created_ms;
};
void subscription_put(struct store *store, const struct subscription_row *row);
MUST_CHECK bool subscription_delete(struct store *store, int64_t group_id, const char *name);

/* The group's subscriptions in order of names, at most SUBSCRIPTIONS_MAX; their texts live in the
 * arena. */
size_t subscription_list(struct store *store, int64_t group_id, struct arena *arena,
                         struct subscription_row rows_out[SUBSCRIPTIONS_MAX]);

#endif
