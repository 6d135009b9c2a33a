/*
 * GetMetricData with MetricStat queries (cloudwatch-api.md section 2.4). Math expressions are
 * refused by name.
 */
#include <stdlib.h>

#include "clock.h"
#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"
#include "cloudwatch/metric_data.h"
#include "operation/page.h"
#include "xalloc.h"

enum { DATAPOINTS_MAX = 100800 };

static bool check_times(struct call *call)
{
    int64_t start_ms = cloudwatch_read_time_ms(call->input, "StartTime", 0);
    int64_t end_ms = cloudwatch_read_time_ms(call->input, "EndTime", 0);
    if (start_ms == end_ms)
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "The parameter StartTime must not equal parameter EndTime.");
    return start_ms < end_ms || error_set(&call->error, &CLOUDWATCH_VALIDATION,
                                          "The parameter EndTime must be greater than StartTime.");
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

struct page {
    int64_t skip; /* datapoints given on earlier pages */
    int64_t left;
    int64_t seen;
    bool is_cut;
};

static void add_point(cJSON *times, cJSON *values, struct page *page, int64_t time_s, double value)
{
    if (page->seen++ < page->skip)
        return;
    if (page->left == 0) {
        page->is_cut = true;
        return;
    }
    page->left--;
    cJSON_AddItemToArray(times, cJSON_CreateNumber((double)time_s));
    cJSON_AddItemToArray(values, cJSON_CreateNumber(value));
}

static void write_points(struct call *call, cJSON *result, const struct metric_data_series *series,
                         struct page *page)
{
    bool is_ascending = strcmp(json_text(call->input, "ScanBy", ""), "TimestampAscending") == 0;
    cJSON *times = json_set_array(result, "Timestamps");
    cJSON *values = json_set_array(result, "Values");
    for (size_t i = 0; i < series->count; i++) {
        size_t at = is_ascending ? i : series->count - 1 - i;
        add_point(times, values, page, series->times_s[at], series->values[at]);
    }
}

static void write_message(cJSON *owner, const char *code, const char *value)
{
    cJSON *message = cJSON_CreateObject();
    json_set_text(message, "Code", code);
    json_set_text(message, "Value", value);
    cJSON_AddItemToArray(json_set_array(owner, "Messages"), message);
}

static cJSON *write_series(struct call *call, const struct metric_data_series *series,
                           struct page *page)
{
    cJSON *result = cJSON_CreateObject();
    json_set_text(result, "Id", series->id);
    json_set_text(result, "Label", series->label);
    write_points(call, result, series, page);
    json_set_text(result, "StatusCode", page->is_cut ? "PartialData" : series->status);
    if (series->message)
        write_message(result, series->message_code, series->message);
    return result;
}

static bool read_page(struct call *call, struct page *page_out)
{
    const char *token = json_text(call->input, "NextToken", NULL);
    int64_t wanted = json_int(call->input, "MaxDatapoints", DATAPOINTS_MAX);
    *page_out = (struct page){ .left = wanted < DATAPOINTS_MAX ? wanted : DATAPOINTS_MAX };
    if (!token)
        return true;
    CLEANUP(freep) char *key = page_key(token);
    return (key && text_to_int64(text_from(key), &page_out->skip)) ||
           error_set(&call->error, &CLOUDWATCH_INVALID_NEXT_TOKEN,
                     "The NextToken is not one of this query.");
}

static void write_token(struct call *call, const struct page *page)
{
    char key[24];
    int64_t wanted = json_int(call->input, "MaxDatapoints", DATAPOINTS_MAX);
    int64_t size = wanted < DATAPOINTS_MAX ? wanted : DATAPOINTS_MAX;
    if (!page->is_cut)
        return;
    snprintf(key, sizeof(key), "%lld", (long long)(page->skip + size));
    CLEANUP(freep) char *token = page_marker(key);
    json_set_text(call_output(call), "NextToken", token);
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
        !metric_data_evaluate(call->state, &request, &result, &call->error))
        return OUTCOME_FAULT;
    cJSON *output = call_output(call);
    json_set_array(output, "Messages");
    cJSON *results = json_set_array(output, "MetricDataResults");
    for (size_t i = 0; i < result.count; i++) {
        if (result.series[i].is_returned)
            cJSON_AddItemToArray(results, write_series(call, &result.series[i], &page));
    }
    metric_data_result_clear(&result);
    write_token(call, &page);
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
      .note = "MetricStat queries; expressions are refused. Labels are taken as they are." },
    { 0 },
};
