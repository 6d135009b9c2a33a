/*
 * The documents of resource policies. Pure.
 */
#ifndef COALMINE_LOGS_RESOURCE_POLICY_DOCUMENT_H
#define COALMINE_LOGS_RESOURCE_POLICY_DOCUMENT_H

#include "compiler.h"
#include "error.h"

/* A document as AWS shows it: members in its order, the Version that holds where none is given,
 * statements as a list, a Principal's list of one as that one. Owned by the caller; NULL with
 * InvalidParameterException if it is no policy. */
MUST_CHECK char *resource_policy_document_normalize(const char *document, struct error *error);

#endif
