/*
 * The versions of a policy that stands by itself: SQL. A policy is meant by account and name.
 */
#ifndef COALMINE_POLICY_VERSION_H
#define COALMINE_POLICY_VERSION_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "store/store.h"

struct policy_version {
    int number;
    const char *document; /* JSON, as given */
    int64_t created_ms;
};

/* Of the policy with that name; the number must be free. */
void policy_version_insert(struct store *store, const char *account, const char *policy,
                           const struct policy_version *version);

/* False if there is none of that number. Texts live in the arena. */
bool policy_version_get(struct store *store, const char *account, const char *policy, int number,
                        struct arena *arena, struct policy_version *version_out);

/* The newest that is older than `before`, without its document; false at the end. */
bool policy_version_next(struct store *store, const char *account, const char *policy, int before,
                         struct policy_version *version_out);

int policy_version_count(struct store *store, const char *account, const char *policy);

/* False if there is none of that number. */
bool policy_version_delete(struct store *store, const char *account, const char *policy,
                           int number);

#endif
