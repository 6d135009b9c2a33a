/*
 * The bytes of an Invoke request, signed. A signature holds a time of whole seconds, so a request
 * that equals another of the same second has the same signature: it is made once.
 */
#ifndef CANARY_SIGNER_H
#define CANARY_SIGNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/profile.h"
#include "buffer.h"
#include "crypto.h"
#include "text.h"

struct signed_head;

struct signer {
    const struct profile *profile;
    char *origin; /* scheme and host: "http://127.0.0.1:4566" */
    char *host;   /* of the endpoint, with its port */
    char *path;   /* as it goes over the wire */
    char *query;
    bool wants_log;
    const struct text *payloads;
    size_t payload_count;
    char (*hashes)[SHA256_HEX_SIZE]; /* of each payload */
    unsigned char key[SHA256_SIZE];
    int64_t key_day;
    char *key_id;              /* whose the key is: credentials may be replaced */
    struct signed_head *heads; /* the latest ones */
    uint64_t made;             /* signatures, in all */
};

/* `profile` and `payloads` stay the caller's and must outlive the signer; the credentials in
 * `profile` may change meanwhile. `wants_log` asks for the
 * log's tail in the answer. */
void signer_init(struct signer *signer, const struct profile *profile, const char *function,
                 const char *qualifier, bool wants_log, const struct text *payloads,
                 size_t payload_count);
void signer_clear(struct signer *signer);

/* The request up to its body, for that payload at that time. Good until the next call. */
struct text signer_head(struct signer *signer, size_t payload, int64_t now_ms);

#endif
