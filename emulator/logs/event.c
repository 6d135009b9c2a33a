#include "logs/event.h"

#include <stdio.h>

enum { TAG_MODULUS = 1000000000 };

int event_position_compare(struct event_position a, struct event_position b)
{
    if (a.time_ms != b.time_ms)
        return a.time_ms < b.time_ms ? -1 : 1;
    return a.sequence < b.sequence ? -1 : a.sequence > b.sequence;
}

const char *event_id_print(const struct event_row *row, char id_out[EVENT_ID_SIZE])
{
    int64_t tag = row->stream_id % TAG_MODULUS;
    snprintf(id_out, EVENT_ID_SIZE, "3%018lld%019lld%018lld", (long long)row->time_ms,
             (long long)row->sequence, (long long)tag);
    return id_out;
}
