/*
 * How many invocations run at once, and how many may (lambda-api.md section 8). What counts is
 * invocations in flight; how many processes serve them is the pool's business.
 *
 * Provisioned concurrency of a version is taken first. What it cannot take runs on demand: inside
 * the function's reservation if it has one, else inside what the account has left unreserved.
 */
#ifndef COALMINE_CONCURRENCY_H
#define COALMINE_CONCURRENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "lambda/function_name.h"
#include "lambda/state.h"

/* Invocations in flight of one thing. Lives as long as the service. */
struct concurrency_counter {
    uint32_t running;
};
struct concurrency_counter *concurrency_counter(struct lambda *lambda, const char *key);

/* An account's limits in a region, and what is taken of them. */
struct concurrency_account {
    int64_t limit;                  /* ConcurrentExecutions */
    int64_t reserved;               /* by functions */
    int64_t provisioned_unreserved; /* for versions of functions without a reservation */
};
struct concurrency_account concurrency_account(struct lambda *lambda, const char *account,
                                               const char *region);
/* Logs which accounts have reserved more than the limit, as they can when it was higher before: to
 * those who are throttled for it the answer does not say why. */
void concurrency_warn(struct lambda *lambda);
/* The least that must stay unreserved; limits below it are for small test accounts. */
int64_t concurrency_unreserved_minimum(const struct concurrency_account *account);

/* The function's reservation, or -1. */
int64_t concurrency_reserved(struct store *store, const struct function_key *key);
void concurrency_reserve(struct store *store, const struct function_key *key, int64_t reserved);
/* All that is provisioned for its versions. */
int64_t concurrency_provisioned_total(struct store *store, const struct function_key *key);

/* The counters and limits that an invocation of one function meets. */
struct concurrency_scope {
    struct concurrency_counter *account;    /* all of it */
    struct concurrency_counter *unreserved; /* on demand, of functions without a reservation */
    struct concurrency_counter *function;
    struct concurrency_counter *function_on_demand;
    struct concurrency_counter *resource;
    int64_t reserved;         /* -1: none */
    int64_t on_demand_limit;  /* of the function if it has a reservation, else of the account */
    int64_t account_reserved; /* reserved and provisioned, for ClaimedAccountConcurrency */
};
void concurrency_scope_fill(struct lambda *lambda, const struct function_key *key,
                            const char *resource, struct concurrency_scope *scope_out);

/* The counters of one version reached through one resource. */
struct concurrency_version {
    struct concurrency_counter *executed;    /* this version through this resource */
    struct concurrency_counter *provisioned; /* this version, on provisioned concurrency */
    int64_t allocated;                       /* provisioned and ready */
};

/* What an invocation in flight holds of them; part of whoever runs it. */
struct concurrency_hold {
    struct concurrency_scope scope;
    struct concurrency_version version;
    bool is_provisioned;
};

enum concurrency_verdict { CONCURRENCY_TAKEN, CONCURRENCY_FUNCTION_FULL, CONCURRENCY_ACCOUNT_FULL };

/* Takes a place, or says whose limit is reached. */
enum concurrency_verdict concurrency_take(const struct concurrency_scope *scope,
                                          const struct concurrency_version *version,
                                          struct concurrency_hold *hold_out);
void concurrency_give_back(const struct concurrency_hold *hold);

#endif
