#include "lambda/url_visit.h"

#include <stdlib.h>

#include "clock.h"
#include "http/server.h"
#include "lambda/faults.h"
#include "lambda/state.h"
#include "lambda/url_metrics.h"
#include "log.h"
#include "xalloc.h"

enum { STATUS_OK = 200, STATUS_BAD_GATEWAY = 502, US_PER_MS = 1000 };

struct url_cors_request url_visit_cors(const struct call *call)
{
    return (struct url_cors_request){
        .method = http_exchange_method(call->exchange),
        .origin = http_exchange_header(call->exchange, "Origin"),
        .requested_method = http_exchange_header(call->exchange, "Access-Control-Request-Method"),
    };
}

static void add_header(void *owner, const char *name, const char *value)
{
    call_header(owner, name, value);
}

/* Headers that every answer of the URL itself has. */
static void add_own_headers(struct call *call)
{
    struct url_visit *visit = call->held;
    struct url_cors_request request = url_visit_cors(call);
    call_header(call, "X-Amzn-Trace-Id", visit->trace_id);
    url_cors_headers(json_get(visit->configuration, "Cors"), &request, &call->arena, add_header,
                     call);
}

void url_visit_set_body(struct call *call, struct text body)
{
    if (!body.size)
        return;
    call->raw_body = xmemdup(body.data, body.size);
    call->raw_body_size = body.size;
}

void url_visit_write_head(struct call *call, const struct url_response *response)
{
    call->status = response->status;
    for (size_t i = 0; i < response->header_count; i++)
        call_header(call, response->headers[i].name, response->headers[i].value);
    add_own_headers(call);
}

/* What the caller hears when the function failed or its answer is none. */
static void write_bad_gateway(struct call *call)
{
    call->status = STATUS_BAD_GATEWAY;
    call_header(call, "Content-Type", "application/json");
    add_own_headers(call);
    url_visit_set_body(call, TEXT("Internal Server Error"));
}

void url_visit_leave(struct call *call)
{
    struct url_visit *visit = call->held;
    const struct fault *fault = call->error.fault;
    struct url_request request = {
        .url = &visit->url,
        .status = fault ? fault->status : call->status,
        .time_ms = visit->time_ms,
        .duration_ms = (double)(clock_monotonic_us() - visit->began_us) / US_PER_MS,
    };
    if (visit->resets == lambda_of(call)->resets)
        url_metrics_publish(lambda_of(call), &request);
    buffer_clear(&visit->prelude);
    cJSON_Delete(visit->configuration);
    call->held = NULL;
}

static void finish(struct call *call, enum outcome outcome)
{
    url_visit_leave(call);
    call_finish(call, outcome);
}

static const char bytes_type[] = "application/octet-stream";
static const char no_prelude[] =
    "the function's answer has neither head nor body: HttpResponseStream sends the status and the "
    "headers with the first write(), which may be empty, and not with end()";
static const char no_end[] = "no eight zero bytes stand behind its head";

/* The client is told as little as on AWS. */
static void warn_of_answer(const struct call *call, const char *fault)
{
    log_warn("lambda", "%s: the function's answer is no HTTP response: %s", call->request_id,
             fault);
}

void url_visit_on_end(const struct invocation_result *result,
                      const struct invocation_run *run UNUSED, void *owner)
{
    struct call *call = owner;
    struct url_response response;
    struct text payload = { result->payload, result->payload_size };
    if (result->end != INVOCATION_OK) {
        write_bad_gateway(call);
    } else if (!url_response_read(payload, &call->arena, &response)) {
        warn_of_answer(call, response.fault);
        write_bad_gateway(call);
    } else {
        url_visit_write_head(call, &response);
        url_visit_set_body(call, response.body);
    }
    finish(call, OUTCOME_OK);
}

static void begin_stream(struct call *call, const struct url_response *response)
{
    url_visit_write_head(call, response);
    call_stream(call, response->body);
}

static void write_plain_head(struct call *call, const char *type)
{
    struct url_header header = { "Content-Type", type };
    const struct url_response response = {
        .status = STATUS_OK, .headers = &header, .header_count = 1, .body = TEXT("")
    };
    url_visit_write_head(call, &response);
}

void url_visit_on_stream(struct text content_type, const char *version UNUSED, void *owner)
{
    struct call *call = owner;
    struct url_visit *visit = call->held;
    visit->awaits_prelude = text_equal(content_type, URL_PRELUDE_TYPE);
    if (visit->awaits_prelude)
        return;
    visit->plain_type = content_type.size ? arena_copy(&call->arena, content_type) : bytes_type;
}

/* Collects the prelude; once it is whole, the reply begins, with what stands behind it. */
static void take_prelude(struct call *call, struct text bytes)
{
    struct url_visit *visit = call->held;
    struct url_response response;
    size_t end;
    buffer_add_text(&visit->prelude, bytes);
    struct text all = buffer_text(&visit->prelude);
    if (!url_prelude_find_end(all, &end)) {
        visit->has_bad_prelude = all.size > URL_PRELUDE_MAX;
        if (visit->has_bad_prelude)
            warn_of_answer(call, no_end);
        return;
    }
    visit->has_bad_prelude =
        !url_response_read_prelude((struct text){ all.data, end }, &call->arena, &response);
    if (visit->has_bad_prelude) {
        warn_of_answer(call, response.fault);
        return;
    }
    visit->awaits_prelude = false;
    response.body =
        (struct text){ all.data + end + URL_PRELUDE_END, all.size - end - URL_PRELUDE_END };
    begin_stream(call, &response);
    buffer_clear(&visit->prelude);
}

void url_visit_on_chunk(struct text bytes, void *owner)
{
    struct call *call = owner;
    struct url_visit *visit = call->held;
    if (visit->has_bad_prelude)
        return;
    if (visit->awaits_prelude) {
        take_prelude(call, bytes);
        return;
    }
    if (!call->is_streaming && visit->plain_type)
        write_plain_head(call, visit->plain_type);
    call_stream(call, bytes);
}

/* Without a piece so far the reply can still say what happened; else it can only break off. */
void url_visit_on_stream_end(const struct invocation_result *result,
                             const struct invocation_run *run UNUSED, void *owner)
{
    struct call *call = owner;
    const struct url_visit *visit = call->held;
    bool is_good = result->end == INVOCATION_OK;
    if (call->is_streaming && !is_good) {
        error_set(&call->error, &LAMBDA_SERVICE, "the function failed in the middle of its answer");
        finish(call, OUTCOME_FAULT);
        return;
    }
    if (!call->is_streaming && is_good && !result->is_streamed) {
        write_plain_head(call, "application/json");
        url_visit_set_body(call, (struct text){ result->payload, result->payload_size });
    } else if (!call->is_streaming && is_good && visit->plain_type) {
        write_plain_head(call, visit->plain_type);
    } else if (!call->is_streaming && is_good && visit->awaits_prelude && !visit->prelude.size) {
        log_warn("lambda", "%s: %s", call->request_id, no_prelude);
        write_plain_head(call, bytes_type);
    } else if (!call->is_streaming) {
        if (is_good && !visit->has_bad_prelude)
            warn_of_answer(call, no_end);
        write_bad_gateway(call);
    }
    finish(call, OUTCOME_OK);
}
