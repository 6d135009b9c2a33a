/*
 * What the operations on roles share.
 */
#ifndef COALMINE_ROLE_HANDLERS_H
#define COALMINE_ROLE_HANDLERS_H

#include "iam/entity_handlers.h"
#include "iam/role.h"

enum { ROLE_SESSION_DEFAULT_S = 3600 };

extern const struct field iam_role_output[]; /* Role */

/* Adds the members that every answer has of a role. */
void iam_write_role(struct call *call, cJSON *output, const struct role *role);

#endif
