/*
 * What the operations on policies and those on their versions share.
 */
#ifndef COALMINE_MANAGED_POLICY_HANDLERS_H
#define COALMINE_MANAGED_POLICY_HANDLERS_H

#include "iam/entity_handlers.h"
#include "iam/managed_policy.h"

/* The policy that PolicyArn names; false with the error. */
MUST_CHECK bool iam_get_policy(struct call *call, struct managed_policy *policy_out);

/* "v3", in the call's arena. */
const char *iam_version_id(struct call *call, int number);

#endif
