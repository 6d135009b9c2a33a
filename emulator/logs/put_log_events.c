/*
 * PutLogEvents (cloudwatch-api.md section 6.4).
 */
#include <stdlib.h>

#include "clock.h"
#include "logs/faults.h"
#include "logs/handlers.h"
#include "logs/ingest.h"
#include "logs/stream.h"
#include "xalloc.h"

enum {
    BATCH_BYTES_MAX = 1 << 20,
    BODY_MAX = 8 << 20, /* what a full batch can grow to in JSON */
    HOUR_MS = 3600 * 1000,
    DAY_MS = 24 * HOUR_MS,
    FUTURE_MS = 2 * HOUR_MS,
    PAST_MS = 14 * DAY_MS,
};

/* The batch, and which part of it is neither too old nor too new: as times ascend, a run. */
struct batch {
    struct log_event *events;
    size_t count;
    size_t first;
    size_t end;
    size_t too_old;
    size_t expired;
};

static bool read_events(struct call *call, struct batch *batch)
{
    const cJSON *list = json_get(call->input, "logEvents");
    const cJSON *item;
    size_t bytes = 0;
    batch->events =
        arena_alloc(&call->arena, (size_t)cJSON_GetArraySize(list) * sizeof(*batch->events));
    cJSON_ArrayForEach(item, list)
    {
        struct log_event *event = &batch->events[batch->count++];
        event->time_ms = json_int(item, "timestamp", 0);
        event->message = text_from(json_text(item, "message", ""));
        bytes += event->message.size + EVENT_OVERHEAD;
        if (batch->count > 1 && event->time_ms < event[-1].time_ms)
            return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                             "Log events in a single PutLogEvents request must be in chronological "
                             "order.");
    }
    return bytes <= BATCH_BYTES_MAX ||
           error_set(&call->error, &LOGS_INVALID_PARAMETER,
                     "Upload too large: %zu bytes exceeds limit of %d", bytes, BATCH_BYTES_MAX);
}

static size_t count_before(const struct batch *batch, int64_t time_ms)
{
    size_t count = 0;
    while (count < batch->count && batch->events[count].time_ms < time_ms)
        count++;
    return count;
}

static bool find_valid(struct call *call, int64_t retention_days, struct batch *batch)
{
    int64_t now_ms = clock_now_ms();
    batch->too_old = count_before(batch, now_ms - PAST_MS);
    batch->expired = count_before(batch, retention_start_ms(retention_days));
    batch->first = batch->too_old > batch->expired ? batch->too_old : batch->expired;
    batch->end = count_before(batch, now_ms + FUTURE_MS + 1);
    return batch->first >= batch->end ||
           batch->events[batch->end - 1].time_ms - batch->events[batch->first].time_ms <= DAY_MS ||
           error_set(&call->error, &LOGS_INVALID_PARAMETER,
                     "The batch of log events in a single PutLogEvents request cannot span more "
                     "than 24 hours.");
}

static void write_rejected(struct call *call, const struct batch *batch)
{
    if (!batch->first && batch->end == batch->count)
        return;
    cJSON *rejected = json_set_object(call_output(call), "rejectedLogEventsInfo");
    if (batch->end < batch->count)
        json_set_double(rejected, "tooNewLogEventStartIndex", (double)batch->end);
    if (batch->too_old)
        json_set_double(rejected, "tooOldLogEventEndIndex", (double)batch->too_old);
    if (batch->expired)
        json_set_double(rejected, "expiredLogEventEndIndex", (double)batch->expired);
}

static enum outcome put_log_events(struct call *call)
{
    struct logs *logs = logs_of(call);
    const struct group_key key = { call->account, call->region,
                                   json_text(call->input, "logGroupName", "") };
    struct ingest ingest = { .stream_name = json_text(call->input, "logStreamName", "") };
    struct batch batch = { 0 };
    if (!read_events(call, &batch))
        return OUTCOME_FAULT;
    ingest.group = ingest_find_group(logs, &key);
    if (!ingest.group)
        return call_fault(call, &LOGS_NOT_FOUND, "The specified log group does not exist.");
    ingest.stream_id = ingest_find_stream(logs, ingest.group->id, ingest.stream_name);
    if (!ingest.stream_id)
        return call_fault(call, &LOGS_NOT_FOUND, "The specified log stream does not exist.");
    if (!find_valid(call, ingest.group->retention_days, &batch))
        return OUTCOME_FAULT;
    ingest.events = batch.events + batch.first;
    ingest.count = batch.first < batch.end ? batch.end - batch.first : 0;
    json_set_text(call_output(call), "nextSequenceToken",
                  sequence_token(call, ingest.stream_id, clock_now_ms()));
    write_rejected(call, &batch);
    ingest_events(logs, &ingest);
    return OUTCOME_OK;
}

static const struct field event_fields[] = {
    { .name = "timestamp", .type = FIELD_INTEGER, .is_required = true, .range = AT_LEAST(0) },
    { .name = "message", .type = FIELD_STRING, .is_required = true, .length = AT_LEAST(1) },
    { 0 },
};
static const struct field event_item = { .type = FIELD_STRUCTURE, .members = event_fields };
static const struct field put_fields[] = {
    GROUP_NAME_ROW(true),
    STREAM_NAME_ROW,
    { .name = "logEvents",
      .type = FIELD_LIST,
      .is_required = true,
      .is_sensitive = true,
      .length = BETWEEN(1, EVENTS_MAX),
      .item = &event_item },
    { .name = "sequenceToken", .type = FIELD_STRING, .length = AT_LEAST(1) },
    { 0 },
};

const struct operation put_log_events_operations[] = {
    { .name = "PutLogEvents",
      .input = put_fields,
      .handle = put_log_events,
      .body_ceiling = BODY_MAX,
      .note = "`sequenceToken` and `entity` are ignored. NUL characters and halves of surrogate "
              "pairs become U+FFFD." },
    { 0 },
};
