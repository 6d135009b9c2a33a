/*
 * Event invoke configurations: what becomes of asynchronous invocations of one qualifier. SQL on
 * lambda_event_invoke_config.
 */
#ifndef COALMINE_EVENT_INVOKE_CONFIG_H
#define COALMINE_EVENT_INVOKE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "lambda/function_name.h"
#include "store/store.h"

struct event_invoke_config {
    const char *qualifier;      /* "$LATEST", a number or an alias */
    int maximum_retry_attempts; /* -1: not set */
    int maximum_event_age_s;    /* -1: not set */
    const char *on_success;     /* destination ARN; NULL: none */
    const char *on_failure;
    int64_t modified_ms;
};

/* The configuration of that very qualifier; texts live in the arena. */
bool event_invoke_config_find(struct store *store, const struct function_key *key,
                              const char *qualifier, struct arena *arena,
                              struct event_invoke_config *config_out);

/* The function's next configuration by qualifier after `after` ("": from the first on). */
bool event_invoke_config_next(struct store *store, const struct function_key *key,
                              const char *after, struct arena *arena,
                              struct event_invoke_config *config_out);

/* Inserts, or rewrites the one of that qualifier. */
void event_invoke_config_save(struct store *store, const struct function_key *key,
                              const struct event_invoke_config *config);
/* False if there was none. */
bool event_invoke_config_delete(struct store *store, const struct function_key *key,
                                const char *qualifier);

#endif
