/*
 * Log events on their way in and out.
 */
#ifndef COALMINE_LOGS_EVENT_H
#define COALMINE_LOGS_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "text.h"

/* Each counts for this many bytes more than its message does. */
enum { EVENT_OVERHEAD = 26 };

struct log_event {
    int64_t time_ms;
    struct text message; /* UTF-8 without NUL */
};

/* Events of one stream that came together. Groups and streams are known by ids that are never
 * used again. */
struct event_batch {
    int64_t group_id;
    int64_t stream_id;
    int64_t ingested_ms;
    const struct log_event *events;
    size_t count;
};

/* An event as it is kept. Sequence numbers grow with each event of the service: events of the
 * same millisecond are in order of their coming. */
struct event_row {
    int64_t group_id;
    int64_t stream_id;
    int64_t time_ms;
    int64_t sequence;
    int64_t ingested_ms;
    struct text message;
};

/* A place between events, in order of time. */
struct event_position {
    int64_t time_ms;
    int64_t sequence;
};

/* Right behind the event. */
static inline struct event_position event_row_position(const struct event_row *row)
{
    return (struct event_position){ row->time_ms, row->sequence };
}

/* Less than, equal to or greater than 0, as for qsort(): by time, then by sequence number. */
int event_position_compare(struct event_position a, struct event_position b);

/* 56 digits, as AWS has them: the same on every read. */
enum { EVENT_ID_SIZE = 57 };
const char *event_id_print(const struct event_row *row, char id_out[EVENT_ID_SIZE]);

#endif
