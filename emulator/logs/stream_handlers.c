/*
 * Log streams (cloudwatch-api.md section 6.3).
 */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "logs/faults.h"
#include "logs/handlers.h"
#include "logs/stream.h"

enum { STREAMS_MAX = 50 };

static enum outcome create_log_stream(struct call *call)
{
    struct log_group group;
    struct log_stream existing;
    const char *name = json_text(call->input, "logStreamName", "");
    if (!group_read(call, &group))
        return OUTCOME_FAULT;
    if (stream_find(call->store, group.id, name, &call->arena, &existing))
        return call_fault(call, &LOGS_EXISTS, "The specified log stream already exists");
    stream_insert(call->store,
                  &(struct log_stream){ group_new_id(), group.id, name, clock_now_ms() });
    return OUTCOME_OK;
}

static enum outcome delete_log_stream(struct call *call)
{
    struct log_group group;
    struct log_stream stream;
    if (!group_read(call, &group))
        return OUTCOME_FAULT;
    if (!stream_find(call->store, group.id, json_text(call->input, "logStreamName", ""),
                     &call->arena, &stream))
        return call_fault(call, &LOGS_NOT_FOUND, "The specified log stream does not exist.");
    stream_delete(call->store, stream.id);
    event_store_delete(logs_of(call)->events, group.id, stream.id);
    logs_forget(logs_of(call));
    return OUTCOME_OK;
}

/* A stream and what is known of its events. */
struct listed {
    const struct log_stream *stream;
    struct stream_state state;
};

static cJSON *write_stream(struct call *call, const struct log_group *group,
                           const struct listed *listed)
{
    const struct log_stream *stream = listed->stream;
    const struct stream_state *state = &listed->state;
    cJSON *item = cJSON_CreateObject();
    json_set_text(item, "logStreamName", stream->name);
    json_set_double(item, "creationTime", (double)stream->created_ms);
    if (state->last_ingested_ms) {
        json_set_double(item, "firstEventTimestamp", (double)state->first_ms);
        json_set_double(item, "lastEventTimestamp", (double)state->last_ms);
        json_set_double(item, "lastIngestionTime", (double)state->last_ingested_ms);
        json_set_text(item, "uploadSequenceToken",
                      sequence_token(call, stream->id, state->last_ingested_ms));
    }
    json_set_text(item, "arn",
                  arena_format(&call->arena, "%s:log-stream:%s",
                               group_arn(&call->arena, &group->key), stream->name));
    json_set_double(item, "storedBytes", 0); /* so on AWS since 2019 */
    return item;
}

/* Brings streams and states together; the states come back sorted by id. */
static struct listed *find_states(struct call *call, const struct log_stream *streams, size_t count)
{
    struct stream_state *states = arena_alloc(&call->arena, (count + 1) * sizeof(*states));
    struct listed *listed = arena_alloc(&call->arena, (count + 1) * sizeof(*listed));
    struct map by_id = { 0 };
    char key[24];
    for (size_t i = 0; i < count; i++)
        states[i].stream_id = streams[i].id;
    event_store_states(logs_of(call)->events, states, count);
    for (size_t i = 0; i < count; i++) {
        snprintf(key, sizeof(key), "%lld", (long long)states[i].stream_id);
        map_set(&by_id, key, &states[i]);
    }
    for (size_t i = 0; i < count; i++) {
        snprintf(key, sizeof(key), "%lld", (long long)streams[i].id);
        const struct stream_state *state = map_find(&by_id, key);
        listed[i] = (struct listed){ &streams[i], *state };
    }
    map_clear(&by_id, NULL);
    return listed;
}

static void write_list(struct call *call, const struct log_group *group,
                       const struct listed *listed, size_t count)
{
    cJSON *list = json_set_array(call_output(call), "logStreams");
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(list, write_stream(call, group, &listed[i]));
}

static enum outcome describe_by_name(struct call *call, const struct log_group *group, size_t limit)
{
    const char *after;
    size_t count;
    struct stream_filter filter = { .group_id = group->id,
                                    .prefix = json_text(call->input, "logStreamNamePrefix", ""),
                                    .is_descending = json_bool(call->input, "descending", false),
                                    .limit = limit + 1 };
    if (!token_read(call, &after))
        return OUTCOME_FAULT;
    filter.after = *after ? after : NULL;
    const struct log_stream *streams = stream_list(call->store, &filter, &call->arena, &count);
    size_t shown = count < limit ? count : limit;
    write_list(call, group, find_states(call, streams, shown), shown);
    if (count > limit)
        token_write(call, streams[limit - 1].name);
    return OUTCOME_OK;
}

