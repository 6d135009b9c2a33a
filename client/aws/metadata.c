#include "aws/metadata.h"

#include "aws/http.h"
#include "json.h"
#include "timestamp.h"
#include "xalloc.h"

enum { AGAIN_MS = 1000, STATUS_GOOD = 200, STATUS_BUSY = 429, STATUS_FAULT = 500 };

/* Services spell it in two ways. */
static const char *member(const cJSON *tree, const char *small, const char *large)
{
    return json_text(tree, small, json_text(tree, large, NULL));
}

static bool refuse(long status, struct text body, struct error *error)
{
    CLEANUP(json_deletep) cJSON *tree = json_parse(body);
    const char *code = member(tree, "code", "Code");
    const char *message = member(tree, "message", "Message");
    return error_set(error, NULL, "it answers with status %ld%s%s%s%s", status, code ? ": " : "",
                     code ? code : "", message ? ": " : "", message ? message : "");
}

bool metadata_ask(const struct metadata_call *call, struct buffer *body_out, struct error *error)
{
    const struct http_call one = { .method = call->method,
                                   .url = call->url,
                                   .header = call->header,
                                   .timeout_ms = call->timeout_ms,
                                   .authorities = call->authorities,
                                   .is_direct = true,
                                   .should_stop = patience_is_over,
                                   .owner = (void *)call->patience };
    for (int tries = 1;; tries++) {
        long status = http_ask(&one, body_out, error);
        if (status == STATUS_GOOD)
            return true;
        bool is_final = status && status != STATUS_BUSY && status < STATUS_FAULT;
        if (is_final || tries >= call->tries || !patience_sleep(call->patience, AGAIN_MS))
            return status ? refuse(status, buffer_text(body_out), error) : false;
        buffer_clear(body_out);
    }
}

bool metadata_take_credentials(struct text json, struct profile *profile, struct error *error)
{
    CLEANUP(json_deletep) cJSON *tree = json_parse(json);
    const char *code = member(tree, "code", "Code");
    const char *message = member(tree, "message", "Message");
    const char *token = json_text(tree, "Token", NULL);
    const char *expires = json_text(tree, "Expiration", NULL);
    if (!tree)
        return error_set(error, NULL, "it answers with what is no JSON");
    if (code && message && strcmp(code, "Success") != 0)
        return error_set(error, NULL, "%s: %s", code, message);
    if (!expires || !timestamp_parse(text_from(expires), &profile->expires_ms))
        return error_set(error, NULL, "it answers without an Expiration that is a time");
    return (token && profile_set_keys(profile, json_text(tree, "AccessKeyId", NULL),
                                      json_text(tree, "SecretAccessKey", NULL), token)) ||
           error_set(error, NULL, "it answers without AccessKeyId, SecretAccessKey or Token");
}
