/*
 * What the operations on roles share.
 */
#ifndef COALMINE_ROLE_HANDLERS_H
#define COALMINE_ROLE_HANDLERS_H

#include "iam/entity_handlers.h"
#include "iam/role.h"

enum { ROLE_SESSION_DEFAULT_S = 3600 };

extern const struct field iam_role_output[]; /* Role */

#define BOUNDARY_FIELD(REQUIRED)                                                                   \
    {                                                                                              \
        .name = "PermissionsBoundary", .type = FIELD_STRING, .is_required = (REQUIRED),            \
        .length = BETWEEN(20, 2048)                                                                \
    }

/* Whether the call's PermissionsBoundary, if it has one, can be that of a role: of the call's
 * partition, else as role_check_boundary(). */
MUST_CHECK bool iam_check_boundary(struct call *call);

/* The answer to a change: a role without its tags, and with the length of a session only where that
 * is not the default. The member Role, owned by the answer. */
cJSON *iam_answer_changed_role(struct call *call, const struct role *role);

#endif
