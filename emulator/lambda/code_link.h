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

/* Makes the secret that signs links, unless there is one: start-up. */
MUST_CHECK bool code_link_make_secret(struct store *store, struct error *error);

#endif
