/*
 * What a function URL's Cors settings add to its answers.
 */
#ifndef COALMINE_URL_CORS_H
#define COALMINE_URL_CORS_H

#include <stdbool.h>

#include "arena.h"
#include "json.h"
#include "text.h"

/* Of the request; NULL: not sent. */
struct url_cors_request {
    struct text method;
    const char *origin;
    const char *requested_method; /* Access-Control-Request-Method */
};

/* True if the URL answers this itself: a browser asks beforehand and Cors is configured. */
bool url_cors_is_preflight(const cJSON *cors, const struct url_cors_request *request);

/* Calls `add` for each header that the answer gets; values live in the arena. None without
 * `cors`, without an Origin, or from one that is not allowed. */
void url_cors_headers(const cJSON *cors, const struct url_cors_request *request,
                      struct arena *arena,
                      void (*add)(void *owner, const char *name, const char *value), void *owner);

#endif
