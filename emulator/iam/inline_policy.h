/*
 * Policies that are part of a role: rules and SQL.
 */
#ifndef COALMINE_INLINE_POLICY_H
#define COALMINE_INLINE_POLICY_H

#include <stdbool.h>

#include "arena.h"
#include "compiler.h"
#include "error.h"
#include "store/store.h"

struct inline_policy {
    const char *role;
    const char *name;
    const char *document; /* JSON, as given */
};

/* Adds it, or puts it in the place of the role's policy of that name. */
MUST_CHECK bool inline_policy_put(struct store *store, const char *account,
                                  const struct inline_policy *policy, struct error *error);

/* The document, in the arena; NULL with NoSuchEntity if there is no such role, or policy of it. */
const char *inline_policy_get(struct store *store, const char *account, const char *role,
                              const char *name, struct arena *arena, struct error *error);

/* NoSuchEntity if there is no such role, or policy of it. */
MUST_CHECK bool inline_policy_delete(struct store *store, const char *account, const char *role,
                                     const char *name, struct error *error);

/* The next one's name after `after`, in the arena; NULL at the end. */
const char *inline_policy_next(struct store *store, const char *account, const char *role,
                               const char *after, struct arena *arena);

/* Has the role any? */
bool inline_policy_is_any(struct store *store, const char *account, const char *role);

#endif
