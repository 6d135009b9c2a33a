/*
 * What a success and a failure look like in each protocol: status, headers, body.
 */
#include <stdio.h>

#include "edge/codec.h"
#include "edge/edge_call.h"
#include "xalloc.h"

enum { HTTP_TOO_LARGE = 413 };

/* For requests that no service of ours takes. Spelled like REST-JSON, or by what was asked. */
static const struct service nobody = {
    .name = "coalmine",
    .json_content_type = "application/x-amz-json-1.0",
    .xml_namespace = "https://coalmine.invalid/",
    .message_key = "message",
};

struct draft {
    struct http_header headers[CALL_HEADERS_MAX + 6];
    size_t header_count;
    int status;
    struct buffer body;
};

static void add_header(struct draft *draft, const char *name, const char *value)
{
    draft->headers[draft->header_count++] = (struct http_header){ name, value };
}

static const struct service *service_of(const struct edge_call *edge_call)
{
    return edge_call->call.service ? edge_call->call.service : &nobody;
}

static void write_success(struct edge_call *edge_call, struct draft *draft)
{
    struct call *call = &edge_call->call;
    const struct operation *operation = call->operation;
    bool is_empty = !call->output && !operation->output;
    draft->status = call->status ? call->status : operation->status ? operation->status : 200;
    if (call->raw_body) /* its content type is among the call's headers */
        return;
    switch (edge_call->identity.protocol) {
    case PROTOCOL_REST_JSON:
        if (draft->status == 204 || !call->output)
            return;
        add_header(draft, "Content-Type", "application/json");
        json_codec_encode(operation->output, call->output, &draft->body);
        return;
    case PROTOCOL_AWS_JSON:
        add_header(draft, "Content-Type", call->service->json_content_type);
        if (!is_empty)
            json_codec_encode(operation->output, call->output, &draft->body);
        return;
    case PROTOCOL_QUERY:
        add_header(draft, "Content-Type", "text/xml");
        query_codec_encode(call->service, operation, call->output, call->request_id, &draft->body);
        return;
    case PROTOCOL_CBOR:
        if (is_empty)
            return;
        add_header(draft, "Content-Type", "application/cbor");
        cbor_codec_encode(operation->output, call->output, &draft->body);
        return;
    }
}

/* Services that also speak awsQuery tell JSON and CBOR clients the query code, when asked; only
 * then does the status differ from 400 (cloudwatch-api.md section 1.4). */
static void write_query_compatibility(struct edge_call *edge_call, struct draft *draft)
{
    const struct fault *fault = edge_call->call.error.fault;
    if (!service_of(edge_call)->query_version)
        return;
    if (edge_call->is_query_mode)
        add_header(draft, "x-amzn-query-error",
                   arena_format(&edge_call->call.arena, "%s;%s",
                                fault->query_code ? fault->query_code : fault->code,
                                fault->status < 500 ? "Sender" : "Receiver"));
    else if (fault->status < 500 && fault->status != HTTP_TOO_LARGE)
        draft->status = 400;
}

static void write_fault(struct edge_call *edge_call, struct draft *draft)
{
    const struct call *call = &edge_call->call;
    const struct service *service = service_of(edge_call);
    draft->status = call->error.fault->status;
    switch (edge_call->identity.protocol) {
    case PROTOCOL_AWS_JSON:
        add_header(draft, "Content-Type", service->json_content_type);
        write_query_compatibility(edge_call, draft);
        aws_json_encode_fault(service, &call->error, &draft->body);
        return;
    case PROTOCOL_QUERY:
        add_header(draft, "Content-Type", "text/xml");
        query_codec_encode_fault(service, &call->error, call->request_id, &draft->body);
        return;
    case PROTOCOL_CBOR:
        add_header(draft, "Content-Type", "application/cbor");
        write_query_compatibility(edge_call, draft);
        cbor_codec_encode_fault(service, &call->error, &draft->body);
        return;
    default:
        add_header(draft, "Content-Type", "application/json");
        add_header(draft, "x-amzn-ErrorType", call->error.fault->code);
        rest_json_encode_fault(service, &call->error, &draft->body);
        return;
    }
}

static void write_call_headers(const struct call *call, struct draft *draft)
{
    for (size_t i = 0; i < call->header_count; i++)
        add_header(draft, call->headers[i].name, call->headers[i].value);
}

void edge_call_stream(struct edge_call *edge_call, struct text bytes)
{
    const struct call *call = &edge_call->call;
    if (call->is_streaming) {
        http_exchange_stream_write(edge_call->exchange, bytes);
        return;
    }
    struct draft draft = { .status = call->status ? call->status : 200 };
    add_header(&draft, "x-amzn-RequestId", call->request_id);
    write_call_headers(call, &draft);
    struct http_reply reply = { draft.status, draft.headers, draft.header_count,
                                xmemdup(bytes.data, bytes.size), bytes.size };
    http_exchange_stream_begin(edge_call->exchange, &reply, &edge_call->call.flow);
}

void edge_call_reply(struct edge_call *edge_call, enum outcome outcome)
{
    struct call *call = &edge_call->call;
    struct draft draft = { 0 };
    if (call->is_streaming) {
        http_exchange_stream_end(edge_call->exchange,
                                 (struct text){ call->raw_body, call->raw_body_size });
        return;
    }
    add_header(&draft, "x-amzn-RequestId", call->request_id);
    if (edge_call->identity.protocol == PROTOCOL_CBOR)
        add_header(&draft, "smithy-protocol", "rpc-v2-cbor");
    if (outcome == OUTCOME_OK) {
        write_success(edge_call, &draft);
        write_call_headers(call, &draft);
    } else {
        write_fault(edge_call, &draft);
    }
    struct http_reply reply = { draft.status, draft.headers, draft.header_count, NULL, 0 };
    if (outcome == OUTCOME_OK && call->raw_body) {
        reply.body = call->raw_body;
        reply.body_size = call->raw_body_size;
        call->raw_body = NULL;
    } else {
        reply.body = buffer_take(&draft.body, &reply.body_size);
    }
    http_exchange_reply(edge_call->exchange, &reply);
}
