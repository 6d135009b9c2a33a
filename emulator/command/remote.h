/*
 * Requests of a command to a server that runs: Coalmine's own endpoints, signed with the
 * credentials of the environment as AWS's tools do, so that account and region are those that they
 * see.
 */
#ifndef COALMINE_REMOTE_H
#define COALMINE_REMOTE_H

#include "error.h"
#include "json.h"

struct remote {
    const char *endpoint; /* "http://127.0.0.1:4566" */
    const char *region;
    const char *access_key_id;
    const char *secret_access_key;
    const char *session_token; /* NULL: none */
};

/* Reads the credentials; they are borrowed from the environment as it is now. */
void remote_read_credentials(struct remote *remote);

struct remote_request {
    const char *method;
    const char *path;
    const cJSON *body;  /* NULL: none */
    const char *member; /* of coalmine's answer, by which it is known; NULL: none */
};

/* The answer's tree, an empty object if it has no body; owned by the caller. NULL with the server's
 * sentence, or with why there was no answer, or none of coalmine's. */
cJSON *remote_call(const struct remote *remote, const struct remote_request *request,
                   struct error *error);

#endif
