/*
 * The API as functions find it: where it is, and as whom they call it.
 */
#ifndef COALMINE_FUNCTION_API_H
#define COALMINE_FUNCTION_API_H

#include "arena.h"
#include "sigv4.h"

struct sandbox_plan;

struct function_api {
    char *url; /* AWS_ENDPOINT_URL of functions that set none; NULL: they get none */
    /* New credentials for one environment of the version, in the arena. NULL: there are none. */
    void (*issue)(const struct sandbox_plan *plan, struct arena *arena,
                  struct sigv4_credentials *credentials_out, void *owner);
    void *owner;
};

#endif
