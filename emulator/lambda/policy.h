/*
 * Resource-based policies of functions, versions, aliases and layer versions (lambda-api.md section
 * 25): statements in AWS's words, each resource with a policy and a RevisionId of its own. SQL on
 * lambda_policy.
 */
#ifndef COALMINE_POLICY_H
#define COALMINE_POLICY_H

#include <stdbool.h>

#include "arena.h"
#include "error.h"
#include "json.h"
#include "lambda/function_name.h"
#include "store/store.h"

struct policy_key {
    const char *account;
    const char *region;
    const char *resource; /* the ARN's end: "function:f", "function:f:live", "layer:l:3" */
};

struct policy {
    cJSON *document;   /* as GetPolicy shows it; the caller's, ends with policy_clear() */
    cJSON *statements; /* its Statement: an array, in order of addition */
    const char *revision_id;
};

/* What AddPermission asks for; NULL where nothing was said. */
struct policy_grant {
    const char *statement_id;
    const char *action;
    const char *principal;
    const char *source_arn;
    const char *source_account;
    const char *function_url_auth_type;
    const char *organization_id;
    const char *event_source_token;
    bool via_function_url;
};

/* The texts live as long as the key given, and the arena. Qualifier NULL: the function itself. */
struct policy_key policy_key_of_function(const struct function_key *key, const char *qualifier,
                                         struct arena *arena);
struct policy_key policy_key_of_layer(const struct function_key *layer, int64_t number,
                                      struct arena *arena);
const char *policy_resource_arn(const struct policy_key *key, struct arena *arena);

/* The policy; false if the resource has none. */
bool policy_find(struct store *store, const struct policy_key *key, struct arena *arena,
                 struct policy *policy_out);
void policy_clear(struct policy *policy);

/* Adds a statement, making the policy if there is none; the new RevisionId is in the arena. False
 * with the fault: statement id taken, principal invalid, policy too long, `revision_id` (NULL: any)
 * not the present one. *statement_out is the statement's compact JSON, in the arena. */
MUST_CHECK bool policy_add(struct store *store, const struct policy_key *key,
                           const struct policy_grant *grant, const char *revision_id,
                           struct arena *arena, const char **statement_out,
                           const char **revision_out, struct error *error);
/* Replaces the policy by a document of the caller's own; *policy_out is what there is then. False
 * with the fault: no policy document, too long, `revision_id` as for policy_add(). */
MUST_CHECK bool policy_put(struct store *store, const struct policy_key *key, const char *document,
                           const char *revision_id, struct arena *arena, struct policy *policy_out,
                           struct error *error);
/* Removes the policy; false with the fault: there is none, `revision_id` as for policy_add(). */
MUST_CHECK bool policy_drop(struct store *store, const struct policy_key *key,
                            const char *revision_id, struct error *error);
/* Removes a statement, and the policy with its last one. */
MUST_CHECK bool policy_remove(struct store *store, const struct policy_key *key,
                              const char *statement_id, const char *revision_id,
                              struct arena *arena, struct error *error);

/* The document as GetPolicy shows it, owned by the caller. */
char *policy_print(const struct policy *policy);

/* The policy of this resource alone, if it has one. */
void policy_delete(struct store *store, const struct policy_key *key);
/* The policies of a function, its versions and its aliases. */
void policy_delete_all(struct store *store, const struct function_key *key);

#endif
