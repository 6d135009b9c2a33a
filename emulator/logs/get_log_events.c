/*
 * GetLogEvents (cloudwatch-api.md section 6.5). A token is "f/" or "b/" and 56 digits: the place
 * (time and sequence number) behind which its direction goes on, and the stream.
 */
#include <stdio.h>
#include <stdlib.h>

#include "logs/faults.h"
#include "logs/get_log_events.h"
#include "logs/handlers.h"
#include "logs/stream.h"

enum { TIME_DIGITS = 18, NUMBER_DIGITS = 19, PREFIX_SIZE = 2 };

void events_token_print(const struct events_token *token, char text_out[EVENTS_TOKEN_SIZE])
{
    snprintf(text_out, EVENTS_TOKEN_SIZE, "%c/%018lld%019lld%019lld",
             token->is_backward ? 'b' : 'f', (long long)token->position.time_ms,
             (long long)token->position.sequence, (long long)token->stream_id);
}

static bool take_number(struct text *rest, size_t digits, int64_t *number_out)
{
    struct text number = { rest->data, digits };
    for (size_t i = 0; i < digits; i++)
        if (number.data[i] < '0' || number.data[i] > '9')
            return false;
    rest->data += digits;
    rest->size -= digits;
    return text_to_int64(number, number_out);
}

bool events_token_parse(struct text text, struct events_token *token_out)
{
    struct text rest = text;
    if (text.size != EVENTS_TOKEN_SIZE - 1 ||
        !(text_starts_with(text, "f/") || text_starts_with(text, "b/")))
        return false;
    token_out->is_backward = *text.data == 'b';
    rest.data += PREFIX_SIZE;
    rest.size -= PREFIX_SIZE;
    return take_number(&rest, TIME_DIGITS, &token_out->position.time_ms) &&
           take_number(&rest, NUMBER_DIGITS, &token_out->position.sequence) &&
           take_number(&rest, NUMBER_DIGITS, &token_out->stream_id);
}

/* An empty page leaves its own direction where it was, and turns the other one round. */
static void find_ends(const struct events_token *from, const struct event_page *page,
                      struct event_position *forward_out, struct event_position *backward_out)
{
    *forward_out = from->position;
    *backward_out = from->position;
    if (page->count) {
        const struct event_row *first = &page->rows[0];
        const struct event_row *last = &page->rows[page->count - 1];
        *forward_out = event_row_position(last);
        *backward_out = event_row_position(first);
    } else if (from->is_backward && from->position.sequence > 0) {
        forward_out->sequence--;
    } else if (!from->is_backward && from->position.time_ms > 0) {
        backward_out->sequence++;
    }
}

static void write_token(struct call *call, const char *name, const struct events_token *token)
{
    char text[EVENTS_TOKEN_SIZE];
    events_token_print(token, text);
    json_set_text(call_output(call), name, text);
}

static void write_page(struct call *call, const struct events_token *from,
                       const struct event_page *page)
{
    struct events_token forward = { .stream_id = from->stream_id };
    struct events_token backward = { .is_backward = true, .stream_id = from->stream_id };
    cJSON *list = json_set_array(call_output(call), "events");
    for (size_t i = 0; i < page->count; i++)
        cJSON_AddItemToArray(list, event_write(call, &page->rows[i]));
    find_ends(from, page, &forward.position, &backward.position);
    write_token(call, "nextForwardToken", &forward);
    write_token(call, "nextBackwardToken", &backward);
}

static void reverse(struct event_page *page)
{
    for (size_t i = 0; i < page->count / 2; i++) {
        struct event_row other = page->rows[i];
        page->rows[i] = page->rows[page->count - 1 - i];
        page->rows[page->count - 1 - i] = other;
    }
}

static bool read_token(struct call *call, int64_t stream_id, struct events_token *token_out)
{
    const char *text = json_text(call->input, "nextToken", NULL);
    *token_out =
        (struct events_token){ .is_backward = !json_bool(call->input, "startFromHead", false),
                               .stream_id = stream_id };
    return !text ||
           (events_token_parse(text_from(text), token_out) && token_out->stream_id == stream_id) ||
           error_set(&call->error, &LOGS_INVALID_PARAMETER, "The specified nextToken is invalid.");
}

static void read_range(struct call *call, const struct log_group *group,
                       const struct events_token *token, struct event_range *range_out)
{
    int64_t from_ms = json_int(call->input, "startTime", 0);
    int64_t kept_ms = retention_start_ms(group->retention_days);
    *range_out = (struct event_range){
        .group_id = group->id,
        .stream_id = token->stream_id,
        .from_ms = from_ms > kept_ms ? from_ms : kept_ms,
        .until_ms = json_int(call->input, "endTime", TIME_END_MS),
        .position = token->is_backward ? EVENT_POSITION_LAST : EVENT_POSITION_FIRST,
        .is_backward = token->is_backward,
        .limit = (size_t)json_int(call->input, "limit", EVENTS_MAX),
        .byte_limit = EVENT_BYTES_MAX,
    };
    if (json_get(call->input, "nextToken"))
        range_out->position = token->position;
}

static enum outcome get_log_events(struct call *call)
{
    struct log_group group;
    struct log_stream stream;
    struct events_token token;
    struct event_range range;
    struct event_page page;
    if (!group_read(call, &group))
        return OUTCOME_FAULT;
    if (!stream_find(call->store, group.id, json_text(call->input, "logStreamName", ""),
                     &call->arena, &stream))
        return call_fault(call, &LOGS_NOT_FOUND, "The specified log stream does not exist.");
    if (!read_token(call, stream.id, &token))
        return OUTCOME_FAULT;
    read_range(call, &group, &token, &range);
    event_store_read(logs_of(call)->events, &range, &call->arena, &page);
    if (range.is_backward)
        reverse(&page);
    write_page(call, &token, &page);
    return OUTCOME_OK;
}

static const struct field get_fields[] = {
    GROUP_NAME_ROW(false),
    GROUP_IDENTIFIER_ROW,
    STREAM_NAME_ROW,
    { .name = "startTime", .type = FIELD_INTEGER, .range = AT_LEAST(0) },
    { .name = "endTime", .type = FIELD_INTEGER, .range = AT_LEAST(0) },
    { .name = "nextToken", .type = FIELD_STRING, .length = AT_LEAST(1) },
    LIMIT_ROW(EVENTS_MAX),
    { .name = "startFromHead", .type = FIELD_BOOLEAN },
    { .name = "unmask", .type = FIELD_BOOLEAN },
    { 0 },
};

const struct operation get_log_events_operations[] = {
    { .name = "GetLogEvents",
      .input = get_fields,
      .handle = get_log_events,
      .note = "Tokens do not expire." },
    { 0 },
};
