/*
 * Who holds a role: whoever assumed it, or a function that runs under it.
 */
#ifndef COALMINE_ROLE_SESSION_H
#define COALMINE_ROLE_SESSION_H

#include "sigv4.h"
#include "store/store.h"
#include "sts/session.h"

/* A role that was named by its ARN; it need not have been made here. */
struct assumed_role {
    const char *partition;
    const char *account;
    const char *name;
    const char *id;        /* "AROA..."; always the same for the same ARN */
    int64_t max_session_s; /* 0: the role was not made here */
};

/* Texts live in the arena. False if the ARN is none. */
MUST_CHECK bool assumed_role_read(struct store *store, const char *arn, struct arena *arena,
                                  struct assumed_role *role_out);

/* The session of that name, with neither key nor end. */
struct session role_session(const struct assumed_role *role, const char *name, struct arena *arena);

/* New credentials of an environment of the function: a session of its role that bears its name, as
 * on AWS. No key vouches for it, so that functions are not heard where keys are verified
 * (docs/security.md). */
void function_session_issue(struct store *store, const char *account, const char *role_arn,
                            const char *function_name, struct arena *arena,
                            struct sigv4_credentials *credentials_out);

#endif
