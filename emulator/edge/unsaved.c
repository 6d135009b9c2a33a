#include "edge/unsaved.h"

#include <stdlib.h>

#include "edge/codec.h"
#include "xalloc.h"

struct spelling {
    struct buffer body;
    struct http_failure failure;
};

struct unsaved {
    struct spelling rest_json;
    struct spelling aws_json;
    struct spelling query;
    struct spelling cbor;
};

/* `more`: a header beside the content type; without a name there is none. */
static void finish(struct spelling *spelling, const struct service *service,
                   const char *content_type, struct http_header more)
{
    struct http_failure *failure = &spelling->failure;
    failure->status = service->internal_fault->status;
    failure->headers[failure->header_count++] =
        (struct http_header){ "Content-Type", content_type };
    if (more.name)
        failure->headers[failure->header_count++] = more;
    failure->body = buffer_text(&spelling->body);
}

struct unsaved *unsaved_create(const struct service *service)
{
    static const struct http_header nothing = { NULL, NULL };
    static const struct http_header cbor_mark = { "smithy-protocol", "rpc-v2-cbor" };
    const struct http_header rest_code = { "x-amzn-ErrorType", service->internal_fault->code };
    struct unsaved *unsaved = xcalloc(1, sizeof(*unsaved));
    struct error error = { 0 };
    error_set(&error, service->internal_fault, "The change could not be saved; see the log.");
    const struct error_members none = { 0 };
    rest_json_encode_fault(service, &error, &unsaved->rest_json.body);
    finish(&unsaved->rest_json, service, "application/json", rest_code);
    aws_json_encode_fault(service, &error, &none, &unsaved->aws_json.body);
    finish(&unsaved->aws_json, service,
           service->json_content_type ? service->json_content_type : "application/json", nothing);
    cbor_codec_encode_fault(service, &error, &none, &unsaved->cbor.body);
    finish(&unsaved->cbor, service, "application/cbor", cbor_mark);
    if (service->xml_namespace)
        query_codec_encode_fault(service, &error, &none, "unsaved", &unsaved->query.body);
    finish(&unsaved->query, service, "text/xml", nothing);
    error_clear(&error);
    return unsaved;
}

void unsaved_destroy(struct unsaved *unsaved)
{
    if (!unsaved)
        return;
    buffer_clear(&unsaved->rest_json.body);
    buffer_clear(&unsaved->aws_json.body);
    buffer_clear(&unsaved->query.body);
    buffer_clear(&unsaved->cbor.body);
    free(unsaved);
}

const struct http_failure *unsaved_reply(const struct unsaved *unsaved, enum protocol protocol)
{
    switch (protocol) {
    case PROTOCOL_AWS_JSON:
        return &unsaved->aws_json.failure;
    case PROTOCOL_QUERY:
        return &unsaved->query.failure;
    case PROTOCOL_CBOR:
        return &unsaved->cbor.failure;
    default:
        return &unsaved->rest_json.failure;
    }
}