/* Streams without events come first. */
static int compare_times(const void *a, const void *b)
{
    const struct listed *first = a;
    const struct listed *second = b;
    if (first->state.last_ms != second->state.last_ms)
        return first->state.last_ms < second->state.last_ms ? -1 : 1;
    return strcmp(first->stream->name, second->stream->name);
}

static int compare_times_descending(const void *a, const void *b)
{
    return -compare_times(a, b);
}

/* The place behind which the page begins; without a token its stream is NULL. */
static bool read_time_token(struct call *call, struct listed *after_out)
{
    const char *key;
    if (!token_read(call, &key))
        return false;
    *after_out = (struct listed){ 0 };
    if (!*key)
        return true;
    struct text rest = text_from(key);
    int64_t last_ms;
    if (!text_to_int64(text_cut(&rest, '/'), &last_ms) || !rest.data)
        return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                         "The specified nextToken is invalid.");
    struct log_stream *stream = arena_alloc(&call->arena, sizeof(*stream));
    stream->name = rest.data;
    *after_out = (struct listed){ stream, { .last_ms = last_ms } };
    return true;
}

static enum outcome describe_by_time(struct call *call, const struct log_group *group, size_t limit)
{
    const struct stream_filter all = { .group_id = group->id, .prefix = "" };
    bool is_descending = json_bool(call->input, "descending", false);
    int (*compare)(const void *, const void *) =
        is_descending ? compare_times_descending : compare_times;
    struct listed after;
    size_t count;
    size_t at = 0;
    if (!read_time_token(call, &after))
        return OUTCOME_FAULT;
    const struct log_stream *streams = stream_list(call->store, &all, &call->arena, &count);
    struct listed *listed = find_states(call, streams, count);
    qsort(listed, count, sizeof(*listed), compare);
    while (after.stream && at < count && compare(&listed[at], &after) <= 0)
        at++;
    size_t shown = count - at < limit ? count - at : limit;
    write_list(call, group, listed + at, shown);
    if (count - at > limit) {
        const struct listed *last = &listed[at + limit - 1];
        token_write(call, arena_format(&call->arena, "%lld/%s", (long long)last->state.last_ms,
                                       last->stream->name));
    }
    return OUTCOME_OK;
}

static enum outcome describe_log_streams(struct call *call)
{
    struct log_group group;
    size_t limit = (size_t)json_int(call->input, "limit", STREAMS_MAX);
    const char *order = json_text(call->input, "orderBy", "LogStreamName");
    bool is_by_time = strcmp(order, "LastEventTime") == 0;
    if (is_by_time && json_get(call->input, "logStreamNamePrefix"))
        return call_fault(call, &LOGS_INVALID_PARAMETER,
                          "Cannot order by LastEventTime with a logStreamNamePrefix.");
    if (!group_read(call, &group))
        return OUTCOME_FAULT;
    return is_by_time ? describe_by_time(call, &group, limit)
                      : describe_by_name(call, &group, limit);
}

static const char *const orders[] = { "LogStreamName", "LastEventTime", NULL };
static const struct field stream_fields[] = { GROUP_NAME_ROW(true), STREAM_NAME_ROW, { 0 } };
static const struct field describe_fields[] = {
    GROUP_NAME_ROW(false),
    GROUP_IDENTIFIER_ROW,
    { .name = "logStreamNamePrefix",
      .type = FIELD_STRING,
      .length = BETWEEN(1, 512),
      .pattern = "[^:*]*" },
    { .name = "orderBy", .type = FIELD_STRING, .values = orders },
    { .name = "descending", .type = FIELD_BOOLEAN },
    TOKEN_ROW,
    LIMIT_ROW(STREAMS_MAX),
    { 0 },
};

const struct operation log_stream_operations[] = {
    { .name = "CreateLogStream",
      .flags = OPERATION_WRITES,
      .input = stream_fields,
      .handle = create_log_stream },
    { .name = "DeleteLogStream",
      .flags = OPERATION_WRITES,
      .input = stream_fields,
      .handle = delete_log_stream },
    { .name = "DescribeLogStreams",
      .input = describe_fields,
      .handle = describe_log_streams,
      .note = "`lastEventTimestamp` is up to date at once." },
    { 0 },
};
