/*
 * What fields events have: GetLogRecord (of one event) and GetLogGroupFields (of a group's).
 */
#include <math.h>
#include <stdlib.h>

#include "clock.h"
#include "logs/faults.h"
#include "logs/handlers.h"
#include "logs/insights_record.h"
#include "logs/record_pointer.h"
#include "logs/stream.h"
#include "xalloc.h"

enum {
    MINUTE_MS = 60 * 1000,
    MS_PER_SECOND = 1000,
    RECENT_MINUTES = 15,
    AROUND_MINUTES = 8,
    SAMPLE_MAX = 2000, /* events that GetLogGroupFields looks at, the newest */
    SAMPLE_BYTES = 4 << 20,
    FIELDS_MAX = 1000,
    PERCENT = 100,
};

static void write_field(const char *name, const struct insights_value *value, void *owner)
{
    struct call *call = owner;
    cJSON *fields = json_get(call_output(call), "logRecord");
    bool is_time = strcmp(name, "@timestamp") == 0 || strcmp(name, "@ingestionTime") == 0;
    if (!json_get(fields, name))
        json_set_text(fields, name,
                      is_time ? arena_format(&call->arena, "%.0f", value->number)
                              : insights_print(value, &call->arena));
}

static bool find_row(struct call *call, int64_t group_id, struct event_position position,
                     struct event_page *page_out)
{
    const struct event_range range = { .group_id = group_id,
                                       .from_ms = position.time_ms,
                                       .until_ms = position.time_ms + 1,
                                       .position = { position.time_ms, position.sequence - 1 },
                                       .limit = 1,
                                       .byte_limit = EVENT_BYTES_MAX };
    if (position.time_ms < 0 || position.time_ms > TIME_END_MS || position.sequence < 1)
        return false;
    event_store_read(logs_of(call)->events, &range, &call->arena, page_out);
    return page_out->count && page_out->rows[0].sequence == position.sequence;
}

/* What the field @log says of a group's events. */
static const char *log_name(struct call *call, const struct log_group *group)
{
    return arena_format(&call->arena, "%s:%s", group->key.account, group->key.name);
}

static void write_record(struct call *call, const struct log_group *group,
                         const struct event_row *row, const char *stream)
{
    const struct insights_event event = {
        .timestamp_ms = row->time_ms,
        .ingestion_ms = row->ingested_ms,
        .message = row->message,
        .log_stream = stream,
        .log = log_name(call, group),
        .pointer = json_text(call->input, "logRecordPointer", ""),
    };
    struct insights_record *record = insights_record_create(&event);
    json_set_object(call_output(call), "logRecord");
    insights_record_each(record, write_field, call);
    insights_record_destroy(record);
}

static enum outcome get_log_record(struct call *call)
{
    struct group_key key = { call->account, call->region, NULL };
    struct event_position position;
    struct log_group group;
    struct event_page page;
    if (!record_pointer_read(json_text(call->input, "logRecordPointer", ""), &call->arena,
                             &key.name, &position))
        return call_fault(call, &LOGS_INVALID_PARAMETER,
                          "The specified logRecordPointer is invalid.");
    const char *stream = NULL;
    if (group_find(call->store, &key, &call->arena, &group) &&
        find_row(call, group.id, position, &page) &&
        page.rows[0].time_ms >= retention_start_ms(group.retention_days))
        stream = stream_name(call->store, page.rows[0].stream_id, &call->arena);
    if (!stream)
        return call_fault(call, &LOGS_NOT_FOUND, "The specified log record does not exist.");
    write_record(call, &group, &page.rows[0], stream);
    return OUTCOME_OK;
}

/* How many events have a field. */
struct field_count {
    const char *name;
    int64_t count;
    int64_t last_event; /* that counted: an event counts once */
};

struct census {
    struct arena arena;
    struct map by_name;
    struct field_count *counts[FIELDS_MAX];
    const char *log; /* ACCOUNT:GROUP */
    size_t count;
    int64_t events;
};

