/*
 * DescribeAlarmHistory and DescribeAlarmContributors (cloudwatch-api.md section 4.7).
 */
#include <stdio.h>
#include <string.h>

#include "alarms/fields.h"
#include "alarms/history.h"
#include "clock.h"
#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"

enum { PAGE_DEFAULT = 100, MS_PER_SECOND = 1000, NUMBER_SIZE = 24 };

static cJSON *write_item(const struct alarm_history_item *item)
{
    cJSON *output = cJSON_CreateObject();
    json_set_text(output, "AlarmName", item->key.name);
    json_set_text(output, "AlarmType", item->is_composite ? "CompositeAlarm" : "MetricAlarm");
    json_set_double(output, "Timestamp", (double)item->time_ms / MS_PER_SECOND);
    json_set_text(output, "HistoryItemType", item->kind);
    json_set_text(output, "HistorySummary", item->summary);
    json_set_text(output, "HistoryData", item->data);
    return output;
}

static struct alarm_history_filter read_filter(struct call *call)
{
    const cJSON *type;
    const cJSON *types = json_get(call->input, "AlarmTypes");
    const char *order = json_text(call->input, "ScanBy", "TimestampDescending");
    struct alarm_history_filter filter = {
        .account = call->account,
        .region = call->region,
        .name = json_text(call->input, "AlarmName", NULL),
        .kind = json_text(call->input, "HistoryItemType", NULL),
        .takes_metric = !types || !types->child,
        .start_ms = cloudwatch_read_time_ms(call->input, "StartDate", 0),
        .end_ms = INT64_MAX,
        .is_newest_first = strcmp(order, "TimestampDescending") == 0,
    };
    int64_t oldest_ms = alarm_history_oldest_ms(clock_now_ms());
    if (filter.start_ms < oldest_ms)
        filter.start_ms = oldest_ms;
    if (json_get(call->input, "EndDate"))
        filter.end_ms = cloudwatch_read_time_ms(call->input, "EndDate", 0);
    cJSON_ArrayForEach(type, types)
    {
        filter.takes_metric |= strcmp(type->valuestring, "MetricAlarm") == 0;
        filter.takes_composite |= strcmp(type->valuestring, "CompositeAlarm") == 0;
    }
    return filter;
}

static enum outcome describe_history(struct call *call)
{
    struct alarm_history_filter filter = read_filter(call);
    struct alarm_history_item item;
    const char *after;
    int64_t place = filter.is_newest_first ? INT64_MAX : INT64_MIN;
    int64_t left = json_int(call->input, "MaxRecords", PAGE_DEFAULT);
    cJSON *list = json_set_array(call_output(call), "AlarmHistoryItems");
    if (!alarm_page_begin(call, &after))
        return OUTCOME_FAULT;
    if (*after && !text_to_int64(text_from(after), &place))
        return call_fault(call, &CLOUDWATCH_INVALID_NEXT_TOKEN,
                          "Request parameter NextToken is invalid");
    while (alarm_history_next(call->store, &filter, place, &call->arena, &item)) {
        if (left-- == 0) {
            char number[NUMBER_SIZE];
            snprintf(number, sizeof(number), "%lld", (long long)place);
            alarm_page_end(call, number);
            break;
        }
        cJSON_AddItemToArray(list, write_item(&item));
        place = item.place;
    }
    return OUTCOME_OK;
}

/* Contributors are the series of alarms on queries that give several; there are no such alarms
 * here, so an alarm that exists has none. */
static enum outcome describe_contributors(struct call *call)
{
    struct alarm_row row;
    struct alarm_key key = alarm_key_of(call, "AlarmName");
    if (!alarm_row_find(call->store, &key, &call->arena, &row))
        return call_fault(call, &ALARM_RESOURCE_NOT_FOUND, "Alarm %s does not exist", key.name);
    json_set_array(call_output(call), "AlarmContributors");
    return OUTCOME_OK;
}

static const char *const kinds[] = {
    "ConfigurationUpdate",    "StateUpdate", "Action", "AlarmContributorStateUpdate",
    "AlarmContributorAction", NULL
};
static const char *const orders[] = { "TimestampDescending", "TimestampAscending", NULL };
static const struct field type_item = { .type = FIELD_STRING, .values = alarm_type_values };
static const struct field history_fields[] = {
    { .name = "AlarmName", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "AlarmContributorId", .type = FIELD_STRING, .length = BETWEEN(1, 16) },
    { .name = "AlarmTypes", .type = FIELD_LIST, .item = &type_item },
    { .name = "HistoryItemType", .type = FIELD_STRING, .values = kinds },
    { .name = "StartDate", .type = FIELD_TIMESTAMP },
    { .name = "EndDate", .type = FIELD_TIMESTAMP },
    { .name = "MaxRecords", .type = FIELD_INTEGER, .range = BETWEEN(1, 100) },
    { .name = "NextToken", .type = FIELD_STRING },
    { .name = "ScanBy", .type = FIELD_STRING, .values = orders },
    { 0 },
};
static const struct field item_fields[] = {
    { .name = "AlarmName", .type = FIELD_STRING },
    { .name = "AlarmType", .type = FIELD_STRING },
    { .name = "Timestamp", .type = FIELD_TIMESTAMP, .is_milliseconds = true },
    { .name = "HistoryItemType", .type = FIELD_STRING },
    { .name = "HistorySummary", .type = FIELD_STRING },
    { .name = "HistoryData", .type = FIELD_STRING },
    { 0 },
};
static const struct field item_item = { .type = FIELD_STRUCTURE, .members = item_fields };
static const struct field history_output[] = {
    { .name = "AlarmHistoryItems", .type = FIELD_LIST, .item = &item_item },
    { .name = "NextToken", .type = FIELD_STRING },
    { 0 },
};
static const struct field contributors_fields[] = {
    ALARM_NAME_ROW,
    { .name = "NextToken", .type = FIELD_STRING },
    { 0 },
};
static const struct field attribute_item = { .type = FIELD_STRING };
static const struct field contributor_fields[] = {
    { .name = "ContributorId", .type = FIELD_STRING },
    { .name = "ContributorAttributes", .type = FIELD_MAP, .item = &attribute_item },
    { .name = "StateReason", .type = FIELD_STRING },
    { .name = "StateTransitionedTimestamp", .type = FIELD_TIMESTAMP, .is_milliseconds = true },
    { 0 },
};
static const struct field contributor_item = { .type = FIELD_STRUCTURE,
                                               .members = contributor_fields };
static const struct field contributors_output[] = {
    { .name = "AlarmContributors", .type = FIELD_LIST, .item = &contributor_item },
    { .name = "NextToken", .type = FIELD_STRING },
    { 0 },
};

const struct operation alarm_history_operations[] = {
    { .name = "DescribeAlarmHistory",
      .input = history_fields,
      .output = history_output,
      .handle = describe_history,
      .note = "Kept for 30 days of service time." },
    { .name = "DescribeAlarmContributors",
      .input = contributors_fields,
      .output = contributors_output,
      .handle = describe_contributors,
      .note = "Always empty: the alarms that have contributors are refused." },
    { 0 },
};
