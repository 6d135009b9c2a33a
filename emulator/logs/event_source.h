/*
 * The events of a block in the database, one after the other, read only as far as somebody asks: a
 * block of a busy moment has hundreds of kilobytes, of which a page needs the first few.
 */
#ifndef COALMINE_LOGS_EVENT_SOURCE_H
#define COALMINE_LOGS_EVENT_SOURCE_H

#include <sqlite3.h>

#include "buffer.h"
#include "logs/event.h"

/* Zeroed at birth, for one block after the other. */
struct event_source {
    sqlite3_blob *blob;
    int at; /* how much of it was read */
    struct buffer portion;
    struct text rest; /* of the portion, what was not given yet */
};

/* Stands before the first event of the block of this id. */
void event_source_open(struct event_source *source, sqlite3 *database, int64_t id);
/* False at the end. The message lasts until the next call; group and stream are left alone. */
bool event_source_next(struct event_source *source, struct event_row *row_out);
void event_source_close(struct event_source *source);

#endif
