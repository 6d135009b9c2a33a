#include "aws/sts_api.h"

static void take_element(struct text xml, const char *name, char *value_out, size_t size)
{
    snprintf(value_out, size, "%.*s", TEXT_ARGS(xml_element(xml, name)));
}

bool sts_call(struct api *api, const struct sts_request *request, struct api_response *response_out)
{
    const struct api_request call = {
        .service = API_STS,
        .operation = request->operation,
        .method = "POST",
        .path = "/",
        .content_type = "application/x-www-form-urlencoded; charset=utf-8",
        .body = request->form,
        .timeout_ms = request->timeout_ms,
        .is_unsigned = request->is_unsigned,
    };
    return api_call(api, &call, response_out);
}

bool sts_identity(struct api *api, struct identity *identity_out, struct error *error)
{
    struct api_response response;
    const struct sts_request request = { .operation = "GetCallerIdentity",
                                         .form =
                                             TEXT("Action=GetCallerIdentity&Version=2011-06-15") };
    bool is_good = sts_call(api, &request, &response);
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
