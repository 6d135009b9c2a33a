/*
 * What an invocation needs to know of a function and qualifier, kept in memory so that a warm
 * Invoke asks the database nothing: versions with their sandbox plans, weight, metric handles.
 * A write drops the function's targets, or all of them if it changes what functions share.
 */
#ifndef COALMINE_TARGET_H
#define COALMINE_TARGET_H

#include <stdbool.h>

#include "lambda/concurrency.h"
#include "lambda/function.h"
#include "lambda/lineage.h"
#include "lambda/state.h"
#include "random.h"
#include "runtime/pool.h"

struct target_version {
    struct sandbox_plan plan;             /* its version says which */
    struct sandbox_plan provisioned_plan; /* the same, for environments that are kept warm */
    struct arena texts;                   /* what the plans borrow from */
    bool is_pending;                      /* it may not run yet */
    struct concurrency_version concurrency;
};

struct target {
    struct arena texts; /* what the members below borrow from */
    struct function_key key;
    struct concurrency_scope concurrency;
    char lineage_hash[LINEAGE_HASH_SIZE];
    bool stops_loops;            /* RecursiveLoop is Terminate */
    const char *dead_letter_arn; /* of the primary's configuration; NULL: none */
    struct target_version primary;
    struct target_version *routed; /* NULL: no weights */
    double weight;
    bool is_alias;
    struct random_stream *stream; /* the alias's, for good */
    const char *arn;              /* as invoked */
    const char *resource;         /* "fn", "fn:live", "fn:3" */
};

/* The target, or NULL with "Function not found". Valid until the next targets_forget() or
 * targets_forget_function(). */
const struct target *target_get(struct lambda *lambda, const struct function_name *name,
                                struct error *error);

/* Which version runs this time. */
const struct target_version *target_draw(const struct target *target);

/* Drops all targets: limits that functions share were written, or a write was undone. */
void targets_forget(struct lambda *lambda);

/* Drops one function's: something of its own was written. */
void targets_forget_function(struct lambda *lambda, const struct function_key *key);

/* This version, as it is, will run no more: its idle sandboxes stop now. */
void target_retire(struct lambda *lambda, const struct function_version *version);

#endif
