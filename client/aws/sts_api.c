#include "aws/sts_api.h"

/* The text of the first such element; the answer is a flat one. */
static void take_element(struct text xml, const char *name, char *value_out, size_t size)
{
    char open[32];
    snprintf(open, sizeof(open), "<%s>", name);
    const char *from = memmem(xml.data, xml.size, open, strlen(open));
    value_out[0] = '\0';
    if (!from)
        return;
    from += strlen(open);
    size_t rest = xml.size - (size_t)(from - xml.data);
    const char *end = memchr(from, '<', rest);
    snprintf(value_out, size, "%.*s", (int)(end ? (size_t)(end - from) : rest), from);
}

bool sts_identity(struct api *api, struct identity *identity_out, struct error *error)
{
    struct api_request request = {
        .service = API_STS,
        .method = "POST",
        .path = "/",
        .content_type = "application/x-www-form-urlencoded; charset=utf-8",
        .body = TEXT("Action=GetCallerIdentity&Version=2011-06-15"),
    };
    struct api_response response;
    bool is_good = api_call(api, &request, &response);
    struct text xml = buffer_text(&response.body);
    if (is_good) {
        take_element(xml, "Account", identity_out->account, sizeof(identity_out->account));
        take_element(xml, "Arn", identity_out->arn, sizeof(identity_out->arn));
        is_good = identity_out->account[0] || error_set(error, NULL, "STS names no account");
    } else {
        api_failure(&response, "ask STS who we are", error);
    }
    api_response_clear(&response);
    return is_good;
}
