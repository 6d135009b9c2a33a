#include "logs/event_block.h"

enum { SLOT_MS = 16, LONG_SLOT_MS = 128 };

/* In the database: in the order of the machine, as in the journal. */
struct block_entry {
    int64_t time_ms;
    int64_t sequence;
    int64_t ingested_ms;
    uint64_t size; /* of the message, which follows */
};

static int64_t find_slot(int64_t time_ms, int64_t slot_ms)
{
    int64_t slot = time_ms / slot_ms;
    return slot * slot_ms > time_ms ? slot - 1 : slot;
}

int64_t event_slot(int64_t time_ms)
{
    return find_slot(time_ms, SLOT_MS);
}

int64_t event_long_slot(int64_t time_ms)
{
    return find_slot(time_ms, LONG_SLOT_MS);
}

void event_block_add(struct buffer *block, const struct event_row *row)
{
    const struct block_entry entry = { row->time_ms, row->sequence, row->ingested_ms,
                                       row->message.size };
    buffer_add(block, &entry, sizeof(entry));
    buffer_add_text(block, row->message);
}

bool event_block_next(struct text *block, struct event_row *row_out)
{
    struct block_entry entry;
    struct text rest = *block;
    if (!text_take_value(&rest, &entry, sizeof(entry)) ||
        !text_take(&rest, (size_t)entry.size, &row_out->message))
        return false;
    row_out->time_ms = entry.time_ms;
    row_out->sequence = entry.sequence;
    row_out->ingested_ms = entry.ingested_ms;
    *block = rest;
    return true;
}
