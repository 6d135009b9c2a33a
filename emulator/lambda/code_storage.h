/*
 * The limit on what all functions and layers of an account take in a region.
 */
#ifndef COALMINE_CODE_STORAGE_H
#define COALMINE_CODE_STORAGE_H

#include "lambda/function_name.h"
#include "operation/operation.h"

extern const int64_t code_storage_max; /* bytes */

/* To be asked when the call has written the code of `key`, a function or a layer: it takes `added`
 * bytes more than before, or less. False with the fault, which undoes the call, if that is over the
 * limit. */
MUST_CHECK bool code_storage_check(struct call *call, const struct function_key *key,
                                   int64_t added);

#endif
