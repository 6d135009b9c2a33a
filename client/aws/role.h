/*
 * Credentials of a role that somebody takes (role_arn): STS gives them for those of another one, or
 * for a web identity.
 */
#ifndef CANARY_ROLE_H
#define CANARY_ROLE_H

#include "aws/profile.h"
#include "compiler.h"
#include "error.h"

struct role_request {
    const char *arn;
    const char *session_name; /* NULL: one that says that it is canary's */
    const char *external_id;  /* NULL: none */
    const char *duration_s;   /* as it stands in the profile; NULL: an hour */
    const char *web_identity; /* a token that says who asks, in the place of keys; NULL: none */
    const struct patience *patience;
};

/* Asks for them at the source's STS endpoint, with its keys (AssumeRole), or unsigned with the web
 * identity (AssumeRoleWithWebIdentity), and sets those of `profile` and when they expire. False
 * with a sentence. */
MUST_CHECK bool role_assume(const struct role_request *request, const struct profile *source,
                            struct profile *profile, struct error *error);

#endif
