/*
 * Policies of a customer that stand by themselves: rules and SQL. AWS's own are
 * not kept here: a role may have them, but nobody can look into them.
 */
#ifndef COALMINE_MANAGED_POLICY_H
#define COALMINE_MANAGED_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "arn.h"
#include "compiler.h"
#include "error.h"
#include "store/store.h"

struct managed_policy {
    const char *name;
    const char *path;
    const char *policy_id;
    const char *description; /* NULL: none */
    int default_version;
    int last_version; /* numbers are never used again */
    int64_t created_ms;
    int64_t updated_ms;
    const char *tags; /* JSON list of Key and Value */
};

/* ValidationError if it is no ARN of IAM's. */
MUST_CHECK bool managed_policy_parse_arn(const char *policy_arn, struct arn *arn_out,
                                         struct error *error);

/* Is it one that AWS made? */
bool managed_policy_is_of_aws(const struct arn *arn);

bool managed_policy_exists(struct store *store, const char *account, const struct arn *arn);

/* ValidationError if the ARN is none, NoSuchEntity if there is no such policy, NotImplemented if it
 * is one of AWS's. Texts live in the arena. */
MUST_CHECK bool managed_policy_get(struct store *store, const char *account, const char *policy_arn,
                                   struct arena *arena, struct managed_policy *policy_out,
                                   struct error *error);

/* Adds it with its first version, which is the default. */
MUST_CHECK bool managed_policy_create(struct store *store, const char *account,
                                      const struct managed_policy *policy, const char *document,
                                      struct error *error);
/* Stores what may change of a policy that was got: default and last version, time, tags. */
void managed_policy_update(struct store *store, const char *account,
                           const struct managed_policy *policy);
/* Adds a version behind the last, for what is there and in `policy`: the default if asked. */
MUST_CHECK bool managed_policy_add_version(struct store *store, const char *account,
                                           struct managed_policy *policy, const char *document,
                                           bool is_default, struct error *error);
/* Refused while a role has it, as its boundary too, or while it has other versions than the
 * default. */
MUST_CHECK bool managed_policy_delete(struct store *store, const char *account,
                                      const struct managed_policy *policy, const char *policy_arn,
                                      struct error *error);

/* The next policy by name after `after`, whose path begins with `path_prefix`; false at the end. */
bool managed_policy_next(struct store *store, const char *account, const char *after,
                         const char *path_prefix, struct arena *arena,
                         struct managed_policy *policy_out);

/* How many roles have it attached, and how many as their boundary. */
int managed_policy_attachments(struct store *store, const char *account, const char *policy_arn);
int managed_policy_boundaries(struct store *store, const char *account, const char *policy_arn);

enum policy_usage { USED_AS_PERMISSIONS = 1, USED_AS_BOUNDARY = 2 };

/* Which roles that have the policy are asked for. */
struct policy_users {
    const char *policy_arn;
    int usages;              /* bits of enum policy_usage: either will do */
    const char *path_prefix; /* their paths begin with it */
};

/* The next of them, by name after `after`, and its id, in the arena; false at the end. */
bool managed_policy_next_role(struct store *store, const char *account,
                              const struct policy_users *users, const char *after,
                              struct arena *arena, const char **name_out, const char **role_id_out);

#endif
