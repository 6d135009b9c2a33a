/*
 * Where credentials come from, in the AWS CLI's order: docs/canary.md has it as a table.
 */
#ifndef CANARY_CREDENTIALS_H
#define CANARY_CREDENTIALS_H

#include "aws/config.h"
#include "aws/profile.h"
#include "compiler.h"
#include "error.h"

/* Sets the keys of `profile`, whose region and endpoints are known, and when they expire. Against
 * Coalmine, which takes any, there always are some. False with a sentence that says what to do. */
MUST_CHECK bool credentials_find(const struct config *config, const struct profile_choice *choice,
                                 struct profile *profile, struct error *error);

#endif
