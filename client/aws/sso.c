#include "aws/sso.h"

#include <stdlib.h>

#include "aws/http.h"
#include "aws/partition.h"
#include "aws/sso_token.h"
#include "url.h"
#include "xalloc.h"

enum { TIMEOUT_MS = 30000 };

static char *portal_url(const struct sso_request *request)
{
    const char *endpoint = getenv("AWS_ENDPOINT_URL_SSO");
    struct buffer url = { 0 };
    if (endpoint && *endpoint)
        buffer_add_string(&url, endpoint);
    else
        buffer_add_format(&url, "https://portal.sso.%s.%s", request->region,
                          partition_domain(request->region, false));
    buffer_add_string(&url, "/federation/credentials?role_name=");
    url_encode(&url, text_from(request->role), false);
    buffer_add_string(&url, "&account_id=");
    url_encode(&url, text_from(request->account), false);
    return buffer_take(&url, NULL);
}

static cJSON *ask_portal(const struct sso_request *request, const char *token, struct error *error)
{
    CLEANUP(freep) char *url = portal_url(request);
    CLEANUP(freep) char *header = xformat("x-amz-sso_bearer_token: %s", token);
    CLEANUP(buffer_clear) struct buffer answer = { 0 };
    CLEANUP(error_clear) struct error failure = { 0 };
    const struct http_call call = { .url = url,
                                    .header = header,
                                    .timeout_ms = TIMEOUT_MS,
                                    .authorities = request->authorities,
                                    .should_stop = patience_is_over,
                                    .owner = (void *)request->patience };
    if (!http_perform(&call, &answer, &failure)) {
        error_set(error, NULL, "SSO gives no credentials of role %s in account %s: %s",
                  request->role, request->account, failure.message);
        return NULL;
    }
    CLEANUP(json_deletep) cJSON *tree = json_parse(buffer_text(&answer));
    cJSON *credentials = json_get(tree, "roleCredentials");
    if (!json_text(credentials, "accessKeyId", NULL) ||
        !json_text(credentials, "secretAccessKey", NULL)) {
        error_set(error, NULL, "SSO answers without credentials");
        return NULL;
    }
    return cJSON_DetachItemViaPointer(tree, credentials);
}

cJSON *sso_credentials(const struct sso_request *request, struct error *error)
{
    if (!(request->session || request->start_url) || !request->region || !request->account ||
        !request->role) {
        error_set(error, NULL,
                  "profile %s wants SSO, but lacks sso_start_url, sso_region, sso_account_id or "
                  "sso_role_name",
                  request->profile);
        return NULL;
    }
    CLEANUP(freep) char *token = sso_token(request, error);
    return token ? ask_portal(request, token, error) : NULL;
}
