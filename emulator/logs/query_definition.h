/*
 * Saved queries as the control plane keeps them. SQL on logs_query_definition.
 */
#ifndef COALMINE_LOGS_QUERY_DEFINITION_H
#define COALMINE_LOGS_QUERY_DEFINITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "compiler.h"
#include "store/store.h"

struct query_definition {
    const char *account;
    const char *region;
    const char *id;
    const char *name;
    const char *configuration; /* JSON object: queryLanguage, queryString, and as given
                                  logGroupNames, parameters */
    const char *client_token;  /* of the request that made it; NULL: none */
    int64_t modified_ms;
};

/* Its id must be new. */
void query_definition_insert(struct store *store, const struct query_definition *definition);
/* Rewrites name, configuration and time of the one with that id; false if there is none. */
MUST_CHECK bool query_definition_update(struct store *store,
                                        const struct query_definition *definition);
MUST_CHECK bool query_definition_delete(struct store *store, const char *account,
                                        const char *region, const char *id);

/* How many the account has in the region. */
size_t query_definition_count(struct store *store, const char *account, const char *region);
/* The id of the one that a request with this token made, in the arena; NULL if there is none. */
const char *query_definition_made_by(struct store *store, const char *account, const char *region,
                                     const char *client_token, struct arena *arena);

/* Calls `visit` in order of names and ids, from behind the pair (after_name, after_id), until it
 * answers false. */
struct query_definition_search {
    const char *account;
    const char *region;
    const char *prefix;   /* of the name; "": any */
    const char *language; /* "": any */
    const char *after_name;
    const char *after_id;
};
void query_definition_each(struct store *store, const struct query_definition_search *search,
                           bool (*visit)(const struct query_definition *definition, void *owner),
                           void *owner);

#endif
