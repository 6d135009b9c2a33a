#include "aws/coalmine_api.h"

#include <string.h>

#include "xalloc.h"

enum { TIMEOUT_MS = 600000 }; /* a clock that is advanced waits for what it set off */

/* Its own sentence about what was asked: there is nothing to add. */
static bool is_refusal(const struct api_response *response)
{
    return response->error_code && (strcmp(response->error_code, "BadRequest") == 0 ||
                                    strcmp(response->error_code, "NotFound") == 0);
}

cJSON *coalmine_call(struct api *api, const char *path, const char *query, const cJSON *body,
                     struct error *error)
{
    CLEANUP(freep) char *full = xformat("/_coalmine/%s", path);
    CLEANUP(freep) char *text = body ? json_print(body) : NULL;
    struct api_request request = { .service = API_CLOUDWATCH,
                                   .method = body ? "POST" : "GET",
                                   .path = full,
                                   .query = query,
                                   .body = text_from(text),
                                   /* "Five minutes on" may have been done, however it ended. */
                                   .is_retried_on_throttling_only = body != NULL,
                                   .timeout_ms = TIMEOUT_MS };
    struct api_response response;
    if (!api->profile.is_local) {
        error_set(error, NULL, "only Coalmine has this, and %s is not on this machine",
                  api->profile.cloudwatch_endpoint);
        return NULL;
    }
    bool is_read = api_call(api, &request, &response);
    cJSON *tree = is_read ? api_response_json(&response) : NULL;
    if (!tree && is_refusal(&response))
        error_set(error, NULL, "%s", response.message);
    else if (!tree)
        api_failure(&response, "ask Coalmine", error);
    api_response_clear(&response);
    return tree;
}
