/*
 * Events as the database keeps them: those that one checkpoint brings of one stream in one slot of
 * time (16 ms) are one row, so that a busy function costs a row per dozens of lines and not three
 * per invocation. Slots are read one after the other, in either direction; within a slot nothing is
 * in order, so a longer one would cost a page of events more.
 */
#ifndef COALMINE_LOGS_EVENT_BLOCK_H
#define COALMINE_LOGS_EVENT_BLOCK_H

#include <stdbool.h>

#include "buffer.h"
#include "compiler.h"
#include "logs/event.h"

/* The number of the slot in which that time lies; slots ascend with time. */
int64_t event_slot(int64_t time_ms);
/* The same in what the first coalmines that had blocks wrote: of 128 ms. */
int64_t event_long_slot(int64_t time_ms);

/* Appends the event, without its group and stream. */
void event_block_add(struct buffer *block, const struct event_row *row);

/* Cuts the first event off, whose message stays in the block. False at the end, or if what is left
 * (then it is not empty) is no event. The row's group and stream are left alone. */
MUST_CHECK bool event_block_next(struct text *block, struct event_row *row_out);

#endif
