#include "aws/clock_api.h"

#include "aws/http.h"
#include "json.h"
#include "timestamp.h"
#include "xalloc.h"

enum { ADVANCE_TIMEOUT_MS = 600000 };

static bool set_clock(const char *endpoint, const char *body, int64_t *now_ms_out,
                      struct error *error)
{
    CLEANUP(freep) char *url = xformat("%s/_coalmine/clock", endpoint);
    CLEANUP(buffer_clear) struct buffer answer = { 0 };
    struct http_call call = { .url = url,
                              .body = text_from(body),
                              .timeout_ms = ADVANCE_TIMEOUT_MS };
    if (!http_perform(&call, &answer, error))
        return error_set(error, NULL,
                         "the endpoint has no clock to turn (%s): --fast works with Coalmine only",
                         error->message);
    CLEANUP(json_deletep) cJSON *tree = json_parse(buffer_text(&answer));
    return timestamp_parse(text_from(json_text(tree, "time", "")), now_ms_out) ||
           error_set(error, NULL, "%s answers with no time", url);
}

bool coalmine_clock_freeze(const char *endpoint, int64_t *now_ms_out, struct error *error)
{
    return set_clock(endpoint, "{\"mode\":\"frozen\"}", now_ms_out, error);
}

bool coalmine_clock_advance(const char *endpoint, int64_t ms, int64_t *now_ms_out,
                            struct error *error)
{
    CLEANUP(freep) char *body = xformat("{\"advance\":\"%lldms\"}", (long long)ms);
    return set_clock(endpoint, body, now_ms_out, error);
}

bool coalmine_clock_run(const char *endpoint, struct error *error)
{
    char time[TIMESTAMP_SIZE];
    int64_t now_ms;
    if (!coalmine_clock_advance(endpoint, 0, &now_ms, error))
        return false;
    CLEANUP(freep)
    char *body = xformat("{\"mode\":\"real\",\"time\":\"%s\"}",
                         timestamp_print(now_ms, TIMESTAMP_ISO_MS, time));
    return set_clock(endpoint, body, &now_ms, error);
}
