/*
 * The token of IAM Identity Center that `aws sso login` leaves in ~/.aws/sso/cache. That of an
 * sso-session is renewed there when it ends, as the AWS CLI does.
 */
#ifndef CANARY_SSO_TOKEN_H
#define CANARY_SSO_TOKEN_H

#include "aws/sso.h"

/* Owned by the caller; NULL with a sentence that says what to do. */
MUST_CHECK char *sso_token(const struct sso_request *request, struct error *error);

#endif
