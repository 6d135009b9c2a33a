/*
 * Pages in a browser must drive neither the API nor a Runtime API. A page that a user happens to
 * visit can send requests to this machine: by name (DNS rebinding: the page's own name made to
 * point here), across origins, or as the page of a function that this server itself has served.
 * Browsers tell on all of them: by Host, Origin and Sec-Fetch-Site.
 */
#ifndef COALMINE_ORIGIN_H
#define COALMINE_ORIGIN_H

#include <stdbool.h>

#include "http/server.h"

/* Whom the user allowed, each a comma-separated list; NULL: nobody. */
struct origin_policy {
    const char *hosts;   /* names beside this machine's own: "coalmine.test" */
    const char *origins; /* "http://localhost:3000", or "*" */
    bool takes_any_host; /* known otherwise to be no page: none has a key to sign with, say */
};

/* Of a request; NULL where the header is not there. */
struct origin_headers {
    const char *host;
    const char *origin;
    const char *fetch_site; /* Sec-Fetch-Site */
};

/* Of this one; as long as its headers live. */
struct origin_headers origin_headers_of(const struct http_exchange *exchange);

/* True if the name is this machine's own or AWS's (addresses but 0.0.0.0 and the like, localhost
 * and below it, host.docker.internal, amazonaws.com and on.aws and below), or one that the policy
 * allows. */
bool origin_host_is_known(const struct origin_policy *policy, const char *host);

/* NULL if the request may pass, else a sentence that says why not and what to do (static). */
const char *origin_refusal(const struct origin_policy *policy,
                           const struct origin_headers *headers);

#endif
