#include "logs/event_store.h"

#include <stdlib.h>

#include "log.h"
#include "logs/event_record.h"
#include "logs/event_state.h"
#include "store/journal.h"
#include "store/telemetry.h"
#include "xalloc.h"

enum { TAIL_MAX = 4 << 20 }; /* bytes in memory that ask for a checkpoint */

struct event_store *event_store_create(const struct event_store_parts *parts, struct error *error)
{
    struct event_store *store = xcalloc(1, sizeof(*store));
    store->parts = *parts;
    store->next_sequence = 1;
    if (event_checkpoint_add(store, error))
        return store;
    event_store_destroy(store);
    return NULL;
}

void event_store_destroy(struct event_store *store)
{
    if (!store)
        return;
    event_tail_clear(&store->tail);
    event_tail_clear(&store->taken);
    free(store->removals.list);
    free(store->taken_removals.list);
    free(store);
}

void event_store_set_journal(struct event_store *store, struct journal *journal)
{
    store->parts.journal = journal;
}

int64_t event_store_append(struct event_store *store, const struct event_batch *batch)
{
    int64_t first_sequence = store->next_sequence;
    CLEANUP(buffer_clear) struct buffer record = { 0 };
    event_record_encode(batch, first_sequence, &record);
    journal_append(store->parts.journal, JOURNAL_LOG_EVENTS, buffer_text(&record));
    event_tail_add(&store->tail, batch, first_sequence);
    store->next_sequence += (int64_t)batch->count;
    if (store->tail.bytes.size >= TAIL_MAX)
        telemetry_request(store->parts.telemetry);
    return first_sequence;
}

void event_store_replay(struct event_store *store, struct text record)
{
    struct arena arena = { 0 };
    struct event_batch batch;
    int64_t first;
    if (!event_record_decode(record, &arena, &batch, &first)) {
        log_warn("logs", "a journal record of log events cannot be read; it is left out");
    } else {
        if (store->parts.exists(batch.group_id, batch.stream_id, store->parts.owner))
            event_tail_add(&store->tail, &batch, first);
        if (store->next_sequence < first + (int64_t)batch.count)
            store->next_sequence = first + (int64_t)batch.count;
    }
    arena_clear(&arena);
}

static void remove_later(struct event_store *store, const struct event_removal *removal)
{
    struct event_removals *removals = &store->removals;
    removals->list = xrealloc(removals->list, (removals->count + 1) * sizeof(*removals->list));
    removals->list[removals->count++] = *removal;
    telemetry_request(store->parts.telemetry);
}

void event_store_delete(struct event_store *store, int64_t group_id, int64_t stream_id)
{
    remove_later(store, &(struct event_removal){ group_id, stream_id, false, 0 });
}

/* Once is enough: an advance by a year asks for each of its days. */
void event_store_expire(struct event_store *store, int64_t group_id)
{
    const struct event_removals *removals = &store->removals;
    for (size_t i = 0; i < removals->count; i++) {
        if (removals->list[i].is_expiry && removals->list[i].group_id == group_id)
            return;
    }
    remove_later(store, &(struct event_removal){ group_id, 0, true, 0 });
}

/* What the worker may be reading is left to it: it hears of the reset by itself. */
void event_store_reset(struct event_store *store)
{
    event_tail_clear(&store->tail);
    store->removals.count = 0;
    store->database_sequence = store->next_sequence;
}
