#include "aws/clock_api.h"

#include "clock.h"
#include "timestamp.h"
#include "xalloc.h"

enum { ADVANCE_TIMEOUT_MS = 600000 };

/* `body` NULL asks only. */
static bool call_clock(struct api *api, const char *body, int64_t *now_ms_out, struct error *error)
{
    struct api_request request = { .service = API_LAMBDA,
                                   .method = body ? "POST" : "GET",
                                   .path = "/_coalmine/clock",
                                   .body = text_from(body),
                                   .is_retried_on_throttling_only = true,
                                   .timeout_ms = ADVANCE_TIMEOUT_MS };
    struct api_response response;
    bool is_answered = api_call(api, &request, &response);
    CLEANUP(json_deletep) cJSON *tree = is_answered ? api_response_json(&response) : NULL;
    if (!is_answered)
        api_failure(&response, "turn Coalmine's clock (--fast works with Coalmine only)", error);
    api_response_clear(&response);
    return is_answered && (timestamp_parse(text_from(json_text(tree, "time", "")), now_ms_out) ||
                           error_set(error, NULL,
                                     "the endpoint has no clock to turn: --fast "
                                     "works with Coalmine only"));
}

int64_t coalmine_clock_now_ms(struct api *api)
{
    CLEANUP(error_clear) struct error error = { 0 };
    int64_t now_ms;
    return call_clock(api, NULL, &now_ms, &error) ? now_ms : clock_true_ms();
}

int64_t coalmine_clock_offset_ms(struct api *api)
{
    CLEANUP(error_clear) struct error error = { 0 };
    int64_t now_ms;
    return call_clock(api, NULL, &now_ms, &error) ? now_ms - clock_true_ms() : 0;
}

bool coalmine_clock_freeze(struct api *api, int64_t *now_ms_out, struct error *error)
{
    return call_clock(api, "{\"mode\":\"frozen\"}", now_ms_out, error);
}

bool coalmine_clock_advance(struct api *api, int64_t ms, int64_t *now_ms_out, struct error *error)
{
    CLEANUP(freep) char *body = xformat("{\"advance\":\"%lldms\"}", (long long)ms);
    return call_clock(api, body, now_ms_out, error);
}

bool coalmine_clock_run(struct api *api, struct error *error)
{
    char time[TIMESTAMP_SIZE];
    int64_t now_ms;
    if (!call_clock(api, NULL, &now_ms, error))
        return false;
    CLEANUP(freep)
    char *body = xformat("{\"mode\":\"real\",\"time\":\"%s\"}",
                         timestamp_print(now_ms, TIMESTAMP_ISO_MS, time));
    return call_clock(api, body, &now_ms, error);
}
