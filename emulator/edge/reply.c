/*
 * What a success and a failure look like in each protocol: status, headers, body.
 */
#include <stdio.h>

#include "edge/codec.h"
#include "edge/edge_call.h"
#include "edge/unsaved.h"
#include "xalloc.h"

enum { HTTP_TOO_LARGE = 413, OWN_HEADERS_MAX = 9 };

/* For requests that no service of ours takes. Spelled like REST-JSON, or by what was asked. */
static const struct service nobody = {
    .name = "coalmine",
    .json_content_type = "application/x-amz-json-1.0",
    .xml_namespace = "https://coalmine.invalid/",
    .message_key = "message",
};

struct draft {
    struct http_header *headers; /* room for the call's and OWN_HEADERS_MAX, in its arena */
    size_t header_count;
    int status;
    struct buffer body;
};

static void add_header(struct draft *draft, const char *name, const char *value)
{
    draft->headers[draft->header_count++] = (struct http_header){ name, value };
}

static struct draft begin_draft(struct call *call)
{
    size_t room = call->header_count + OWN_HEADERS_MAX;
    struct draft draft = { .headers = arena_alloc(&call->arena, room * sizeof(*draft.headers)) };
    add_header(&draft, "x-amzn-RequestId", call->request_id);
    return draft;
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

/* REST with XML has the query protocol's errors. */
static void rest_xml_encode_fault(const struct error *error, const char *request_id,
                                  struct buffer *buffer)
{
    const struct error_members none = { 0 };
    query_codec_encode_fault(&nobody, error, &none, request_id, buffer);
}

/* Services that are not emulated, but asked for, and whose SDKs do not read errors in the shape
 * that the request's protocol has elsewhere; by the name that requests to them are signed for. */
static const struct foreign {
    const char *signing_name;
    const char *content_type;
    void (*encode_fault)(const struct error *error, const char *request_id, struct buffer *buffer);
} foreigners[] = {
    { "s3", "application/xml", s3_encode_fault },
    { "ec2", "text/xml", ec2_encode_fault },
    { "route53", "text/xml", rest_xml_encode_fault },
    { "cloudfront", "text/xml", rest_xml_encode_fault },
};

/* NULL: the service is emulated, or its SDKs read what the protocol says. */
static const struct foreign *find_foreign(const struct edge_call *edge_call)
{
    const char *signing_name = edge_call->credential.service;
    if (edge_call->call.service || !signing_name)
        return NULL;
    for (size_t i = 0; i < COUNT_OF(foreigners); i++)
        if (strcmp(foreigners[i].signing_name, signing_name) == 0)
            return &foreigners[i];
    return NULL;
}

static void write_fault(struct edge_call *edge_call, struct draft *draft)
{
    const struct call *call = &edge_call->call;
    const struct service *service = service_of(edge_call);
    const struct foreign *foreign = find_foreign(edge_call);
    const struct error_members members = { call->error_members,
                                           call->error_members ? call->output : NULL };
    draft->status = call->error.fault->status;
    if (foreign) {
        add_header(draft, "Content-Type", foreign->content_type);
        foreign->encode_fault(&call->error, call->request_id, &draft->body);
        return;
    }
    switch (edge_call->identity.protocol) {
    case PROTOCOL_REST_JSON:
        add_header(draft, "Content-Type", "application/json");
        add_header(draft, "x-amzn-ErrorType", call->error.fault->code);
        rest_json_encode_fault(service, &call->error, &draft->body);
        return;
    case PROTOCOL_AWS_JSON:
        add_header(draft, "Content-Type", service->json_content_type);
        write_query_compatibility(edge_call, draft);
        aws_json_encode_fault(service, &call->error, &members, &draft->body);
        return;
    case PROTOCOL_QUERY:
        add_header(draft, "Content-Type", "text/xml");
        query_codec_encode_fault(service, &call->error, &members, call->request_id, &draft->body);
        return;
    case PROTOCOL_CBOR:
        add_header(draft, "Content-Type", "application/cbor");
        write_query_compatibility(edge_call, draft);
        cbor_codec_encode_fault(service, &call->error, &members, &draft->body);
        return;
    }
}

/* Only pages of an origin that the user allowed come this far. */
static void write_cors_headers(const struct edge_call *edge_call, struct draft *draft)
{
    if (!edge_call->allowed_origin)
        return;
    add_header(draft, "Access-Control-Allow-Origin", edge_call->allowed_origin);
    add_header(draft, "Access-Control-Expose-Headers", "*");
    add_header(draft, "Vary", "Origin");
}

static void write_call_headers(const struct call *call, struct draft *draft)
{
    for (size_t i = 0; i < call->header_count; i++)
        add_header(draft, call->headers[i].name, call->headers[i].value);
}

void edge_call_stream(struct edge_call *edge_call, struct text bytes)
{
    struct call *call = &edge_call->call;
    if (call->is_streaming) {
        http_exchange_stream_write(edge_call->exchange, bytes);
        return;
    }
    struct draft draft = begin_draft(call);
    draft.status = call->status ? call->status : 200;
    write_cors_headers(edge_call, &draft);
    write_call_headers(call, &draft);
    struct http_reply reply = { .status = draft.status,
                                .headers = draft.headers,
                                .header_count = draft.header_count,
                                .body = xmemdup(bytes.data, bytes.size),
                                .body_size = bytes.size };
    http_exchange_stream_begin(edge_call->exchange, &reply, &edge_call->call.flow);
}

void edge_call_reply_preflight(struct edge_call *edge_call)
{
    struct draft draft = begin_draft(&edge_call->call);
    draft.status = 204;
    const char *headers =
        http_exchange_header(edge_call->exchange, "Access-Control-Request-Headers");
    write_cors_headers(edge_call, &draft);
    add_header(&draft, "Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
    if (headers)
        add_header(&draft, "Access-Control-Allow-Headers", headers);
    add_header(&draft, "Access-Control-Max-Age", "86400");
    struct http_reply reply = { .status = draft.status,
                                .headers = draft.headers,
                                .header_count = draft.header_count };
    http_exchange_reply(edge_call->exchange, &reply);
}

void edge_call_reply(struct edge_call *edge_call, enum outcome outcome)
{
    struct call *call = &edge_call->call;
    if (call->is_streaming && outcome == OUTCOME_FAULT) {
        http_exchange_stream_break(edge_call->exchange);
        return;
    }
    if (call->is_streaming) {
        http_exchange_stream_end(edge_call->exchange,
                                 (struct text){ call->raw_body, call->raw_body_size });
        return;
    }
    struct draft draft = begin_draft(call);
    write_cors_headers(edge_call, &draft);
    if (edge_call->identity.protocol == PROTOCOL_CBOR)
        add_header(&draft, "smithy-protocol", "rpc-v2-cbor");
    if (outcome == OUTCOME_OK) {
        write_success(edge_call, &draft);
        write_call_headers(call, &draft);
    } else {
        write_fault(edge_call, &draft);
    }
    const struct edge_service *owner = edge_call->identity.service;
    struct http_reply reply = {
        .status = draft.status,
        .headers = draft.headers,
        .header_count = draft.header_count,
        .if_unsaved = owner ? unsaved_reply(owner->unsaved, edge_call->identity.protocol) : NULL
    };
    if (outcome == OUTCOME_OK && call->raw_body) {
        reply.body = call->raw_body;
        reply.body_size = call->raw_body_size;
        call->raw_body = NULL;
    } else {
        reply.body = buffer_take(&draft.body, &reply.body_size);
    }
    http_exchange_reply(edge_call->exchange, &reply);
}
