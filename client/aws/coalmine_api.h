/*
 * Coalmine's own endpoints: what AWS does not have.
 */
#ifndef CANARY_COALMINE_API_H
#define CANARY_COALMINE_API_H

#include "aws/api.h"

/* GET or, with a body, POST. `path` is below /_coalmine/. The answer's JSON, owned by the caller;
 * NULL with a sentence, also if the endpoint is not on this machine. */
cJSON *coalmine_call(struct api *api, const char *path, const char *query, const cJSON *body,
                     struct error *error);

#endif
