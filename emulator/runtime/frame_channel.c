/*
 * Writes event frames, whole in one call when the pipe has room, and hands answers over.
 *
 * Small events are packets of the pipe (O_DIRECT, pipe(2)): whoever reads gets exactly one. So
 * several can stand there, and the parent can read one back through an end of its own, opened when
 * the first is sent ahead.
 */
#include "runtime/frame_channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"
#include "runtime/frames.h"
#include "runtime/process.h"
#include "runtime/watch.h"
#include "xalloc.h"

/* A process that writes without end gets no more than this of a turn. */
enum { FRAMES_PER_TURN = 32 };

struct frame_channel {
    struct loop *loop;
    const struct channel_events *events;
    void *owner;
    int events_fd;
    int answers_fd;
    int unread_fd; /* the other end of events_fd; -1: not opened, or it cannot be */
    bool sends_packets;
    struct watch *readable;
    struct watch *writable;
    struct loop_timer *later; /* frames that have arrived wait for the next turn */
    struct text unsent;
    struct frame_reader reader;
    int handler_us;  /* of the last answer */
    bool is_full;    /* who takes the chunks has enough */
    bool is_reading; /* inside read_frames(): closing waits */
    bool is_closed;
};

static void on_writable(void *owner);

static enum channel_after what_follows(const struct frame *frame)
{
    return frame->is_final ? CHANNEL_EXITS : CHANNEL_ASKS;
}

/* "type\nbody" */
static void hand_error_over(struct frame_channel *channel, const struct frame *frame)
{
    struct text body = frame->body;
    struct text type = text_cut(&body, '\n');
    if (frame->type == FRAME_INIT_ERROR)
        channel->events->on_init_error(channel_error_type(type), body, channel->owner);
    else if (frame->type == FRAME_STREAM_END)
        channel->events->on_stream_end(type, body, what_follows(frame), channel->owner);
    else
        channel->events->on_error(channel_error_type(type), body, what_follows(frame),
                                  channel->owner);
}

static void hand_over(struct frame_channel *channel, const struct frame *frame)
{
    if (frame->type == FRAME_NEXT)
        channel->events->on_next(channel->owner);
    else if (frame->type == FRAME_STREAM && !frame->is_oversized)
        channel->events->on_stream(frame->body, channel->owner);
    else if (frame->type == FRAME_CHUNK && !frame->is_oversized)
        channel->is_full = !channel->events->on_chunk(frame->body, channel->owner);
    else if (frame->type == FRAME_RESPONSE || frame->is_oversized)
        channel->events->on_response(frame->body, frame->is_oversized, what_follows(frame),
                                     channel->owner);
    else
        hand_error_over(channel, frame);
}

/* Hands over one frame; false if there is none. An answer to half an event, or bytes that are no
 * frame, end the conversation: the invocation's deadline does the rest. */
static bool read_frame(struct frame_channel *channel)
{
    struct frame frame;
    enum frame_read found = frame_reader_next(&channel->reader, channel->answers_fd, &frame);
    if (found == FRAME_READ_WHOLE && channel->unsent.size)
        found = FRAME_READ_END;
    if (found == FRAME_READ_END)
        watch_stop(&channel->readable);
    if (found != FRAME_READ_WHOLE)
        return false;
    channel->handler_us = frame.handler_us;
    hand_over(channel, &frame);
    return !channel->is_closed;
}

static void free_channel(struct frame_channel *channel)
{
    frame_reader_clear(&channel->reader);
    free(channel);
}

static bool has_more(const struct frame_channel *channel)
{
    return channel->reader.buffer.size > channel->reader.used;
}

static void on_later(void *owner);

/* Until the pipe is empty, the other side has enough, or the turn has seen enough. */
static void read_frames(struct frame_channel *channel)
{
    int left = FRAMES_PER_TURN;
    channel->is_reading = true;
    while (left > 0 && !channel->is_full && read_frame(channel) && has_more(channel))
        left--;
    channel->is_reading = false;
    if (channel->is_closed)
        free_channel(channel);
    else if (channel->is_full && channel->readable)
        watch_pause(channel->readable);
    else if (left == 0 && !channel->later)
        channel->later = loop_timer_start(channel->loop, 0, 0, on_later, channel);
}

static void on_readable(void *owner)
{
    read_frames(owner);
}

void frame_channel_listen(struct frame_channel *channel)
{
    if (channel->readable)
        read_frames(channel);
}

static void on_later(void *owner)
{
    struct frame_channel *channel = owner;
    loop_timer_stop(&channel->later);
    read_frames(channel);
}

