/*
 * An append-only file beside the database for what comes too fast for SQLite: one record per
 * invocation, one per PutMetricData call, one for log events that came together. One write(2) per
 * turn of the loop, before that turn's replies; a checksum per record; a torn last record is
 * dropped at start.
 *
 * Frame: u32 size of payload, u32 CRC-32C of kind and payload, u8 kind, payload; little-endian.
 * The journal is cut into segments (journal-<first position>.log). A position is a count of
 * bytes since the journal's birth, so it never repeats.
 */
#ifndef COALMINE_JOURNAL_H
#define COALMINE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"
#include "error.h"
#include "text.h"

struct journal;

/* Whose a record is; its payload's layout is the owner's. */
enum journal_kind {
    JOURNAL_INVOCATION = 1,  /* lambda: one finished invocation */
    JOURNAL_METRIC_DATA = 2, /* cloudwatch: one PutMetricData call */
    JOURNAL_LOG_EVENTS = 3,  /* logs: events that came together */
};

/* Opens DIRECTORY's journal, making it if there is none. */
struct journal *journal_open(const char *directory, bool is_durable, struct error *error);
void journal_close(struct journal *journal);

/* Calls `on_record` for each whole record from `position` on, where one must begin; drops a torn
 * tail, and goes on behind files that are missing, with a warning each. What stands before the
 * position is not looked at. Before the first append. */
MUST_CHECK bool journal_replay(struct journal *journal, uint64_t position,
                               void (*on_record)(uint8_t kind, struct text payload, void *owner),
                               void *owner, struct error *error);

/* Queues a record for the next flush: kinds are 1 to 15, payloads 16 MiB at most. */
void journal_append(struct journal *journal, uint8_t kind, struct text payload);
bool journal_is_dirty(const struct journal *journal);
/* Writes what is queued; false with a sentence if the disk refuses (the records are dropped, the
 * file is cut back to its last whole record). */
MUST_CHECK bool journal_flush(struct journal *journal, struct error *error);

/* Where the next record will stand: all before it has been appended. */
uint64_t journal_position(const struct journal *journal);
/* Removes the segments that end at or before `position`. */
void journal_forget(struct journal *journal, uint64_t position);
/* Empties the journal (reset): positions go on. False with a sentence, and nothing done, if there
 * is no room for a new file. */
MUST_CHECK bool journal_reset(struct journal *journal, struct error *error);

#endif
