/*
 * What a qualifier names, a version or an alias, and what is set for it.
 */
#ifndef COALMINE_QUALIFIER_H
#define COALMINE_QUALIFIER_H

#include <stdbool.h>

#include "lambda/function_name.h"
#include "store/store.h"

/* True if the function has that version or alias; NULL stands for $LATEST. */
bool qualifier_exists(struct store *store, const struct function_key *key, const char *qualifier);

/* The version or alias is about to go: its policy and its configurations go with it. */
void qualifier_release(struct store *store, const struct function_key *key, const char *qualifier);

#endif
