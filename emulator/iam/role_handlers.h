/*
 * What the operations on roles share.
 */
#ifndef COALMINE_ROLE_HANDLERS_H
#define COALMINE_ROLE_HANDLERS_H

#include "iam/role.h"
#include "operation/operation.h"

enum { ROLE_SESSION_DEFAULT_S = 3600 };

#define ROLE_NAME_FIELD                                                                            \
    {                                                                                              \
        .name = "RoleName", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 64)    \
    }

extern const struct field iam_tag_item;      /* Key and Value */
extern const struct field iam_role_output[]; /* Role */

/* Adds the members that every answer has of a role. */
void iam_write_role(struct call *call, cJSON *output, const struct role *role);

/* Reads the page's start from Marker; false with the error if it is none of ours. */
MUST_CHECK bool iam_read_marker(struct call *call, const char **after_out);
void iam_write_marker(struct call *call, const char *last, bool is_truncated);

#endif
