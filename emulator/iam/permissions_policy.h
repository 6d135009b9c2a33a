/*
 * What IAM refuses in a policy that says what a role may do. Pure.
 */
#ifndef COALMINE_PERMISSIONS_POLICY_H
#define COALMINE_PERMISSIONS_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"
#include "error.h"

/* Whether the text is a policy document of the IAM grammar (reference_policies_grammar in AWS's IAM
 * guide). Else false with MalformedPolicyDocument. Which actions and services there are is not
 * known here, nor what conditions may say. */
MUST_CHECK bool permissions_policy_check(const char *policy, struct error *error);

/* The same, for a policy that stands by itself: its Version must be 2012-10-17. */
MUST_CHECK bool managed_policy_check(const char *policy, struct error *error);

/* Bytes that count towards the quotas: all but white space. */
size_t permissions_policy_size(const char *policy);

#endif
