/*
 * Credentials that a container is given: by ECS (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI), by EKS
 * Pod Identity and others (AWS_CONTAINER_CREDENTIALS_FULL_URI).
 */
#ifndef CANARY_CONTAINER_H
#define CANARY_CONTAINER_H

#include "aws/patience.h"
#include "aws/profile.h"
#include "compiler.h"
#include "error.h"

/* Whether the environment names an address of credentials, as ECS, EKS and Lambda set it. */
bool container_is_set(void);

/* Where they are asked for, owned by the caller; NULL with a sentence if they would be sent in the
 * clear by somebody who is neither on this machine nor ECS or EKS. */
MUST_CHECK char *container_url(struct error *error);

/* Sets the profile's keys, and when they expire. The variables must be set. False with a sentence,
 * which never has the authorization token in it. */
MUST_CHECK bool container_take(const struct patience *patience, struct profile *profile,
                               struct error *error);

#endif
