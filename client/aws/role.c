#include "aws/role.h"

#include <stdlib.h>
#include <unistd.h>

#include "aws/sts_api.h"
#include "clock.h"
#include "timestamp.h"
#include "url.h"
#include "xalloc.h"

enum { TIMEOUT_MS = 30000 };

static void add_parameter(struct buffer *form, const char *name, const char *value)
{
    if (!value)
        return;
    buffer_add_format(form, "&%s=", name);
    url_encode(form, text_from(value), false);
}

static const char *operation_of(const struct role_request *request)
{
    return request->web_identity ? "AssumeRoleWithWebIdentity" : "AssumeRole";
}

static void print_form(const struct role_request *request, struct buffer *form)
{
    CLEANUP(freep) char *own_name = xformat("canary-%d", (int)getpid());
    buffer_add_format(form, "Action=%s&Version=2011-06-15", operation_of(request));
    add_parameter(form, "RoleArn", request->arn);
    add_parameter(form, "RoleSessionName",
                  request->session_name ? request->session_name : own_name);
    add_parameter(form, "WebIdentityToken", request->web_identity);
    add_parameter(form, "ExternalId", request->external_id);
    add_parameter(form, "DurationSeconds", request->duration_s);
}

static char *copy_element(struct text xml, const char *name)
{
    struct text value = xml_element(xml, name);
    return value.size ? xstrndup(value.data, value.size) : NULL;
}

static bool take_answer(struct text xml, struct profile *profile)
{
    CLEANUP(freep) char *key = copy_element(xml, "AccessKeyId");
    CLEANUP(freep) char *secret = copy_element(xml, "SecretAccessKey");
    CLEANUP(freep) char *token = copy_element(xml, "SessionToken");
    return token && profile_set_keys(profile, key, secret, token) &&
           timestamp_parse(xml_element(xml, "Expiration"), &profile->expires_ms);
}

bool role_assume(const struct role_request *request, const struct profile *source,
                 struct profile *profile, struct error *error)
{
    struct api api = { 0 };
    struct profile asking = profile_copy(source);
    struct api_response response;
    CLEANUP(buffer_clear) struct buffer form = { 0 };
    CLEANUP(freep)
    char *doing =
        xformat("assume %s%s", request->arn, request->web_identity ? " with a web identity" : "");
    asking.expires_ms = 0;       /* they were got a moment ago, */
    asking.is_renewable = false; /* and are got again with the role's */
    print_form(request, &form);
    api_init(&api, &asking);
    api.should_stop = patience_is_over;
    api.owner = (void *)request->patience;
    /* Credentials are renewed in the midst of a step, where nobody may wait; and asked for again.
     */
    api.patient_until_us = clock_monotonic_us();
    bool is_good = sts_call(&api,
                            &(struct sts_request){ .operation = operation_of(request),
                                                   .form = buffer_text(&form),
                                                   .timeout_ms = TIMEOUT_MS,
                                                   .is_unsigned = request->web_identity != NULL },
                            &response);
    if (!is_good && patience_ran_out(request->patience))
        error_set(error, NULL, "cannot %s: STS takes too long", doing);
    else if (!is_good)
        api_failure(&response, doing, error);
    else if (!take_answer(buffer_text(&response.body), profile))
        is_good = error_set(error, NULL, "cannot %s: STS answers without credentials", doing);
    api_response_clear(&response);
    api_clear(&api);
    return is_good;
}
