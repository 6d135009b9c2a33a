/*
 * AWS Identity and Access Management, as far as workshops need it: roles and their policies.
 * Nothing is enforced: Coalmine lets every caller do everything.
 */
#ifndef COALMINE_IAM_H
#define COALMINE_IAM_H

#include "operation/operation.h"

extern const struct service iam_service; /* its state is in the store */

/* Slices of the service, of the file of the same name each. */
extern const struct operation iam_role_operations[];
extern const struct operation iam_role_update_operations[];
extern const struct operation iam_inline_policy_operations[];
extern const struct operation iam_managed_policy_operations[];
extern const struct operation iam_policy_version_operations[];

extern const struct lacking_operation iam_lacking_operations[];

#endif
