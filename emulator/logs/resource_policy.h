/*
 * Resource policies as the control plane keeps them: those of an account, known by their names, and
 * the one that a group may have. They are shown, not enforced. SQL on logs_account_policy and
 * logs_group_policy.
 */
#ifndef COALMINE_LOGS_RESOURCE_POLICY_H
#define COALMINE_LOGS_RESOURCE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "compiler.h"
#include "store/store.h"

struct resource_policy {
    const char *name;        /* of an account's policy; else NULL */
    const char *group_name;  /* of a group's; else NULL */
    const char *revision_id; /* of a group's; else NULL */
    const char *document;    /* JSON, as it is shown */
    int64_t updated_ms;
};

/* Inserts, or rewrites the one of that name. */
void account_policy_put(struct store *store, const char *account, const char *region,
                        const struct resource_policy *policy);
/* False if there is none. */
MUST_CHECK bool account_policy_delete(struct store *store, const char *account, const char *region,
                                      const char *name);
/* How many there are, not counting the one of that name. */
size_t account_policy_count_others(struct store *store, const char *account, const char *region,
                                   const char *name);

/* A group has one at most: putting replaces it; deleting where there is none is no error. */
void group_policy_put(struct store *store, int64_t group_id, const struct resource_policy *policy);
void group_policy_delete(struct store *store, int64_t group_id);
/* In the arena; NULL if the group has no policy. */
const char *group_policy_revision(struct store *store, int64_t group_id, struct arena *arena);

/* Calls `visit` in order of the names of policies, or of groups, from behind `after` on, until it
 * answers false. */
struct resource_policy_search {
    const char *account;
    const char *region;
    bool is_of_groups;
    int64_t group_id; /* of groups: this one alone; 0: any */
    const char *after;
};
void resource_policy_each(struct store *store, const struct resource_policy_search *search,
                          bool (*visit)(const struct resource_policy *policy, void *owner),
                          void *owner);

#endif
