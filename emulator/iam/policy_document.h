/*
 * The form that all policy documents have: a JSON object with one statement or a list of them,
 * whose members are one string or a list of them. Pure.
 */
#ifndef COALMINE_POLICY_DOCUMENT_H
#define COALMINE_POLICY_DOCUMENT_H

#include <stdbool.h>

#include "compiler.h"
#include "error.h"
#include "json.h"

/* The document, which the caller owns; NULL with MalformedPolicyDocument if it is no JSON object.
 */
MUST_CHECK cJSON *policy_document_parse(const char *policy, struct error *error);

/* Each checks one after the other, until a check fails: then false, with its error. */
MUST_CHECK bool policy_document_each_statement(const cJSON *document,
                                               bool (*check)(const cJSON *, struct error *),
                                               struct error *error);
/* What is no string is passed over. */
MUST_CHECK bool policy_document_each_string(const cJSON *member,
                                            bool (*check)(const char *, struct error *),
                                            struct error *error);

#endif
