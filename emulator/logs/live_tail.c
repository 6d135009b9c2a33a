#include "logs/live_tail.h"

#include <stdlib.h>

#include "clock.h"
#include "http/server.h"
#include "logs/faults.h"
#include "logs/filter_pattern.h"
#include "logs/handlers.h"
#include "operation/event_stream.h"
#include "xalloc.h"

enum {
    SESSIONS_MAX = 15, /* of an account and region */
    UPDATE_MS = 1000,
    RESULTS_MAX = 500,
    RESULT_BYTES_MAX = 1 << 20,
    BACKLOG_MAX = 4 << 20, /* bytes that a client may leave lying before it misses updates */
    GROUPS_MAX = 10,
    SESSION_MS = 3 * 3600 * 1000,
};

static const char json_type[] = "application/x-amz-json-1.1";

struct live_tail {
    struct live_tail *next;
    struct logs *logs;
    struct call *call; /* its input says which streams */
    int64_t group_ids[GROUPS_MAX];
    size_t group_count;
    struct filter_pattern *pattern;
    cJSON *results; /* of the next update */
    size_t result_count;
    size_t result_bytes;
    bool is_sampled;
    int64_t started_ms;
    struct loop_timer *timer;
};

static void send_event(struct live_tail *tail, const char *type, const cJSON *payload)
{
    CLEANUP(buffer_clear) struct buffer frame = { 0 };
    CLEANUP(freep) char *text = json_print(payload);
    event_stream_add(&frame, type, json_type, text_from(text));
    call_stream(tail->call, buffer_text(&frame));
}

static void send_update(struct live_tail *tail)
{
    CLEANUP(json_deletep) cJSON *update = cJSON_CreateObject();
    json_set_bool(json_set_object(update, "sessionMetadata"), "sampled", tail->is_sampled);
    json_set(update, "sessionResults", tail->results);
    tail->results = cJSON_CreateArray();
    tail->result_count = 0;
    tail->result_bytes = 0;
    tail->is_sampled = false;
    send_event(tail, "sessionUpdate", update);
}

static void free_tail(struct live_tail *tail)
{
    loop_timer_stop(&tail->timer);
    filter_pattern_destroy(tail->pattern);
    cJSON_Delete(tail->results);
    free(tail);
}

/* The session is in no list any more. `exception` NULL: the stream just ends. */
static void end_session(struct live_tail *tail, const char *exception, const char *sentence)
{
    struct call *call = tail->call;
    struct buffer last = { 0 };
    if (exception) {
        CLEANUP(freep) char *payload = xformat("{\"message\":\"%s\"}", sentence);
        event_stream_add_exception(&last, exception, json_type, text_from(payload));
        call->raw_body = buffer_take(&last, &call->raw_body_size);
    }
    free_tail(tail);
    call_finish(call, OUTCOME_OK);
}

static void unlink_tail(struct live_tail *tail)
{
    struct live_tail **link = &tail->logs->tails;
    while (*link != tail)
        link = &(*link)->next;
    *link = tail->next;
}

static void on_update(void *owner)
{
    struct live_tail *tail = owner;
    bool is_gone = http_exchange_is_gone(tail->call->exchange);
    if (!is_gone && clock_now_ms() - tail->started_ms < SESSION_MS) {
        if (http_exchange_stream_backlog(tail->call->exchange) < BACKLOG_MAX)
            send_update(tail);
        return;
    }
    unlink_tail(tail);
    if (is_gone)
        end_session(tail, NULL, NULL);
    else
        end_session(tail, "SessionTimeoutException",
                    "The Live Tail session ended because it reached its limit of three hours.");
}

void live_tails_end(struct logs *logs)
{
    struct live_tail *tail;
    while ((tail = logs->tails)) {
        logs->tails = tail->next;
        end_session(tail, "SessionStreamingException",
                    "The Live Tail session ended because the server is about to stop or was "
                    "reset.");
    }
}

static bool is_named(const cJSON *names, const char *stream, bool is_prefix)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, names)
    {
        if (is_prefix ? text_starts_with(text_from(stream), name->valuestring)
                      : strcmp(stream, name->valuestring) == 0)
            return true;
    }
    return false;
}

static bool watches(const struct live_tail *tail, const struct ingest *ingest)
{
    const cJSON *names = json_get(tail->call->input, "logStreamNames");
    const cJSON *prefixes = json_get(tail->call->input, "logStreamNamePrefixes");
    for (size_t i = 0; i < tail->group_count; i++) {
        if (tail->group_ids[i] == ingest->group->id)
            return (!names || is_named(names, ingest->stream_name, false)) &&
                   (!prefixes || is_named(prefixes, ingest->stream_name, true));
    }
    return false;
}

static void add_result(struct live_tail *tail, const struct ingest *ingest, size_t at)
{
    const struct log_event *event = &ingest->events[at];
    const struct group_key *key = &ingest->group->key;
    if (!filter_pattern_matches(tail->pattern, event->message))
        return;
    tail->result_bytes += event->message.size;
    if (tail->result_count == RESULTS_MAX ||
        (tail->result_count && tail->result_bytes > RESULT_BYTES_MAX)) {
        tail->is_sampled = true;
        return;
    }
    tail->result_count++;
    CLEANUP(freep) char *message = xstrndup(event->message.data, event->message.size);
    CLEANUP(freep) char *group = xformat("%s:%s", key->account, key->name);
    cJSON *result = cJSON_CreateObject();
    json_set_text(result, "logStreamName", ingest->stream_name);
    json_set_text(result, "logGroupIdentifier", group);
    json_set_text(result, "message", message);
    json_set_double(result, "timestamp", (double)event->time_ms);
    json_set_double(result, "ingestionTime", (double)ingest->ingested_ms);
    cJSON_AddItemToArray(tail->results, result);
}

