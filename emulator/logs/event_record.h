/*
 * A batch as the journal keeps it: u8 layout, i64 group id, stream id, first sequence number and
 * time of coming, u32 number of events, and for each i64 time, u32 size, message. Bytes are in the
 * machine's order.
 */
#ifndef COALMINE_LOGS_EVENT_RECORD_H
#define COALMINE_LOGS_EVENT_RECORD_H

#include <stdbool.h>

#include "arena.h"
#include "buffer.h"
#include "compiler.h"
#include "logs/event.h"

/* Appends the record; its events are numbered from `first_sequence` on. */
void event_record_encode(const struct event_batch *batch, int64_t first_sequence,
                         struct buffer *buffer);

/* The events live in the arena, their messages in the record. False if the bytes are none. */
MUST_CHECK bool event_record_decode(struct text record, struct arena *arena,
                                    struct event_batch *batch_out, int64_t *first_sequence_out);

#endif
