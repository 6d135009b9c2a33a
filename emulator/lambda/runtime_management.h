/*
 * When a version's runtime is updated (lambda-api.md section 27.5). SQL on
 * lambda_runtime_management.
 */
#ifndef COALMINE_RUNTIME_MANAGEMENT_H
#define COALMINE_RUNTIME_MANAGEMENT_H

#include <stdbool.h>

#include "arena.h"
#include "lambda/function_name.h"
#include "store/store.h"

struct runtime_management {
    const char *update_on;           /* "Auto", "FunctionUpdate", "Manual" */
    const char *runtime_version_arn; /* with Manual; else NULL */
};

/* The setting of that version ("$LATEST" or a number), Auto if none was made; texts live in the
 * arena. */
struct runtime_management runtime_management_get(struct store *store,
                                                 const struct function_key *key,
                                                 const char *qualifier, struct arena *arena);
void runtime_management_save(struct store *store, const struct function_key *key,
                             const char *qualifier, const struct runtime_management *setting);
void runtime_management_delete(struct store *store, const struct function_key *key,
                               const char *qualifier);

#endif
