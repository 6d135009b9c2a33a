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

static void print_form(const struct role_request *request, struct buffer *form)
{
    CLEANUP(freep) char *own_name = xformat("canary-%d", (int)getpid());
    buffer_add_string(form, "Action=AssumeRole&Version=2011-06-15");
    add_parameter(form, "RoleArn", request->arn);
    add_parameter(form, "RoleSessionName",
                  request->session_name ? request->session_name : own_name);
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
    profile->access_key_id = copy_element(xml, "AccessKeyId");
    profile->secret_access_key = copy_element(xml, "SecretAccessKey");
    profile->session_token = copy_element(xml, "SessionToken");
    return profile->access_key_id && profile->secret_access_key && profile->session_token &&
           timestamp_parse(xml_element(xml, "Expiration"), &profile->expires_ms);
}

bool role_assume(const struct role_request *request, const struct profile *source,
                 struct profile *profile, struct error *error)
{
    struct api api = { 0 };
    struct profile asking = profile_copy(source);
    struct api_response response;
    CLEANUP(buffer_clear) struct buffer form = { 0 };
    CLEANUP(freep) char *doing = xformat("assume %s", request->arn);
    asking.expires_ms = 0; /* they were got a moment ago */
    print_form(request, &form);
    api_init(&api, &asking);
    api.should_stop = patience_is_over;
    api.owner = (void *)request->patience;
    /* Credentials are renewed in the midst of a step, where nobody may wait; and asked for again.
     */
    api.patient_until_us = clock_monotonic_us();
    bool is_good = sts_call(&api, "AssumeRole", buffer_text(&form), TIMEOUT_MS, &response);
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
