/*
 * Signature Version 4, verified (cloudwatch-api.md section 8): what is wrong with a request's
 * signature, in AWS's words and in the order in which AWS looks. Only with --credentials.
 */
#ifndef COALMINE_AUTHENTICATE_H
#define COALMINE_AUTHENTICATE_H

#include "arena.h"
#include "compiler.h"
#include "edge/keyring.h"
#include "error.h"
#include "operation/operation.h"
#include "text.h"

/* A request as far as its signature goes. Texts are borrowed. */
struct signed_request {
    const char *method;
    struct text path;  /* as it came, percent-encoded */
    struct text query; /* as it came */
    struct text body;  /* as it came, compressed or not */
    /* The value of a header by its name in any case, NULL if there is none. */
    const char *(*header)(const char *name, const void *owner);
    const void *owner;
    const char *service; /* the signing name that the scope must have; NULL: any */
    int64_t now_ms;      /* true time */
};

/* Who signed it; texts live in the arena or with the keyring. */
struct signer {
    const char *account;           /* NULL: as the access key id says */
    const struct session *session; /* of temporary credentials that were given here; NULL: none */
    const char *secret;            /* of the key, or of the one that vouches for the session */
};

/* How the error is spelled depends on the protocol; `is_query_mode` is that of awsJson and CBOR. */
struct signature_manner {
    enum protocol protocol;
    bool is_query_mode;
};

/* False with the error; its fault lives in the arena. */
MUST_CHECK bool authenticate(const struct keyring *keyring, const struct signed_request *request,
                             const struct signature_manner *manner, struct arena *arena,
                             struct signer *signer_out, struct error *error);

#endif
