#include "logs/event_writer.h"

#include "logs/event_block.h"
#include "store/statements.h"

enum { BLOCK_MAX = 256 * 1024 }; /* what is larger gets no more events */

bool event_writer_begin(struct event_writer *writer, sqlite3 *database, struct error *error)
{
    static const char block[] = "INSERT INTO log_block (group_id, stream_id, slot, bytes, events) "
                                "VALUES (?, ?, ?, ?, ?)";
    static const char stream[] =
        "INSERT INTO log_stream_state VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET "
        "first_ms=min(first_ms, ?3), last_ms=max(last_ms, ?4), ingested_ms=?5";
    static const char group[] = "INSERT INTO log_group_state VALUES (?1, ?2) ON CONFLICT DO UPDATE "
                                "SET bytes = bytes + ?2";
    *writer = (struct event_writer){ 0 };
    return statements_prepare(database, block, &writer->block, error) &&
           statements_prepare(database, stream, &writer->stream, error) &&
           statements_prepare(database, group, &writer->group, error);
}

static bool write_block(struct event_writer *writer, struct error *error)
{
    if (!writer->events.size)
        return true;
    sqlite3_reset(writer->block);
    sqlite3_bind_int64(writer->block, 1, writer->run.group_id);
    sqlite3_bind_int64(writer->block, 2, writer->run.stream_id);
    sqlite3_bind_int64(writer->block, 3, writer->slot);
    sqlite3_bind_int64(writer->block, 4, writer->block_bytes);
    sqlite3_bind_blob64(writer->block, 5, writer->events.data, writer->events.size, SQLITE_STATIC);
    bool is_written = statements_run(writer->block, error);
    writer->events.size = 0;
    writer->block_bytes = 0;
    return is_written;
}

static bool write_states(struct event_writer *writer, struct error *error)
{
    const struct event_run *run = &writer->run;
    if (!run->stream_id)
        return true;
    sqlite3_reset(writer->stream);
    sqlite3_bind_int64(writer->stream, 1, run->stream_id);
    sqlite3_bind_int64(writer->stream, 2, run->group_id);
    sqlite3_bind_int64(writer->stream, 3, run->first_ms);
    sqlite3_bind_int64(writer->stream, 4, run->last_ms);
    sqlite3_bind_int64(writer->stream, 5, run->ingested_ms);
    sqlite3_reset(writer->group);
    sqlite3_bind_int64(writer->group, 1, run->group_id);
    sqlite3_bind_int64(writer->group, 2, run->bytes);
    return statements_run(writer->stream, error) && statements_run(writer->group, error);
}

static void extend(struct event_writer *writer, const struct event_row *row)
{
    struct event_run *run = &writer->run;
    int64_t bytes = (int64_t)row->message.size + EVENT_OVERHEAD;
    if (row->time_ms < run->first_ms)
        run->first_ms = row->time_ms;
    if (row->time_ms > run->last_ms)
        run->last_ms = row->time_ms;
    run->ingested_ms = row->ingested_ms;
    run->bytes += bytes;
    writer->block_bytes += bytes;
    event_block_add(&writer->events, row);
}

bool event_writer_add(struct event_writer *writer, const struct event_row *row, struct error *error)
{
    bool is_next_stream = row->stream_id != writer->run.stream_id;
    int64_t slot = event_slot(row->time_ms);
    if ((is_next_stream || slot != writer->slot || writer->events.size > BLOCK_MAX) &&
        !write_block(writer, error))
        return false;
    if (is_next_stream) {
        if (!write_states(writer, error))
            return false;
        writer->run = (struct event_run){ .group_id = row->group_id,
                                          .stream_id = row->stream_id,
                                          .first_ms = row->time_ms,
                                          .last_ms = row->time_ms };
    }
    writer->slot = slot;
    extend(writer, row);
    return true;
}

bool event_writer_end(struct event_writer *writer, bool is_good, struct error *error)
{
    is_good = is_good && write_block(writer, error) && write_states(writer, error);
    sqlite3_finalize(writer->block);
    sqlite3_finalize(writer->stream);
    sqlite3_finalize(writer->group);
    buffer_clear(&writer->events);
    return is_good;
}
