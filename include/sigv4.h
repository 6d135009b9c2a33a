/*
 * AWS Signature Version 4, in the stages of AWS's documentation so that tests can hold each:
 * canonical request, text to sign, signature. The client signs with it, the server verifies.
 * Implemented in emulator/base/sigv4.c.
 */
#ifndef COALMINE_SIGV4_H
#define COALMINE_SIGV4_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "crypto.h"
#include "text.h"

struct sigv4_header {
    const char *name; /* lower case */
    const char *value;
};

struct sigv4_request {
    const char *method;
    struct text path;                   /* as it goes over the wire, percent-encoded once */
    struct text query;                  /* as it goes over the wire, without '?' */
    const struct sigv4_header *headers; /* those to be signed, host among them, sorted by name */
    size_t header_count;
    const char *payload_hash; /* hex SHA-256 of the body as sent */
    int64_t time_ms;
    const char *region;
    const char *service;
};

struct sigv4_credentials {
    const char *access_key_id;
    const char *secret_access_key;
    const char *session_token; /* NULL: none */
};

/* Stage 1: appends the canonical request. */
void sigv4_canonical_request(const struct sigv4_request *request, struct buffer *buffer);

/* Stage 2: appends the text to sign, from the canonical request. */
void sigv4_text_to_sign(const struct sigv4_request *request, struct text canonical,
                        struct buffer *buffer);

/* Stage 3: the hex signature of the text to sign. */
void sigv4_signature(const struct sigv4_request *request, const char *secret_access_key,
                     struct text to_sign, char hex_out[SHA256_HEX_SIZE]);

/* The key that stage 3 signs with: good for one day, region and service, so that whoever signs
 * much keeps it. */
void sigv4_signing_key(const struct sigv4_request *request, const char *secret_access_key,
                       unsigned char key_out[SHA256_SIZE]);

/* All three with such a key: appends the value of the Authorization header. */
void sigv4_authorization_with(const struct sigv4_request *request, const char *access_key_id,
                              const unsigned char key[SHA256_SIZE], struct buffer *buffer);

/* All three: appends the value of the Authorization header. */
void sigv4_authorization(const struct sigv4_request *request,
                         const struct sigv4_credentials *credentials, struct buffer *buffer);

#endif
