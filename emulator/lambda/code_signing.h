/*
 * Code signing configurations, and which functions have one (lambda-api.md section 27.4). SQL on
 * lambda_code_signing_config. Signatures are not checked here.
 */
#ifndef COALMINE_CODE_SIGNING_H
#define COALMINE_CODE_SIGNING_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "compiler.h"
#include "lambda/function_name.h"
#include "store/store.h"

struct code_signing_scope {
    const char *account;
    const char *region;
};

struct code_signing_config {
    const char *id;            /* "csc-" and 17 characters */
    const char *configuration; /* JSON object of Description, AllowedPublishers,
                                  CodeSigningPolicies */
    const char *tags;          /* JSON object */
    int64_t modified_ms;
};

/* The configuration's ARN, in the arena. */
const char *code_signing_arn(struct arena *arena, const struct code_signing_scope *scope,
                             const char *id);
/* The id in an ARN of that account and region; NULL if it is none. */
const char *code_signing_id(struct arena *arena, const struct code_signing_scope *scope,
                            const char *arn);

/* Texts live in the arena; false if there is none. */
bool code_signing_find(struct store *store, const struct code_signing_scope *scope, const char *id,
                       struct arena *arena, struct code_signing_config *config_out);
/* The next one by id after `after`. */
bool code_signing_next(struct store *store, const struct code_signing_scope *scope,
                       const char *after, struct arena *arena,
                       struct code_signing_config *config_out);
/* Inserts, or rewrites the one of that id. */
void code_signing_save(struct store *store, const struct code_signing_scope *scope,
                       const struct code_signing_config *config);
void code_signing_delete(struct store *store, const struct code_signing_scope *scope,
                         const char *id);

/* The ARN that the function has; NULL: none. */
const char *code_signing_of_function(struct store *store, const struct function_key *key,
                                     struct arena *arena);
void code_signing_set_function(struct store *store, const struct function_key *key,
                               const char *config_arn);
/* The next function by name after `after` that has this configuration; NULL at the end. */
const char *code_signing_next_function(struct store *store, const struct code_signing_scope *scope,
                                       const char *config_arn, const char *after,
                                       struct arena *arena);

struct call;

/* False with CodeSigningConfigNotFoundException if the ARN (NULL: good) names none. */
MUST_CHECK bool code_signing_check(struct call *call, const char *config_arn);

extern const char code_signing_arn_pattern[];

#endif
