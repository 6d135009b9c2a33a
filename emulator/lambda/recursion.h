/*
 * Whether a loop of invocations is stopped (lambda-api.md section 27.5): lineage.h finds it.
 */
#ifndef COALMINE_RECURSION_H
#define COALMINE_RECURSION_H

#include <stdbool.h>

#include "lambda/function_name.h"
#include "store/store.h"

/* RecursiveLoop is Terminate, as it is at first; also for a function that does not exist. */
bool recursion_is_stopped(struct store *store, const struct function_key *key);
void recursion_set_stopped(struct store *store, const struct function_key *key, bool is_stopped);

#endif
