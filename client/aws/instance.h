/*
 * What an EC2 machine knows of itself: its instance metadata service, version 2, which gives the
 * credentials of the machine's role. Elsewhere nobody answers, within a second.
 */
#ifndef CANARY_INSTANCE_H
#define CANARY_INSTANCE_H

#include "aws/config.h"
#include "aws/patience.h"
#include "aws/profile.h"
#include "compiler.h"
#include "error.h"

/* Sets the profile's keys, and when they expire. False with a sentence. */
MUST_CHECK bool instance_take(const struct config *config, const struct patience *patience,
                              struct profile *profile, struct error *error);

/* The machine's region, owned by the caller. NULL: it does not say. */
char *instance_region(const struct config *config, const struct patience *patience);

#endif
