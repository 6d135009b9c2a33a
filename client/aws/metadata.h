/*
 * Those who hand out credentials beside the program, over HTTP: a container's agent, the metadata
 * service of a machine. They are near, so that they are not waited for long; no proxy is asked, and
 * nobody is followed elsewhere.
 */
#ifndef CANARY_METADATA_H
#define CANARY_METADATA_H

#include "aws/patience.h"
#include "aws/profile.h"
#include "buffer.h"
#include "compiler.h"
#include "error.h"

struct metadata_call {
    const char *method; /* NULL: GET */
    const char *url;
    const char *header; /* one more, "Name: value"; NULL: none */
    long timeout_ms;    /* of a try */
    int tries;          /* where no answer comes, or one that says that it may be there later */
    const char *authorities;
    const struct patience *patience;
};

/* `body_out` is cleared by the caller. False with a sentence that has neither the address nor what
 * was sent in it; of an answer only `code` and `message`, in which services say what is wrong. */
MUST_CHECK bool metadata_ask(const struct metadata_call *call, struct buffer *body_out,
                             struct error *error);

/* Sets the profile's keys, and when they expire, by AccessKeyId, SecretAccessKey, Token and
 * Expiration. False with a sentence, likewise, if one of them is missing. */
MUST_CHECK bool metadata_take_credentials(struct text json, struct profile *profile,
                                          struct error *error);

#endif
