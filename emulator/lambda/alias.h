/*
 * Aliases: a name that points to one version, or splits its traffic between two.
 */
#ifndef COALMINE_ALIAS_H
#define COALMINE_ALIAS_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "lambda/function_name.h"
#include "store/store.h"

struct alias {
    const char *name;
    int64_t version;        /* 0: $LATEST */
    int64_t routed_version; /* gets `weight` of the traffic; -1: none */
    double weight;
    const char *description;
    const char *revision_id;
};

/* Texts live in the arena. */
bool alias_find(struct store *store, const struct function_key *key, const char *name,
                struct arena *arena, struct alias *alias_out);
/* The next alias by name after `after`; with version >= 0 only those that point there. */
bool alias_next(struct store *store, const struct function_key *key, const char *after,
                int64_t version, struct arena *arena, struct alias *alias_out);
/* Inserts, or rewrites the one of that name. */
void alias_save(struct store *store, const struct function_key *key, const struct alias *alias);
void alias_delete(struct store *store, const struct function_key *key, const char *name);

/* "live, beta": the aliases that send traffic to a version, in the arena; NULL: none. */
const char *alias_names_of(struct store *store, const struct function_key *key, int64_t number,
                           struct arena *arena);

#endif
