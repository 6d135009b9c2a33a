/*
 * The HTTP endpoint of function URLs (lambda-api.md section 26.2): a request becomes an event, the
 * function's result a reply. It is an operation whose row no route leads to but url_claim().
 */
#include "lambda/url_handlers.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "clock.h"
#include "http/server.h"
#include "lambda/faults.h"
#include "lambda/invocation.h"
#include "lambda/invoke_payload.h"
#include "lambda/url_access.h"
#include "lambda/url_address.h"
#include "lambda/url_visit.h"
#include "log.h"
#include "random.h"
#include "xalloc.h"

enum {
    STATUS_OK = 200,
    STATUS_FORBIDDEN = 403,
    MS_PER_SECOND = 1000,
    TRACE_DIGITS = 24,
    FIRST_HEADERS = 16,
};

static const char forbidden[] =
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";

static void note_header(const char *name, const char *value, void *owner)
{
    struct call *call = owner;
    struct url_visit *visit = call->held;
    if (visit->header_count == visit->header_room)
        visit->headers = arena_grow(&call->arena, visit->headers, &visit->header_room,
                                    FIRST_HEADERS, sizeof(*visit->headers));
    visit->headers[visit->header_count++] = (struct url_event_header){ name, value };
}

static const char *new_trace(struct call *call)
{
    char hex[TRACE_DIGITS + 1];
    random_hex_aside(hex, TRACE_DIGITS);
    return arena_format(&call->arena, "Root=1-%08llx-%s",
                        (unsigned long long)(clock_now_ms() / MS_PER_SECOND), hex);
}

/* The port that the client reached. */
static const char *own_port(struct call *call)
{
    const char *colon = strrchr(call->base_url + strlen("http:"), ':');
    return colon && !strchr(colon, ']') ? colon + 1 : "80";
}

static const char *own_domain(struct call *call)
{
    const struct url_visit *visit = call->held;
    if (visit->address.domain.size)
        return arena_copy(&call->arena, visit->address.domain);
    return arena_format(&call->arena, "%s.lambda-url.%s.localhost", visit->url.id,
                        visit->url.key.region);
}

static char *make_event(struct call *call)
{
    const struct url_visit *visit = call->held;
    char client[HTTP_ADDRESS_SIZE];
    struct url_event event = {
        .method = http_exchange_method(call->exchange),
        .path = visit->address.path,
        .query = http_exchange_query(call->exchange),
        .headers = visit->headers,
        .header_count = visit->header_count,
        .body = call->payload,
        .url_id = visit->url.id,
        .domain = own_domain(call),
        .port = own_port(call),
        .client = http_exchange_client(call->exchange, client),
        .trace_id = visit->trace_id,
        .request_id = call->request_id,
        .time_ms = visit->time_ms,
        .account = visit->access_key ? call->account : NULL,
        .user_arn = call_caller_arn(call, visit->url.key.region),
        .user_id = call_caller_id(call),
        .access_key = visit->access_key,
    };
    return url_event_print(&event);
}

static enum outcome forbid(struct call *call)
{
    return call_fault(call, &LAMBDA_ACCESS_DENIED, "%s", forbidden);
}

static enum outcome run(struct call *call)
{
    struct url_visit *visit = call->held;
    bool is_streamed =
        strcmp(json_text(visit->configuration, "InvokeMode", ""), "RESPONSE_STREAM") == 0;
    const char *qualifier = *visit->url.qualifier ? visit->url.qualifier : NULL;
    struct function_name name = { visit->url.key, qualifier };
    const struct target *target = target_get(lambda_of(call), &name, &call->error);
    if (!target) /* a URL outlives its alias */
        return forbid(call);
    CLEANUP(freep) char *event = make_event(call);
    struct invocation_order order = {
        .request_id = call->request_id,
        .trace_id = visit->trace_id,
        .payload = text_from(event),
        .on_stream = is_streamed ? url_visit_on_stream : NULL,
        .on_chunk = is_streamed ? url_visit_on_chunk : NULL,
        .flow = &call->flow,
        .on_end = is_streamed ? url_visit_on_stream_end : url_visit_on_end,
        .owner = call,
    };
    return invocation_start(lambda_of(call), target, &order, &call->error) ? OUTCOME_LATER
                                                                           : OUTCOME_FAULT;
}

static bool is_signed(struct call *call)
{
    struct url_visit *visit = call->held;
    struct url_signature signature = {
        .authorization = http_exchange_header(call->exchange, "Authorization"),
        .date = http_exchange_header(call->exchange, "X-Amz-Date"),
        .query = http_exchange_query(call->exchange),
    };
    visit->access_key = url_access_key(&signature, visit->url.key.region, &call->arena);
    if (visit->access_key && call->has_bad_signature)
        visit->access_key = NULL;
    if (!visit->access_key)
        log_warn("lambda", "the URL of %s answers 403: it wants requests signed for lambda in %s%s",
                 visit->url.key.name, visit->url.key.region,
                 call->has_bad_signature ? ", with a key of --credentials" : "");
    return visit->access_key != NULL;
}

