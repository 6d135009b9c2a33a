/*
 * GetMetricData (cloudwatch-api.md section 2.4): what metric_data.h evaluates, in pages.
 */
#include <stdlib.h>

#include "clock.h"
#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"
#include "cloudwatch/metric_data.h"
#include "operation/page.h"
#include "pattern.h"
#include "xalloc.h"

enum { DATAPOINTS_MAX = 100800 };

static bool check_times(struct call *call)
{
    int64_t start_ms = cloudwatch_read_time_ms(call->input, "StartTime", 0);
    int64_t end_ms = cloudwatch_read_time_ms(call->input, "EndTime", 0);
    if (start_ms == end_ms)
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "The parameter StartTime must not equal parameter EndTime.\n");
    return start_ms < end_ms ||
           error_set(&call->error, &CLOUDWATCH_VALIDATION,
                     "The parameter EndTime must be greater than StartTime.\n");
}

static bool check_request(struct call *call)
{
    struct metric_data_shape shape;
    if (!metric_data_check(json_get(call->input, "MetricDataQueries"), "MetricDataQueries", &shape,
                           &call->error))
        return false;
    if (shape.returned_count == 0)
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "At least one MetricDataQuery must return data.");
    return check_times(call);
}

/* A page ends inside a series, behind a point: what comes in meanwhile moves nothing. */
struct page {
    struct arena *arena; /* that its points are made in */
    bool is_ascending;
    int64_t left;     /* points this page may still have */
    bool is_resumed;  /* goes on where an earlier page ended: */
    size_t series;    /* in this one of the returned series, */
    int64_t behind_s; /* behind this point */
    bool is_cut;      /* ends where `series` and `behind_s` say now */
};

/* Was this point given on an earlier page? */
static bool is_given(const struct page *page, size_t series, int64_t time_s)
{
    if (!page->is_resumed || series > page->series)
        return false;
    return series < page->series ||
           (page->is_ascending ? time_s <= page->behind_s : time_s >= page->behind_s);
}

struct writer {
    cJSON *times;
    cJSON *values;
    size_t series;
};

static void add_point(const struct writer *writer, const struct page *before, struct page *page,
                      int64_t time_s, double value)
{
    if (is_given(before, writer->series, time_s))
        return;
    if (page->left == 0) {
        page->is_cut = true;
        return;
    }
    page->left--;
    page->series = writer->series;
    page->behind_s = time_s;
    json_lend_double(page->arena, writer->times, NULL, (double)time_s);
    json_lend_double(page->arena, writer->values, NULL, value);
}

static void write_points(cJSON *result, const struct metric_data_series *series, size_t number,
                         const struct page *before, struct page *page)
{
    const struct writer writer = { json_lend_list(result, "Timestamps"),
                                   json_lend_list(result, "Values"), number };
    for (size_t i = 0; i < series->count && !page->is_cut; i++) {
        size_t at = page->is_ascending ? i : series->count - 1 - i;
        add_point(&writer, before, page, series->times_s[at], series->values[at]);
    }
}

static void write_message(cJSON *messages, const char *code, const char *value)
{
    cJSON *message = cJSON_CreateObject();
    json_set_text(message, "Code", code);
    json_set_text(message, "Value", value);
    cJSON_AddItemToArray(messages, message);
}

static cJSON *write_series(const struct metric_data_series *series, size_t number,
                           const struct page *before, struct page *page)
{
    cJSON *result = cJSON_CreateObject();
    json_set_text(result, "Id", series->id);
    json_set_text(result, "Label", series->label);
    write_points(result, series, number, before, page);
    json_set_text(result, "StatusCode", page->is_cut ? "PartialData" : series->status);
    if (series->message)
        write_message(json_set_array(result, "Messages"), series->message_code, series->message);
    return result;
}

static bool parse_token(const char *token, struct page *page)
{
    CLEANUP(freep) char *key = page_key(token);
    struct text rest = text_from(key);
    struct text first = text_cut(&rest, ' ');
    int64_t series;
    if (!key || !text_to_int64(first, &series) || series < 0 ||
        !text_to_int64(rest, &page->behind_s))
        return false;
    page->series = (size_t)series;
    page->is_resumed = true;
    return true;
}

static bool read_page(struct call *call, struct page *page_out)
{
    const char *token = json_text(call->input, "NextToken", NULL);
    int64_t wanted = json_int(call->input, "MaxDatapoints", DATAPOINTS_MAX);
    *page_out = (struct page){
        .arena = &call->arena,
        .left = wanted < DATAPOINTS_MAX ? wanted : DATAPOINTS_MAX,
        .is_ascending = strcmp(json_text(call->input, "ScanBy", ""), "TimestampAscending") == 0,
    };
    return !token || parse_token(token, page_out) ||
           error_set(&call->error, &CLOUDWATCH_INVALID_NEXT_TOKEN,
                     "The NextToken is not one of this query.");
}

