/*
 * Credentials that a program of the user's hands out: `credential_process` of a profile.
 */
#ifndef CANARY_CREDENTIAL_PROCESS_H
#define CANARY_CREDENTIAL_PROCESS_H

#include "aws/profile.h"
#include "compiler.h"
#include "error.h"

/* Runs the command in a shell and sets the profile's keys, and when they expire, to what it prints.
 * False with a sentence. */
MUST_CHECK bool credential_process_run(const char *command, struct profile *profile,
                                       struct error *error);

#endif
