/*
 * Function URLs: one for a function, one for each of its aliases. SQL on lambda_function_url.
 */
#ifndef COALMINE_FUNCTION_URL_H
#define COALMINE_FUNCTION_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "lambda/function_name.h"
#include "store/store.h"

struct function_url {
    struct function_key key;
    const char *qualifier;     /* an alias; "": none */
    const char *id;            /* 32 letters and digits */
    const char *configuration; /* JSON text of AuthType, Cors, InvokeMode as given */
    int64_t created_ms;        /* service times */
    int64_t modified_ms;
};

/* Texts of what is found live in the arena. `qualifier` may be NULL for none. */
bool function_url_find(struct store *store, const struct function_key *key, const char *qualifier,
                       struct arena *arena, struct function_url *url_out);
bool function_url_find_by_id(struct store *store, const char *id, struct arena *arena,
                             struct function_url *url_out);
/* The function's next by qualifier behind `after` (NULL: from the start); false at the end. */
bool function_url_next(struct store *store, const struct function_key *key, const char *after,
                       struct arena *arena, struct function_url *url_out);

/* Inserts, or rewrites the one of that function and qualifier. */
void function_url_save(struct store *store, const struct function_url *url);
/* False if there was none. */
bool function_url_delete(struct store *store, const struct function_key *key,
                         const char *qualifier);

/* A new id, in the arena. */
const char *function_url_make_id(struct arena *arena);

/* "http://<id>.lambda-url.<region>.localhost:<port>/" with the port of `base_url` ("http://host"
 * or "http://host:port"), so that it leads back to this server; in the arena. */
const char *function_url_text(struct arena *arena, const struct function_url *url,
                              const char *base_url);

#endif