int frame_channel_handler_us(const struct frame_channel *channel)
{
    return channel->handler_us;
}

void frame_channel_resume(struct frame_channel *channel)
{
    channel->is_full = false;
    if (channel->readable)
        watch_resume(channel->readable);
    if (!channel->later) /* whole frames may have arrived already */
        channel->later = loop_timer_start(channel->loop, 0, 0, on_later, channel);
}

void frame_channel_drain(struct frame_channel *channel)
{
    if (!channel->readable)
        return;
    channel->is_reading = true;
    while (read_frame(channel))
        ;
    channel->is_reading = false;
    if (channel->is_closed)
        free_channel(channel);
}

static void send_rest(struct frame_channel *channel)
{
    while (channel->unsent.size) {
        ssize_t count = write(channel->events_fd, channel->unsent.data, channel->unsent.size);
        if (count >= 0) {
            channel->unsent.data += count;
            channel->unsent.size -= (size_t)count;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            log_debug("runtime", "a function process takes no event: %s", strerror(errno));
            channel->unsent = (struct text){ NULL, 0 };
        }
    }
    if (!channel->unsent.size)
        watch_stop(&channel->writable);
    else if (!channel->writable)
        channel->writable =
            watch_start(channel->loop, channel->events_fd, UV_WRITABLE, on_writable, channel);
}

static void on_writable(void *owner)
{
    send_rest(owner);
}

/* What is larger than a packet goes in the pipe's own pieces, which are as large as there is room.
 */
static void send_packets(struct frame_channel *channel, bool sends_packets)
{
    if (channel->sends_packets == sends_packets)
        return;
    int flags = O_NONBLOCK | (sends_packets ? O_DIRECT : 0);
    channel->sends_packets = fcntl(channel->events_fd, F_SETFL, flags) == 0 && sends_packets;
}

void frame_channel_send(struct frame_channel *channel, struct text frame)
{
    send_packets(channel, frame.size <= FRAME_PACKET_MAX);
    channel->unsent = frame;
    send_rest(channel);
}

/* A description of its own, so that not to wait is not the child's way too. */
static void open_unread(struct frame_channel *channel)
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", channel->events_fd);
    channel->unread_fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

bool frame_channel_send_ahead(struct frame_channel *channel, struct text frame)
{
    if (frame.size > FRAME_PACKET_MAX || !channel->sends_packets || channel->unsent.size)
        return false;
    if (channel->unread_fd < 0)
        open_unread(channel);
    return channel->unread_fd >= 0 &&
           write(channel->events_fd, frame.data, frame.size) == (ssize_t)frame.size;
}

size_t frame_channel_take_back(struct frame_channel *channel, char frame_out[FRAME_PACKET_MAX])
{
    if (channel->unread_fd < 0)
        return 0;
    ssize_t size = read(channel->unread_fd, frame_out, FRAME_PACKET_MAX);
    return size > 0 ? (size_t)size : 0;
}

struct frame_channel *frame_channel_open(struct loop *loop, const struct channel_events *events,
                                         void *owner, struct frame_channel_ends *ends_out)
{
    struct frame_channel_ends ends;
    int events_fd;
    int answers_fd;
    if (!process_pipe(&ends.events_fd, &events_fd))
        return NULL;
    if (!process_pipe(&answers_fd, &ends.answers_fd)) {
        int failure = errno;
        process_close(&ends.events_fd);
        process_close(&events_fd);
        errno = failure;
        return NULL;
    }
    struct frame_channel *channel = xcalloc(1, sizeof(*channel));
    channel->loop = loop;
    channel->events = events;
    channel->owner = owner;
    channel->events_fd = events_fd;
    channel->unread_fd = -1;
    channel->answers_fd = answers_fd;
    channel->reader.body_max = CHANNEL_PAYLOAD_MAX;
    channel->readable = watch_start(loop, answers_fd, UV_READABLE, on_readable, channel);
    process_make_nonblocking(events_fd);
    *ends_out = ends;
    return channel;
}

void frame_channel_close(struct frame_channel **closing)
{
    struct frame_channel *channel = *closing;
    if (!channel)
        return;
    *closing = NULL;
    watch_stop(&channel->readable);
    watch_stop(&channel->writable);
    loop_timer_stop(&channel->later);
    process_close(&channel->events_fd);
    process_close(&channel->answers_fd);
    process_close(&channel->unread_fd);
    channel->is_closed = true;
    if (!channel->is_reading)
        free_channel(channel);
}