static void write_token(cJSON *output, const struct page *page)
{
    if (!page->is_cut)
        return;
    CLEANUP(freep) char *key = xformat("%zu %lld", page->series, (long long)page->behind_s);
    CLEANUP(freep) char *token = page_marker(key);
    json_set_text(output, "NextToken", token);
}

/* "+0130" in minutes. */
static bool read_timezone(struct call *call, int *minutes_out)
{
    struct text parts[2];
    int64_t hours;
    int64_t minutes;
    const char *zone = json_text(json_get(call->input, "LabelOptions"), "Timezone", "+0000");
    if (!pattern_capture("[+-]([01]\\d|2[0-3])([0-5]\\d)", text_from(zone), parts, 2) ||
        !text_to_int64(parts[0], &hours) || !text_to_int64(parts[1], &minutes))
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "The value %s for parameter LabelOptions.Timezone is invalid: it must be "
                         "+ or - and four digits.",
                         zone);
    *minutes_out = (int)(hours * 60 + minutes) * (zone[0] == '-' ? -1 : 1);
    return true;
}

static void write_result(cJSON *output, const struct metric_data_result *result,
                         const struct page *before)
{
    struct page page = *before;
    size_t number = 0;
    cJSON *messages = json_set_array(output, "Messages");
    cJSON *results = json_set_array(output, "MetricDataResults");
    if (result->message)
        write_message(messages, result->message_code, result->message);
    for (size_t i = 0; i < result->count; i++) {
        if (result->series[i].is_returned)
            cJSON_AddItemToArray(results,
                                 write_series(&result->series[i], number++, before, &page));
    }
    write_token(output, &page);
}

static enum outcome get_metric_data(struct call *call)
{
    struct page page;
    struct metric_data_request request = {
        .account = call->account,
        .region = call->region,
        .queries = json_get(call->input, "MetricDataQueries"),
        .start_ms = cloudwatch_read_time_ms(call->input, "StartTime", 0),
        .end_ms = cloudwatch_read_time_ms(call->input, "EndTime", 0),
        .now_ms = clock_now_ms(),
    };
    struct metric_data_result result;
    if (!check_request(call) || !read_page(call, &page) ||
        !read_timezone(call, &request.timezone_minutes) ||
        !metric_data_evaluate(call->state, &request, &result, &call->error))
        return OUTCOME_FAULT;
    write_result(call_output(call), &result, &page);
    metric_data_result_clear(&result);
    return OUTCOME_OK;
}

static const char *const orders[] = { "TimestampDescending", "TimestampAscending", NULL };
static const struct field time_item = { .type = FIELD_TIMESTAMP };
static const struct field value_item = { .type = FIELD_DOUBLE };
static const struct field label_options_fields[] = {
    { .name = "Timezone", .type = FIELD_STRING },
    { 0 },
};
static const struct field get_data_input[] = {
    { .name = "MetricDataQueries",
      .type = FIELD_LIST,
      .is_required = true,
      .item = &cloudwatch_metric_data_query_item },
    { .name = "StartTime", .type = FIELD_TIMESTAMP, .is_required = true },
    { .name = "EndTime", .type = FIELD_TIMESTAMP, .is_required = true },
    { .name = "NextToken", .type = FIELD_STRING },
    { .name = "ScanBy", .type = FIELD_STRING, .values = orders },
    { .name = "MaxDatapoints", .type = FIELD_INTEGER, .range = AT_LEAST(1) },
    { .name = "LabelOptions", .type = FIELD_STRUCTURE, .members = label_options_fields },
    { 0 },
};
static const struct field message_fields[] = {
    { .name = "Code", .type = FIELD_STRING },
    { .name = "Value", .type = FIELD_STRING },
    { 0 },
};
static const struct field message_item = { .type = FIELD_STRUCTURE, .members = message_fields };
static const struct field result_fields[] = {
    { .name = "Id", .type = FIELD_STRING },
    { .name = "Label", .type = FIELD_STRING },
    { .name = "Timestamps", .type = FIELD_LIST, .item = &time_item },
    { .name = "Values", .type = FIELD_LIST, .item = &value_item },
    { .name = "StatusCode", .type = FIELD_STRING },
    { .name = "Messages", .type = FIELD_LIST, .item = &message_item },
    { 0 },
};
static const struct field result_item = { .type = FIELD_STRUCTURE, .members = result_fields };
static const struct field get_data_output[] = {
    { .name = "Messages", .type = FIELD_LIST, .item = &message_item },
    { .name = "MetricDataResults", .type = FIELD_LIST, .item = &result_item },
    { .name = "NextToken", .type = FIELD_STRING },
    { 0 },
};

const struct operation get_metric_data_operations[] = {
    { .name = "GetMetricData",
      .input = get_data_input,
      .output = get_data_output,
      .handle = get_metric_data,
      .note = "Metric math, SEARCH and Metrics Insights. ANOMALY_DETECTION_BAND, "
              "INSIGHT_RULE_METRIC, SERVICE_QUOTA and LAMBDA are refused by name." },
    { 0 },
};
