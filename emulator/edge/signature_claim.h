/*
 * What a request says about its signature: the Authorization header, or the X-Amz-* parameters of
 * a presigned URL, taken apart. Nothing is judged here but what is missing.
 */
#ifndef COALMINE_SIGNATURE_CLAIM_H
#define COALMINE_SIGNATURE_CLAIM_H

#include <stdint.h>

#include "arena.h"
#include "edge/authenticate.h"

/* All texts live in the arena; "" where nothing was said. */
struct signature_claim {
    bool is_presigned;
    const char *authorization; /* the whole header */
    const char *algorithm;
    const char *credential; /* as given */
    bool is_scoped;         /* the credential has five elements: */
    const char *access_key_id;
    const char *scope_date;
    const char *region;
    const char *service;
    const char *terminator;
    const char *signed_headers; /* "content-type;host" */
    const char *signature;
    const char *session_token;
    const char *date;
    int64_t time_ms;   /* of `date`; set by whoever judges it */
    int64_t expires_s; /* presigned */
};

/* The value behind "Name=" in a header like `AWS4-HMAC-SHA256 Name=value, Other=value`; "" if it is
 * not there. */
const char *signature_header_part(const char *authorization, const char *name, struct arena *arena);

/* The decoded value of a query parameter; "" if it is not there. */
const char *signature_query_part(struct text query, const char *name, struct arena *arena);

/* False if the request is not signed at all. */
MUST_CHECK bool signature_claim_read(const struct signed_request *request, struct arena *arena,
                                     struct signature_claim *claim_out);

/* What is missing, as AWS says it, in the arena; NULL if nothing is. */
const char *signature_claim_gaps(const struct signature_claim *claim, struct arena *arena);

#endif
