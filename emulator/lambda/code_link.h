/*
 * The link behind Code.Location and Content.Location: signed, good for ten minutes of service
 * time. Its last path segment is "<function or layer>-<uuid>", so `curl -O` saves that, as on AWS.
 */
#ifndef COALMINE_CODE_LINK_H
#define COALMINE_CODE_LINK_H

#include "lambda/function_name.h"
#include "operation/operation.h"
#include "store/store.h"

/* For a version of the function or layer `key`. In the call's arena. */
const char *code_link_make(struct call *call, const struct function_key *key, const char *code_id);

/* The installation's secret that signs links, made at its first start: hexadecimal, the caller owns
 * it. NULL with a sentence if it cannot be kept. */
MUST_CHECK char *code_link_secret(struct store *store, struct error *error);

#endif
