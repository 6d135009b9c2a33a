/*
 * Metric filters and subscription filters as the control plane keeps them: two tables of one shape.
 */
#ifndef COALMINE_LOGS_FILTER_ROW_H
#define COALMINE_LOGS_FILTER_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "compiler.h"
#include "store/store.h"

enum filter_table { FILTER_TABLE_METRIC, FILTER_TABLE_SUBSCRIPTION };

/* `configuration` is a JSON object: of a metric filter filterPattern, metricTransformations,
 * applyOnTransformedLogs, of a subscription filterPattern, destinationArn, distribution,
 * applyOnTransformedLogs. */
struct filter_row {
    int64_t group_id;
    const char *group_name; /* told by metric_filter_each() alone */
    const char *name;
    const char *configuration;
    int64_t created_ms;
};

/* Inserts, or rewrites the filter of that name; a subscription keeps the time of its creation. */
void filter_row_put(struct store *store, enum filter_table table, const struct filter_row *row);
/* False if there is none. */
MUST_CHECK bool filter_row_delete(struct store *store, enum filter_table table, int64_t group_id,
                                  const char *name);

/* Of the group: whether there is one of that name, and how many there are. */
bool metric_filter_exists(struct store *store, int64_t group_id, const char *name);
size_t metric_filter_count(struct store *store, int64_t group_id);

/* How many filters of the group, of both kinds, have regular expressions in their patterns; not
 * counting the one of that kind and name. */
size_t filter_row_count_regexes(struct store *store, int64_t group_id, enum filter_table table,
                                const char *name);

/* Calls `visit` for metric filters of an account and region in order of group and name, from behind
 * the pair (after_group, after_name), until it answers false. group_id 0: of all groups. */
struct metric_filter_search {
    const char *account;
    const char *region;
    int64_t group_id;
    const char *prefix;
    const char *after_group;
    const char *after_name;
};
void metric_filter_each(struct store *store, const struct metric_filter_search *search,
                        bool (*visit)(const struct filter_row *row, void *owner), void *owner);

enum { SUBSCRIPTIONS_MAX = 2 };

/* The group's subscriptions in order of names, at most SUBSCRIPTIONS_MAX; their texts live in the
 * arena. */
size_t subscription_list(struct store *store, int64_t group_id, struct arena *arena,
                         struct filter_row rows_out[SUBSCRIPTIONS_MAX]);

#endif
