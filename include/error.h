/*
 * An error: which fault it is (a row: code and HTTP status) and a sentence about what went
 * wrong with what. The last parameter of whatever can fail; untouched on success.
 * Implemented in emulator/base/error.c.
 */
#ifndef COALMINE_ERROR_H
#define COALMINE_ERROR_H

#include <stdbool.h>

#include "compiler.h"

struct cJSON;

/* How a service spells one of its exceptions. Rows stand in the service's faults.c. */
struct fault {
    const char *code;           /* shape name, as in x-amzn-ErrorType or behind '#' in __type */
    int status;                 /* HTTP status */
    const char *query_code;     /* name in awsQuery and x-amzn-query-error; NULL: same as code */
    const char *type_namespace; /* before '#' in __type; NULL: the service's own */
    const char *message_key;    /* "Message" or "message"; NULL: the service's usual one */
    bool omits_type;            /* REST-JSON: no "Type" member in the body */
    const char *reason;         /* REST-JSON: value of a "Reason" member; NULL: none */
    bool has_members;           /* awsJson: what the call's output holds joins the body */
};

struct error {
    const struct fault *fault; /* NULL: not an AWS fault (a local failure) */
    char *message;             /* owned; NULL: AWS has no text here */
};

/* Sets the error, replacing an older one, and returns false, so that failing is one line. */
bool error_set(struct error *error, const struct fault *fault, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The same without a sentence, for the faults that AWS answers without one. */
bool error_set_silent(struct error *error, const struct fault *fault);

/* Frees the message; for CLEANUP too. */
void error_clear(struct error *error);

#endif
