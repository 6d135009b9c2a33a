/*
 * Writes event frames and cuts answers out of a pipe. Buffers are kept between frames, so that a
 * warm invocation allocates nothing here; a buffer that one large answer made is let go.
 */
#include "runtime/frames.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024, KEPT_CAPACITY = 1 << 20, STRINGS = 4 };

static uint32_t read_u32(const char *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return le32toh(value);
}

static uint16_t read_u16(const char *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof(value));
    return le16toh(value);
}

static void write_u32(char *bytes, size_t value)
{
    assert(value <= UINT32_MAX);
    uint32_t wire = htole32((uint32_t)value);
    memcpy(bytes, &wire, sizeof(wire));
}

size_t frame_event_size(const struct frame_event *event)
{
    return FRAME_HEADER_SIZE + FRAME_EVENT_FIELDS_SIZE + event->request_id.size +
           event->invoked_arn.size + event->trace_id.size + event->client_context.size +
           event->payload.size;
}

void frame_event_set_deadline(char *bytes, double deadline_ms)
{
    uint64_t wire;
    memcpy(&wire, &deadline_ms, sizeof(wire));
    wire = htole64(wire);
    memcpy(bytes + FRAME_HEADER_SIZE, &wire, sizeof(wire));
}

static char *put(struct text *text, char *at)
{
    if (text->size)
        memcpy(at, text->data, text->size);
    text->data = at;
    return at + text->size;
}

void frame_event_write(struct frame_event *event, char *bytes_out)
{
    struct text *strings[STRINGS] = { &event->request_id, &event->invoked_arn, &event->trace_id,
                                      &event->client_context };
    memset(bytes_out, 0, FRAME_HEADER_SIZE);
    write_u32(bytes_out, frame_event_size(event) - FRAME_HEADER_SIZE);
    bytes_out[4] = FRAME_EVENT;
    frame_event_set_deadline(bytes_out, event->deadline_ms);
    char *sizes = bytes_out + FRAME_HEADER_SIZE + sizeof(double);
    char *at = bytes_out + FRAME_HEADER_SIZE + FRAME_EVENT_FIELDS_SIZE;
    for (int i = 0; i < STRINGS; i++) {
        write_u32(sizes + 4 * i, strings[i]->size);
        at = put(strings[i], at);
    }
    put(&event->payload, at);
}

/* Forgets the frame that was handed out last. */
static void drop_used(struct frame_reader *reader)
{
    buffer_drop(&reader->buffer, reader->used);
    reader->used = 0;
    if (reader->buffer.size == 0 && reader->buffer.capacity > KEPT_CAPACITY)
        buffer_clear(&reader->buffer);
}

static bool is_known(int type)
{
    return type >= FRAME_NEXT && type <= FRAME_STREAM_END;
}

static void start_skipping(struct frame_reader *reader, size_t size, struct frame *frame)
{
    frame->is_oversized = true;
    reader->skipped = *frame;
    reader->to_skip = size;
    buffer_drop(&reader->buffer, FRAME_HEADER_SIZE);
}

static enum frame_read skip(struct frame_reader *reader, struct frame *frame_out)
{
    size_t size = reader->buffer.size < reader->to_skip ? reader->buffer.size : reader->to_skip;
    buffer_drop(&reader->buffer, size);
    reader->to_skip -= size;
    if (reader->to_skip)
        return FRAME_READ_LATER;
    *frame_out = reader->skipped;
    return FRAME_READ_WHOLE;
}

/* Looks for a whole frame among the bytes that have arrived. */
static enum frame_read cut(struct frame_reader *reader, struct frame *frame_out)
{
    if (reader->to_skip)
        return skip(reader, frame_out);
    if (reader->buffer.size < FRAME_HEADER_SIZE)
        return FRAME_READ_LATER;
    const char *bytes = reader->buffer.data;
    size_t size = read_u32(bytes);
    if (!is_known(bytes[4]))
        return FRAME_READ_END;
    struct frame frame = { .type = (enum frame_type)bytes[4],
                           .is_final = bytes[5] & FRAME_FINAL,
                           .handler_us = read_u16(bytes + 6) };
    if (size > reader->body_max) {
        start_skipping(reader, size, &frame);
        return skip(reader, frame_out);
    }
    if (reader->buffer.size < FRAME_HEADER_SIZE + size)
        return FRAME_READ_LATER;
    frame.body = (struct text){ bytes + FRAME_HEADER_SIZE, size };
    reader->used = FRAME_HEADER_SIZE + size;
    *frame_out = frame;
    return FRAME_READ_WHOLE;
}

enum frame_read frame_reader_next(struct frame_reader *reader, int fd, struct frame *frame_out)
{
    drop_used(reader);
    for (;;) {
        enum frame_read found = cut(reader, frame_out);
        if (found != FRAME_READ_LATER)
            return found;
        ssize_t count = read(fd, buffer_reserve(&reader->buffer, READ_SIZE), READ_SIZE);
        if (count > 0)
            buffer_commit(&reader->buffer, (size_t)count);
        else if (count == 0 || (errno != EAGAIN && errno != EINTR))
            return FRAME_READ_END;
        else if (errno == EAGAIN)
            return FRAME_READ_LATER;
    }
}

void frame_reader_clear(struct frame_reader *reader)
{
    buffer_clear(&reader->buffer);
    reader->used = 0;
    reader->to_skip = 0;
}