/* AWS says only that it is forbidden; the log says what is missing. What the user of an AWS_IAM
 * caller may do is not asked here. */
static bool is_permitted(struct call *call, const char *account)
{
    const struct url_visit *visit = call->held;
    const struct function_url *url = &visit->url;
    if (url_access_allows(call->store, url, account, visit->auth_type))
        return true;
    const char *who = account ? account : "everyone (principal *)";
    if (account && strcmp(account, url->key.account) == 0)
        log_warn("lambda", "the URL of %s%s%s answers 403: its policy denies it to %s",
                 url->key.name, *url->qualifier ? ":" : "", url->qualifier, who);
    else
        log_warn("lambda",
                 "the URL of %s%s%s answers 403: its policy must let %s do both "
                 "lambda:InvokeFunctionUrl (with --function-url-auth-type %s) and "
                 "lambda:InvokeFunction (with --invoked-via-function-url); see aws lambda "
                 "add-permission",
                 url->key.name, *url->qualifier ? ":" : "", url->qualifier, who, visit->auth_type);
    return false;
}

static bool may_call(struct call *call)
{
    const struct url_visit *visit = call->held;
    bool wants_signature = strcmp(visit->auth_type, "AWS_IAM") == 0;
    return (!wants_signature || is_signed(call)) &&
           is_permitted(call, wants_signature ? call->account : NULL);
}

static enum outcome answer(struct call *call)
{
    struct url_visit *visit = call->held;
    struct url_cors_request request = url_visit_cors(call);
    if (url_cors_is_preflight(json_get(visit->configuration, "Cors"), &request)) {
        url_visit_write_head(call, &(struct url_response){ .status = STATUS_OK });
        return OUTCOME_OK;
    }
    return may_call(call) ? run(call) : forbid(call);
}

/* AWS does not say more about a URL that does not exist. */
static enum outcome answer_unknown(struct call *call)
{
    call->status = STATUS_FORBIDDEN;
    call_header(call, "Content-Type", "application/json");
    call_header(call, "x-amzn-ErrorType", LAMBDA_ACCESS_DENIED.code);
    url_visit_set_body(call, TEXT("{\"Message\":null}"));
    return OUTCOME_OK;
}

static bool find_url(struct call *call, struct url_visit *visit)
{
    struct text host = text_from(http_exchange_header(call->exchange, "Host"));
    const struct url_address *address = &visit->address;
    if (!url_address_read(host, http_exchange_path(call->exchange), &visit->address))
        return false;
    char *id = arena_copy(&call->arena, address->id);
    for (char *c = id; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    const char *region = arena_copy(&call->arena, address->region);
    return function_url_find_by_id(call->store, id, &call->arena, &visit->url) &&
           (!*region || strcasecmp(region, visit->url.key.region) == 0);
}

static enum outcome invoke_url(struct call *call)
{
    struct url_visit *visit = arena_alloc(&call->arena, sizeof(*visit));
    visit->time_ms = clock_now_ms();
    visit->began_us = clock_monotonic_us();
    visit->resets = lambda_of(call)->resets;
    if (!find_url(call, visit))
        return answer_unknown(call);
    call->held = visit;
    visit->configuration = json_parse(text_from(visit->url.configuration));
    visit->auth_type = json_text(visit->configuration, "AuthType", "");
    const char *trace_id = http_exchange_header(call->exchange, "X-Amzn-Trace-Id");
    visit->trace_id = trace_id ? arena_copy(&call->arena, text_from(trace_id)) : new_trace(call);
    http_exchange_each_header(call->exchange, note_header, call);
    enum outcome outcome = answer(call);
    if (outcome != OUTCOME_LATER)
        url_visit_leave(call);
    return outcome;
}

const struct operation url_operations[] = {
    { .name = "InvokeFunctionUrl",
      .route = "ANY /_coalmine/url/{UrlId}",
      .flags = OPERATION_RAW_PAYLOAD | OPERATION_IS_OPEN |
               OPERATION_JUDGES_SIGNATURE, /* its AuthType decides */
      .handle = invoke_url,
      .body_ceiling = INVOKE_PAYLOAD_MAX,
      .note = "No operation of AWS's API but the URL itself: any method, and any path behind it. "
              "Also by host name: `<url-id>.lambda-url.<region>.localhost` or `.on.aws`; "
              "docs/function-urls.md." },
    { 0 },
};

const struct operation *url_claim(struct text host, struct text path)
{
    struct url_address address;
    return url_address_read(host, path, &address) ? url_operations : NULL;
}
