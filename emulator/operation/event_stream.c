#include "operation/event_stream.h"

#include <endian.h>
#include <zlib.h>

enum { STRING_TYPE = 7, PRELUDE_SIZE = 8, CHECKSUM_SIZE = 4 };

static void add_u32(struct buffer *out, size_t value)
{
    uint32_t wire = htobe32((uint32_t)value);
    buffer_add(out, &wire, sizeof(wire));
}

static void add_checksum(struct buffer *out, size_t from)
{
    add_u32(out, crc32(0, (const Bytef *)out->data + from, (uInt)(out->size - from)));
}

static void add_header(struct buffer *out, const char *name, const char *value)
{
    uint16_t size = htobe16((uint16_t)strlen(value));
    buffer_add_char(out, (char)strlen(name));
    buffer_add_string(out, name);
    buffer_add_char(out, STRING_TYPE);
    buffer_add(out, &size, sizeof(size));
    buffer_add_string(out, value);
}

static void add_frame(struct buffer *out, struct text headers, struct text payload)
{
    size_t start = out->size;
    add_u32(out, PRELUDE_SIZE + CHECKSUM_SIZE + headers.size + payload.size + CHECKSUM_SIZE);
    add_u32(out, headers.size);
    add_checksum(out, start);
    buffer_add_text(out, headers);
    buffer_add_text(out, payload);
    add_checksum(out, start);
}

void event_stream_add(struct buffer *out, const char *event_type, const char *content_type,
                      struct text payload)
{
    CLEANUP(buffer_clear) struct buffer headers = { 0 };
    add_header(&headers, ":event-type", event_type);
    add_header(&headers, ":content-type", content_type);
    add_header(&headers, ":message-type", "event");
    add_frame(out, buffer_text(&headers), payload);
}

void event_stream_add_exception(struct buffer *out, const char *exception_type,
                                const char *content_type, struct text payload)
{
    CLEANUP(buffer_clear) struct buffer headers = { 0 };
    add_header(&headers, ":exception-type", exception_type);
    add_header(&headers, ":content-type", content_type);
    add_header(&headers, ":message-type", "exception");
    add_frame(out, buffer_text(&headers), payload);
}
