/*
 * Plain HTTP calls, unsigned: hooks, notifications, Coalmine's clock, the SSO portal, what
 * hands out credentials.
 */
#ifndef CANARY_HTTP_H
#define CANARY_HTTP_H

#include <curl/curl.h>
#include <stdbool.h>

#include "buffer.h"
#include "compiler.h"
#include "error.h"

struct http_call {
    const char *method; /* NULL: GET, or POST with a body */
    const char *url;
    const char *header; /* one more, "Name: value"; NULL: none */
    struct text body;   /* JSON */
    long timeout_ms;
    const char *authorities;          /* as for http_trust() */
    bool is_direct;                   /* whatever proxy is set */
    bool (*should_stop)(void *owner); /* asked now and then; NULL: never */
    void *owner;
};

/* Trusts whom the authorities in that file have signed for; NULL: as for everybody. */
void http_trust(CURL *handle, const char *authorities);

/* Makes the call once. The answer's status; 0 with a sentence, which does not name the address, if
 * none came. `body_out` as below. */
long http_ask(const struct http_call *call, struct buffer *body_out, struct error *error);

/* Makes the call once. `body_out` gets the answer (at most 64 KB of it) and is cleared by the
 * caller. True if a 2xx came; else a sentence. */
MUST_CHECK bool http_perform(const struct http_call *call, struct buffer *body_out,
                             struct error *error);

#endif
