/*
 * FilterLogEvents (cloudwatch-api.md section 6.6). A call looks at a bounded number of events; if
 * that was not all, the answer has a token, even without any event in it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "logs/faults.h"
#include "logs/filter_pattern.h"
#include "logs/handlers.h"
#include "logs/stream.h"

enum { SCANNED_MAX = 10000, SCANNED_BYTES_MAX = 8 << 20, STREAMS_MAX = 100, ID_TEXT_SIZE = 24 };

/* 2024-01-01: searches that begin before it go forward only. */
static const int64_t BACKWARD_FROM_MS = 1704067200000;

/* A search under way. */
struct search {
    struct call *call;
    struct log_group group;
    struct filter_pattern *pattern;
    bool has_streams;    /* only those in `names` */
    struct map names;    /* of streams, by id */
    int64_t the_stream;  /* the only one; 0: not so */
    int64_t last_stream; /* 0: none yet; streams come in runs */
    const char *last_name;
    size_t limit;
    size_t found;
    size_t bytes;
    cJSON *list;
    struct event_position position; /* of the last row that was dealt with */
};

static void add_stream(struct search *search, const struct log_stream *stream)
{
    char key[ID_TEXT_SIZE];
    snprintf(key, sizeof(key), "%lld", (long long)stream->id);
    search->the_stream = search->names.count ? 0 : stream->id;
    if (!map_find(&search->names, key))
        map_set(&search->names, key, (void *)(uintptr_t)stream->name);
}

static bool find_streams(struct search *search)
{
    struct call *call = search->call;
    const cJSON *names = json_get(call->input, "logStreamNames");
    const char *prefix = json_text(call->input, "logStreamNamePrefix", NULL);
    const cJSON *name;
    if (names && prefix)
        return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                         "LogStream names and LogStream name prefix are mutually exclusive "
                         "parameters.");
    search->has_streams = names || prefix;
    cJSON_ArrayForEach(name, names)
    {
        struct log_stream stream;
        if (!stream_find(call->store, search->group.id, name->valuestring, &call->arena, &stream))
            return error_set(&call->error, &LOGS_NOT_FOUND,
                             "The specified log stream does not exist.");
        add_stream(search, &stream);
    }
    if (prefix) {
        const struct stream_filter filter = { .group_id = search->group.id, .prefix = prefix };
        size_t count;
        const struct log_stream *streams = stream_list(call->store, &filter, &call->arena, &count);
        for (size_t i = 0; i < count; i++)
            add_stream(search, &streams[i]);
    }
    return true;
}

static const char *look_up_name(struct search *search, int64_t stream_id)
{
    char key[ID_TEXT_SIZE];
    snprintf(key, sizeof(key), "%lld", (long long)stream_id);
    const char *name = map_find(&search->names, key);
    if (name || search->has_streams)
        return name;
    name = stream_name(search->call->store, stream_id, &search->call->arena);
    if (name) /* else the stream has gone, and its events are about to */
        map_set(&search->names, key, (void *)(uintptr_t)name);
    return name;
}

/* The name of a row's stream; NULL if the row is not asked for. */
static const char *find_name(struct search *search, int64_t stream_id)
{
    if (search->last_stream != stream_id) {
        search->last_stream = stream_id;
        search->last_name = look_up_name(search, stream_id);
    }
    return search->last_name;
}

static cJSON *write_match(struct search *search, const struct event_row *row, const char *name)
{
    char id[EVENT_ID_SIZE];
    cJSON *event = event_write(search->call, row);
    json_set_text(event, "logStreamName", name);
    json_set_text(event, "eventId", event_id_print(row, id));
    return event;
}

/* False if the answer is full before this row. */
static bool add_match(const struct event_row *row, void *owner)
{
    struct search *search = owner;
    const char *name = find_name(search, row->stream_id);
    if (name && filter_pattern_matches(search->pattern, row->message)) {
        search->bytes += row->message.size + EVENT_OVERHEAD;
        if (search->found == search->limit || (search->found && search->bytes > EVENT_BYTES_MAX))
            return false;
        cJSON_AddItemToArray(search->list, write_match(search, row, name));
        search->found++;
    }
    search->position = event_row_position(row);
    return true;
}

/* The direction, "f" or "b", and the place to go on behind: time and sequence number. */
static const char *print_token(const struct search *search, bool is_backward)
{
    return arena_format(&search->call->arena, "%c/%lld/%lld", is_backward ? 'b' : 'f',
                        (long long)search->position.time_ms, (long long)search->position.sequence);
}

