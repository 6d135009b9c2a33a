/*
 * The parent's end of the framed channel (frames.h): two pipes on the loop.
 */
#ifndef COALMINE_FRAME_CHANNEL_H
#define COALMINE_FRAME_CHANNEL_H

#include <limits.h>

#include "compiler.h"
#include "loop/loop.h"
#include "runtime/channel.h"

struct frame_channel;

/* The largest event that can stand in the pipe with others. */
enum { FRAME_PACKET_MAX = PIPE_BUF };
/* So many behind the one that is next: together what a pipe holds (pipe(7)). */
enum { FRAMES_AHEAD_MAX = 15 };

/* The ends that the function process gets; the caller closes them when it has started. */
struct frame_channel_ends {
    int events_fd;
    int answers_fd;
};

/* NULL with errno set if there are no descriptors left. */
struct frame_channel *frame_channel_open(struct loop *loop, const struct channel_events *events,
                                         void *owner, struct frame_channel_ends *ends_out);

/* Sends an event's frame. The bytes stay the caller's and must last until the answer to them or
 * frame_channel_close(). That the process is gone is known by its exit, not here. */
void frame_channel_send(struct frame_channel *channel, struct text frame);

/* Sends one more event to a process that has not answered the last: it stands in the pipe until the
 * process reads it. False if it cannot stand there by itself, or there is no room. */
MUST_CHECK bool frame_channel_send_ahead(struct frame_channel *channel, struct text frame);

/* Takes the oldest event that the process has not read out of the pipe again: its frame's size, 0
 * if there is none. The process may read those behind it meanwhile, this one never. */
MUST_CHECK size_t frame_channel_take_back(struct frame_channel *channel,
                                          char frame_out[FRAME_PACKET_MAX]);

/* How long the handler took, by its process's own clock, for the answer that is told or was last.
 */
int frame_channel_handler_us(const struct frame_channel *channel);

/* Handles what has arrived, as the loop would in its next turn. */
void frame_channel_listen(struct frame_channel *channel);

/* After on_chunk() answered false: goes on, never inside the call. */
void frame_channel_resume(struct frame_channel *channel);

/* The process has ended: handles what it said before. */
void frame_channel_drain(struct frame_channel *channel);

/* Closes, frees and sets to NULL; also from within an event of the channel. */
void frame_channel_close(struct frame_channel **channel);

#endif
