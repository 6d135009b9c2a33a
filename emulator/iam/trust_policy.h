/*
 * What IAM refuses in a role's trust policy. Pure.
 */
#ifndef COALMINE_TRUST_POLICY_H
#define COALMINE_TRUST_POLICY_H

#include <stdbool.h>

#include "compiler.h"
#include "error.h"

/* Whether the text is a JSON object whose statements say who may assume the role, and no more. Else
 * false with MalformedPolicyDocument. What a statement lacks is not missed. */
MUST_CHECK bool trust_policy_check(const char *policy, struct error *error);

#endif
