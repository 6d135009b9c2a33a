/*
 * AWS Security Token Service: who we are to AWS.
 */
#ifndef CANARY_STS_API_H
#define CANARY_STS_API_H

#include "aws/api.h"

struct identity {
    char account[16];
    char arn[256];
};

struct sts_request {
    const char *operation;
    struct text form; /* that names it, with its parameters */
    long timeout_ms;  /* as in an api_request */
    bool is_unsigned;
};

/* As api_call(). */
bool sts_call(struct api *api, const struct sts_request *request,
              struct api_response *response_out);

/* GetCallerIdentity, which needs no permission. */
MUST_CHECK bool sts_identity(struct api *api, struct identity *identity_out, struct error *error);

#endif