static void count_field(const char *name, const struct insights_value *value, void *owner)
{
    struct census *census = owner;
    struct field_count *field = map_find(&census->by_name, name);
    (void)value;
    if (!field && census->count < FIELDS_MAX) {
        field = arena_alloc(&census->arena, sizeof(*field));
        field->name = arena_copy(&census->arena, text_from(name));
        census->counts[census->count++] = field;
        map_set(&census->by_name, name, field);
    }
    if (field && field->last_event != census->events) {
        field->last_event = census->events;
        field->count++;
    }
}

static bool count_event(const struct event_row *row, void *owner)
{
    struct census *census = owner;
    const struct insights_event event = { .timestamp_ms = row->time_ms,
                                          .ingestion_ms = row->ingested_ms,
                                          .message = row->message,
                                          .log_stream = "",
                                          .log = census->log,
                                          .pointer = "" };
    struct insights_record *record = insights_record_create(&event);
    census->events++;
    insights_record_each(record, count_field, census);
    insights_record_destroy(record);
    return true;
}

/* The most frequent first, then by name. */
static int compare_counts(const void *a, const void *b)
{
    const struct field_count *first = *(struct field_count *const *)a;
    const struct field_count *second = *(struct field_count *const *)b;
    if (first->count != second->count)
        return first->count > second->count ? -1 : 1;
    return strcmp(first->name, second->name);
}

static void write_fields(struct call *call, struct census *census)
{
    cJSON *list = json_set_array(call_output(call), "logGroupFields");
    qsort(census->counts, census->count, sizeof(struct field_count *), compare_counts);
    for (size_t i = 0; i < census->count; i++) {
        const struct field_count *field = census->counts[i];
        if (strcmp(field->name, "@ptr") == 0)
            continue;
        cJSON *item = cJSON_CreateObject();
        json_set_text(item, "name", field->name);
        json_set_double(item, "percent",
                        floor(PERCENT * (double)field->count / (double)census->events));
        cJSON_AddItemToArray(list, item);
    }
}

static enum outcome get_log_group_fields(struct call *call)
{
    struct log_group group;
    if (!group_read(call, &group))
        return OUTCOME_FAULT;
    int64_t center_ms = json_int(call->input, "time", 0) * MS_PER_SECOND;
    bool is_recent = !json_get(call->input, "time");
    int64_t kept_ms = retention_start_ms(group.retention_days);
    struct event_range range = { .group_id = group.id,
                                 .position = EVENT_POSITION_LAST,
                                 .is_backward = true,
                                 .limit = SAMPLE_MAX,
                                 .byte_limit = SAMPLE_BYTES };
    range.until_ms = is_recent ? clock_now_ms() + 1 : center_ms + AROUND_MINUTES * MINUTE_MS + 1;
    range.from_ms = is_recent ? clock_now_ms() - RECENT_MINUTES * MINUTE_MS
                              : center_ms - AROUND_MINUTES * MINUTE_MS;
    range.from_ms = range.from_ms > kept_ms ? range.from_ms : kept_ms;
    struct census *census = xcalloc(1, sizeof(*census));
    census->log = log_name(call, &group);
    event_store_visit(logs_of(call)->events, &range, count_event, census);
    write_fields(call, census);
    map_clear(&census->by_name, NULL);
    arena_clear(&census->arena);
    free(census);
    return OUTCOME_OK;
}

static const struct field record_fields[] = {
    { .name = "logRecordPointer", .type = FIELD_STRING, .is_required = true },
    { .name = "unmask", .type = FIELD_BOOLEAN },
    { 0 },
};
static const struct field group_fields[] = {
    GROUP_NAME_ROW(false),
    GROUP_IDENTIFIER_ROW,
    { .name = "time",
      .type = FIELD_INTEGER,
      .range = BETWEEN(0, (double)(TIME_END_MS / MS_PER_SECOND)) },
    { 0 },
};

const struct operation log_record_operations[] = {
    { .name = "GetLogRecord", .input = record_fields, .handle = get_log_record },
    { .name = "GetLogGroupFields",
      .input = group_fields,
      .handle = get_log_group_fields,
      .note = "Looks at the newest 2,000 events of the time." },
    { 0 },
};