void live_tails_tell(struct logs *logs, const struct ingest *ingest)
{
    for (struct live_tail *tail = logs->tails; tail; tail = tail->next) {
        if (!watches(tail, ingest))
            continue;
        for (size_t i = 0; i < ingest->count && !tail->is_sampled; i++)
            add_result(tail, ingest, i);
    }
}

/* One frame that says nothing, which clients insist on, and one that repeats the request. */
static void send_start(struct live_tail *tail)
{
    static const char *const repeated[] = { "logGroupIdentifiers", "logStreamNames",
                                            "logStreamNamePrefixes", "logEventFilterPattern" };
    struct call *call = tail->call;
    char session_id[UUID_SIZE];
    random_uuid(session_id);
    CLEANUP(json_deletep) cJSON *nothing = cJSON_CreateObject();
    CLEANUP(json_deletep) cJSON *start = cJSON_CreateObject();
    json_set_text(start, "requestId", call->request_id);
    json_set_text(start, "sessionId", session_id);
    for (size_t i = 0; i < COUNT_OF(repeated); i++) {
        const cJSON *member = json_get(call->input, repeated[i]);
        if (member)
            json_set(start, repeated[i], cJSON_Duplicate(member, true));
    }
    call_header(call, "Content-Type", "application/vnd.amazon.eventstream");
    send_event(tail, "initial-response", nothing);
    send_event(tail, "sessionStart", start);
}

static bool check_streams(struct call *call)
{
    const cJSON *names = json_get(call->input, "logStreamNames");
    const cJSON *prefixes = json_get(call->input, "logStreamNamePrefixes");
    int groups = cJSON_GetArraySize(json_get(call->input, "logGroupIdentifiers"));
    if (names && prefixes)
        return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                         "Only one of logStreamNames or logStreamNamePrefixes can be provided.");
    if ((names || prefixes) && groups > 1)
        return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                         "logStreamNames and logStreamNamePrefixes can only be used with a single "
                         "log group.");
    return true;
}

static bool has_room(struct call *call)
{
    int count = 0;
    for (const struct live_tail *tail = logs_of(call)->tails; tail; tail = tail->next)
        count += strcmp(tail->call->account, call->account) == 0 &&
                 strcmp(tail->call->region, call->region) == 0;
    return count < SESSIONS_MAX ||
           error_set(&call->error, &LOGS_LIMIT_EXCEEDED, "Resource limit exceeded.");
}

static bool find_groups(struct call *call, struct live_tail *tail)
{
    const cJSON *identifier;
    cJSON_ArrayForEach(identifier, json_get(call->input, "logGroupIdentifiers"))
    {
        struct log_group group;
        if (!group_find_named(call, identifier->valuestring, &group))
            return error_set(&call->error, &LOGS_NOT_FOUND,
                             "The specified log group does not exist.");
        if (!group_check_standard(call, &group)) /* AWS's fault for it is not recorded */
            return false;
        tail->group_ids[tail->group_count++] = group.id;
    }
    return true;
}

static enum outcome start_live_tail(struct call *call)
{
    struct logs *logs = logs_of(call);
    struct live_tail found = { .logs = logs, .call = call, .started_ms = clock_now_ms() };
    if (!check_streams(call) || !has_room(call) || !find_groups(call, &found))
        return OUTCOME_FAULT;
    found.pattern = filter_pattern_parse(
        text_from(json_text(call->input, "logEventFilterPattern", "")), &call->error);
    if (!found.pattern)
        return OUTCOME_FAULT;
    struct live_tail *tail = xmemdup(&found, sizeof(found));
    tail->results = cJSON_CreateArray();
    tail->next = logs->tails;
    logs->tails = tail;
    send_start(tail);
    tail->timer = loop_timer_start(logs->parts.loop, UPDATE_MS, UPDATE_MS, on_update, tail);
    return OUTCOME_LATER;
}

static const struct field identifier_item = { .type = FIELD_STRING,
                                              .length = BETWEEN(1, 2048),
                                              .pattern = "[\\w#+=/:,.@-]*" };
static const struct field stream_item = { .type = FIELD_STRING,
                                          .length = BETWEEN(1, 512),
                                          .pattern = "[^:*]*" };
static const struct field live_tail_fields[] = {
    { .name = "logGroupIdentifiers",
      .type = FIELD_LIST,
      .is_required = true,
      .length = BETWEEN(1, GROUPS_MAX),
      .item = &identifier_item },
    { .name = "logStreamNames",
      .type = FIELD_LIST,
      .length = BETWEEN(1, 100),
      .item = &stream_item },
    { .name = "logStreamNamePrefixes",
      .type = FIELD_LIST,
      .length = BETWEEN(1, 100),
      .item = &stream_item },
    { .name = "logEventFilterPattern", .type = FIELD_STRING, .length = BETWEEN(0, 1024) },
    { 0 },
};

const struct operation live_tail_operations[] = {
    { .name = "StartLiveTail",
      .input = live_tail_fields,
      .handle = start_live_tail,
      .note = "Clients put `stream-` before the host: turn that off (AWS CLI and boto3: "
              "`AWS_DISABLE_HOST_PREFIX_INJECTION=true`, JavaScript: `disableHostPrefix: true`)." },
    { 0 },
};
