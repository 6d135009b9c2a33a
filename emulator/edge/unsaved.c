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

static void finish(struct spelling *spelling, const struct service *service,
                   const char *content_type, bool names_type)
{
    struct http_failure *failure = &spelling->failure;
    failure->status = service->internal_fault->status;
    failure->headers[failure->header_count++] =
        (struct http_header){ "Content-Type", content_type };
    if (names_type)
        failure->headers[failure->header_count++] =
            (struct http_header){ "x-amzn-ErrorType", service->internal_fault->code };
    failure->body = buffer_text(&spelling->body);
}

struct unsaved *unsaved_create(const struct service *service)
{
    struct unsaved *unsaved = xcalloc(1, sizeof(*unsaved));
    struct error error = { 0 };
    error_set(&error, service->internal_fault, "The change could not be saved; see the log.");
    rest_json_encode_fault(service, &error, &unsaved->rest_json.body);
    finish(&unsaved->rest_json, service, "application/json", true);
    aws_json_encode_fault(service, &error, NULL, &unsaved->aws_json.body);
    finish(&unsaved->aws_json, service,
           service->json_content_type ? service->json_content_type : "application/json", false);
    cbor_codec_encode_fault(service, &error, &unsaved->cbor.body);
    finish(&unsaved->cbor, service, "application/cbor", false);
    if (service->xml_namespace)
        query_codec_encode_fault(service, &error, "unsaved", &unsaved->query.body);
    finish(&unsaved->query, service, "text/xml", false);
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
