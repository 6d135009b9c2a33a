/*
 * Names and ids of IAM's entities.
 */
#ifndef COALMINE_IAM_NAME_H
#define COALMINE_IAM_NAME_H

#include <stdbool.h>

#include "arena.h"
#include "compiler.h"
#include "error.h"

/* ValidationError that names the member, "roleName", if the name has letters that none has. */
MUST_CHECK bool name_check(const char *member, const char *name, struct error *error);

/* A new id, in the arena: four letters that say of what ("AROA" of a role), and 17 at random. */
const char *id_new(const char *prefix, struct arena *arena);

/* Likewise that of a temporary access key, which is shorter: "ASIA" and 16. */
const char *id_new_key(struct arena *arena);

/* One that is always the same for the same thing: of a role that was not made here. */
const char *id_of(const char *prefix, const char *arn, struct arena *arena);

#endif
