/*
 * Credentials of a role for a token that somebody else has signed: what Kubernetes gives to a pod
 * (EKS), or CI to a job. The token stands in a file, where it is replaced before it expires.
 */
#ifndef CANARY_WEB_IDENTITY_H
#define CANARY_WEB_IDENTITY_H

#include "aws/config.h"
#include "aws/profile.h"
#include "compiler.h"
#include "error.h"

/* Is there such a file, by the profile, or (where no profile was named: `reads_variables`) by
 * AWS_WEB_IDENTITY_TOKEN_FILE, which wins? */
bool web_identity_is_set(const struct config *config, bool reads_variables);

/* Reads the file and has STS give credentials (AssumeRoleWithWebIdentity). Sets those of `profile`,
 * and when they expire. False with a sentence, which never has the token in it. */
MUST_CHECK bool web_identity_take(const struct config *config, bool reads_variables,
                                  const struct patience *patience, struct profile *profile,
                                  struct error *error);

#endif
