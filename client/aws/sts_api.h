/*
 * Who we are to AWS.
 */
#ifndef CANARY_STS_API_H
#define CANARY_STS_API_H

#include "aws/api.h"

struct identity {
    char account[16];
    char arn[256];
};

/* GetCallerIdentity, which needs no permission. */
MUST_CHECK bool sts_identity(struct api *api, struct identity *identity_out, struct error *error);

#endif
