#include "logs/event_source.h"

#include "log.h"
#include "logs/event_block.h"

enum { PORTION = 8 * 1024 };

static void refuse(struct event_source *source)
{
    log_error("logs", "telemetry.db: a block of log events cannot be read to its end");
    sqlite3_blob_close(source->blob);
    source->blob = NULL;
}

void event_source_open(struct event_source *source, sqlite3 *database, int64_t id)
{
    source->rest = (struct text){ 0 };
    source->at = 0;
    int result = source->blob ? sqlite3_blob_reopen(source->blob, id)
                              : sqlite3_blob_open(database, "main", "log_block", "events", id, 0,
                                                  &source->blob);
    if (result != SQLITE_OK)
        refuse(source);
}

/* Another portion, at least as large as what is left of this one; false: there is none. */
static bool read_on(struct event_source *source)
{
    struct buffer *portion = &source->portion;
    size_t kept = source->rest.size;
    int left = source->blob ? sqlite3_blob_bytes(source->blob) - source->at : 0;
    int size = kept > PORTION ? (int)kept : PORTION;
    size = size < left ? size : left;
    if (size <= 0)
        return false;
    if (kept)
        memmove(portion->data, source->rest.data, kept);
    portion->size = kept;
    char *room = buffer_reserve(portion, (size_t)size);
    if (sqlite3_blob_read(source->blob, room, size, source->at) != SQLITE_OK)
        return false;
    buffer_commit(portion, (size_t)size);
    source->rest = buffer_text(portion);
    source->at += size;
    return true;
}

bool event_source_next(struct event_source *source, struct event_row *row_out)
{
    while (!event_block_next(&source->rest, row_out)) {
        if (read_on(source))
            continue;
        if (source->rest.size)
            refuse(source);
        return false;
    }
    return true;
}

void event_source_close(struct event_source *source)
{
    sqlite3_blob_close(source->blob);
    buffer_clear(&source->portion);
}
