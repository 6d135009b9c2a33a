/*
 * Credentials of IAM Identity Center: `aws sso login` leaves a token in ~/.aws/sso/cache, for which
 * the portal gives a role's credentials.
 */
#ifndef CANARY_SSO_H
#define CANARY_SSO_H

#include "aws/patience.h"
#include "compiler.h"
#include "error.h"
#include "json.h"

struct sso_request {
    const char *profile;   /* for what is said */
    const char *session;   /* sso_session; NULL: none */
    const char *start_url; /* sso_start_url; without a session the cache is named by it */
    const char *region;    /* sso_region */
    const char *account;
    const char *role;
    const char *authorities; /* who sign for the portal, as for http_trust() */
    const struct patience *patience;
};

/* {accessKeyId, secretAccessKey, sessionToken, expiration} (milliseconds since 1970), owned by the
 * caller; NULL with a sentence that says what to do. */
MUST_CHECK cJSON *sso_credentials(const struct sso_request *request, struct error *error);

#endif
