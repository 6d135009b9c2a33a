/*
 * Who may call a function URL. AuthType NONE lets everyone in whom the resource policy lets in;
 * AWS_IAM wants a signed request, and a policy only for callers of other accounts.
 */
#ifndef COALMINE_URL_ACCESS_H
#define COALMINE_URL_ACCESS_H

#include <stdbool.h>

#include "arena.h"
#include "json.h"
#include "lambda/function_url.h"
#include "text.h"

/* What of the request tells who sent it. */
struct url_signature {
    const char *authorization; /* headers; NULL: not sent */
    const char *date;          /* X-Amz-Date */
    struct text query;
};

/* The access key of a request that is signed by Signature Version 4 for Lambda in this region, in
 * the headers or in the query; in the arena. NULL: it is not. The signature itself is verified
 * before, if keys were given (call->has_bad_signature). */
const char *url_access_key(const struct url_signature *signature, const char *region,
                           struct arena *arena);

/* True if the statements of a resource policy (NULL: there are none) let `account` (NULL: someone
 * unsigned) call a URL of this AuthType. Since October 2025 that takes two permissions:
 * lambda:InvokeFunctionUrl and lambda:InvokeFunction. Each needs a statement that allows it, and
 * none that denies it. A statement with a condition that is not about function URLs, which cannot
 * be told, allows nothing; one that denies denies all the same. */
bool url_policy_allows(const cJSON *statements, const char *account, const char *auth_type);

/* True if they deny one of the two. */
bool url_policy_denies(const cJSON *statements, const char *account, const char *auth_type);

/* The same for the URL's own policy. The URL's own account needs nothing that allows it. */
bool url_access_allows(struct store *store, const struct function_url *url, const char *account,
                       const char *auth_type);

#endif
