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

/* An operation, as a form that names it. As api_call(); its timeout too. */
bool sts_call(struct api *api, const char *operation, struct text form, long timeout_ms,
              struct api_response *response_out);

/* GetCallerIdentity, which needs no permission. */
MUST_CHECK bool sts_identity(struct api *api, struct identity *identity_out, struct error *error);

#endif