static bool parse_token(const char *token, struct event_range *range)
{
    struct text rest = text_from(token);
    struct text direction = text_cut(&rest, '/');
    range->is_backward = text_equal(direction, "b");
    return (range->is_backward || text_equal(direction, "f")) && rest.data &&
           text_to_int64(text_cut(&rest, '/'), &range->position.time_ms) && rest.data &&
           text_to_int64(rest, &range->position.sequence);
}

/* AWS's sentence is not recorded, nor whether it wants a startTime then: none is let pass. */
static bool check_direction(struct call *call)
{
    return json_bool(call->input, "startFromHead", true) ||
           json_int(call->input, "startTime", BACKWARD_FROM_MS) >= BACKWARD_FROM_MS ||
           error_set(&call->error, &LOGS_INVALID_PARAMETER,
                     "startFromHead can be false only when startTime is on or after Jan 1, 2024 "
                     "00:00:00 UTC.");
}

/* A token goes on in its own direction, whatever startFromHead says. */
static bool read_position(struct call *call, struct event_range *range)
{
    const char *token;
    if (!token_read(call, &token))
        return false;
    range->is_backward = !json_bool(call->input, "startFromHead", true);
    range->position = range->is_backward ? EVENT_POSITION_LAST : EVENT_POSITION_FIRST;
    return !*token || parse_token(token, range) ||
           error_set(&call->error, &LOGS_INVALID_PARAMETER, "The specified nextToken is invalid.");
}

static void read_range(const struct search *search, struct event_range *range)
{
    const cJSON *input = search->call->input;
    int64_t from_ms = json_int(input, "startTime", 0);
    int64_t last_ms = json_int(input, "endTime", TIME_END_MS);
    int64_t kept_ms = retention_start_ms(search->group.retention_days);
    range->group_id = search->group.id;
    range->stream_id = search->has_streams ? search->the_stream : 0;
    range->from_ms = from_ms > kept_ms ? from_ms : kept_ms;
    range->until_ms = last_ms + 1;
    range->limit = SCANNED_MAX;
    range->likely = search->limit;
    range->byte_limit = SCANNED_BYTES_MAX;
}

static enum outcome run(struct search *search)
{
    struct call *call = search->call;
    struct event_range range = { 0 };
    if (!group_read(call, &search->group) || !group_check_standard(call, &search->group) ||
        !find_streams(search) || !check_direction(call) || !read_position(call, &range))
        return OUTCOME_FAULT;
    read_range(search, &range);
    search->list = json_set_array(call_output(call), "events");
    json_set_array(call_output(call), "searchedLogStreams");
    bool is_impossible = search->has_streams && !search->names.count;
    if (!is_impossible && event_store_visit(logs_of(call)->events, &range, add_match, search))
        token_write(call, print_token(search, range.is_backward));
    return OUTCOME_OK;
}

static enum outcome filter_log_events(struct call *call)
{
    struct search search = { .call = call,
                             .limit = (size_t)json_int(call->input, "limit", EVENTS_MAX) };
    search.pattern =
        filter_pattern_parse(text_from(json_text(call->input, "filterPattern", "")), &call->error);
    if (!search.pattern)
        return OUTCOME_FAULT;
    enum outcome outcome = run(&search);
    map_clear(&search.names, NULL);
    filter_pattern_destroy(search.pattern);
    return outcome;
}

static const struct field stream_item = { .type = FIELD_STRING,
                                          .length = BETWEEN(1, 512),
                                          .pattern = "[^:*]*" };
static const struct field filter_fields[] = {
    GROUP_NAME_ROW(false),
    GROUP_IDENTIFIER_ROW,
    { .name = "logStreamNames",
      .type = FIELD_LIST,
      .length = BETWEEN(1, STREAMS_MAX),
      .item = &stream_item },
    { .name = "logStreamNamePrefix",
      .type = FIELD_STRING,
      .length = BETWEEN(1, 512),
      .pattern = "[^:*]*" },
    { .name = "startTime", .type = FIELD_INTEGER, .range = AT_LEAST(0) },
    { .name = "endTime", .type = FIELD_INTEGER, .range = AT_LEAST(0) },
    { .name = "filterPattern", .type = FIELD_STRING, .length = BETWEEN(0, 1024) },
    TOKEN_ROW,
    LIMIT_ROW(EVENTS_MAX),
    { .name = "startFromHead", .type = FIELD_BOOLEAN },
    { .name = "interleaved", .type = FIELD_BOOLEAN },
    { .name = "unmask", .type = FIELD_BOOLEAN },
    { 0 },
};

const struct operation filter_log_events_operations[] = {
    { .name = "FilterLogEvents",
      .input = filter_fields,
      .handle = filter_log_events,
      .note = "A call looks at 10,000 events at most and answers with a token if there are more, "
              "even if none matched. Tokens do not expire." },
    { 0 },
};
