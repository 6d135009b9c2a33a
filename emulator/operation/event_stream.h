/*
 * AWS's event-stream frames (lambda-api.md section 9.1, S6), which streamed responses come in:
 * big-endian u32 total size, u32 size of the headers, u32 CRC-32 of those eight bytes, headers,
 * payload, u32 CRC-32 of all before. A header is u8 size of its name, the name, u8 7 (a string),
 * u16 size of its value, the value.
 */
#ifndef COALMINE_EVENT_STREAM_H
#define COALMINE_EVENT_STREAM_H

#include "buffer.h"
#include "text.h"

/* Appends one event. */
void event_stream_add(struct buffer *out, const char *event_type, const char *content_type,
                      struct text payload);

/* Appends the exception that ends a stream. */
void event_stream_add_exception(struct buffer *out, const char *exception_type,
                                const char *content_type, struct text payload);

#endif
