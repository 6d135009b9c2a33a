/*
 * Roles and the policies attached to them: rules and SQL. IAM is global, so an account has one
 * set of roles whatever the region.
 */
#ifndef COALMINE_ROLE_H
#define COALMINE_ROLE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "compiler.h"
#include "error.h"
#include "store/store.h"

struct role {
    const char *name;
    const char *path;
    const char *role_id;
    int64_t created_ms;
    const char *trust_policy; /* JSON, as given */
    const char *description;  /* NULL: none */
    int64_t max_session_s;
    const char *tags;                 /* JSON list of Key and Value */
    const char *permissions_boundary; /* a policy's ARN; NULL: none */
};

/* ValidationError if the name cannot be one, NoSuchEntity if there is no such role. */
MUST_CHECK bool role_exists(struct store *store, const char *account, const char *name,
                            struct error *error);

/* The same, and the role. Texts live in the arena. */
MUST_CHECK bool role_get(struct store *store, const char *account, const char *name,
                         struct arena *arena, struct role *role_out, struct error *error);
MUST_CHECK bool role_create(struct store *store, const char *account, const struct role *role,
                            struct error *error);
/* Stores what may change of a role that was got: trust policy (the caller has checked a new one),
 * description, session, tags, boundary. */
void role_update(struct store *store, const char *account, const struct role *role);
MUST_CHECK bool role_delete(struct store *store, const char *account, const char *name,
                            struct error *error);

/* Whether the policy can be a boundary: InvalidInput if it is no ARN of one, NoSuchEntity if there
 * is no such policy. */
MUST_CHECK bool role_check_boundary(struct store *store, const char *account,
                                    const char *policy_arn, struct error *error);

/* The next role by name after `after`, whose path begins with `path_prefix`; false at the end. */
bool role_next(struct store *store, const char *account, const char *after, const char *path_prefix,
               struct arena *arena, struct role *role_out);

/* As role_exists(). Attaching what is attached already is no error; NoSuchEntity if there is no
 * such policy, LimitExceeded if the role has too many. Detaching: NoSuchEntity if it was not
 * attached. */
MUST_CHECK bool role_attach_policy(struct store *store, const char *account, const char *name,
                                   const char *policy_arn, struct error *error);
MUST_CHECK bool role_detach_policy(struct store *store, const char *account, const char *name,
                                   const char *policy_arn, struct error *error);

/* The ARN of the next attached policy after `after` whose path begins with `path_prefix`, which
 * ends with a slash, in the arena; NULL at the end. */
const char *role_next_policy(struct store *store, const char *account, const char *name,
                             const char *after, const char *path_prefix, struct arena *arena);

#endif
