/*
 * GetMetricData with MetricStat queries (cloudwatch-api.md section 2.4). Math expressions are
 * refused by name.
 */
#include <stdlib.h>

#include "buffer.h"
#include "clock.h"
#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"
#include "cloudwatch/metric_query.h"
#include "cloudwatch/statistic.h"
#include "operation/page.h"
#include "xalloc.h"

enum { QUERIES_MAX = 500, DATAPOINTS_MAX = 100800, MS_PER_SECOND = 1000 };

#define QUERY_ID "[a-z][a-zA-Z0-9_]*"

static bool check_query(struct call *call, const cJSON *query, int at)
{
    const cJSON *stat = json_get(query, "MetricStat");
    struct statistic statistic;
    if (json_get(query, "Expression"))
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "Error in expression '%s': Coalmine does not emulate metric math and "
                         "search expressions yet; query each metric with MetricStat",
                         json_text(query, "Id", ""));
    if (!stat)
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "The parameter MetricDataQueries.member.%d.MetricStat is required.\n", at);
    if (!statistic_parse(json_text(stat, "Stat", ""), &statistic))
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "The value %s for parameter MetricDataQueries.member.%d.MetricStat.Stat "
                         "is not supported.",
                         json_text(stat, "Stat", ""), at);
    return metric_period_is_valid(json_int(stat, "Period", 0)) ||
           error_set(&call->error, &CLOUDWATCH_VALIDATION,
                     "The parameter MetricDataQueries.member.%d.MetricStat.Period must be 1, 5, "
                     "10, 20, 30 or a multiple of 60.",
                     at);
}

static bool ids_are_unique(struct call *call, const cJSON *queries)
{
    const cJSON *query;
    cJSON_ArrayForEach(query, queries)
    {
        for (const cJSON *other = query->next; other; other = other->next) {
            if (strcmp(json_text(query, "Id", ""), json_text(other, "Id", "")) == 0)
                return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                                 "The values for parameter id in MetricDataQueries are not "
                                 "unique.");
        }
    }
    return true;
}

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
    const cJSON *queries = json_get(call->input, "MetricDataQueries");
    const cJSON *query;
    int at = 0;
    int returned = 0;
    int count = cJSON_GetArraySize(queries);
    if (count == 0)
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "The parameter MetricDataQueries must not be empty.");
    if (count > QUERIES_MAX)
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "The collection MetricDataQueries must not have a size greater than %d.",
                         QUERIES_MAX);
    cJSON_ArrayForEach(query, queries)
    {
        if (!check_query(call, query, ++at))
            return false;
        returned += json_bool(query, "ReturnData", true);
    }
    if (returned == 0)
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "At least one MetricDataQuery must return data.");
    return ids_are_unique(call, queries) && check_times(call);
}

/* Do the returned queries differ in this member of MetricStat? */
static bool differ_in(const cJSON *queries, const char *member)
{
    const cJSON *first = queries->child;
    const cJSON *query;
    cJSON_ArrayForEach(query, queries)
    {
        if (!cJSON_Compare(json_get(json_get(first, "MetricStat"), member),
                           json_get(json_get(query, "MetricStat"), member), true))
            return true;
    }
    return false;
}

/* The metric's name, and what else tells the queries apart. */
static void write_label(cJSON *result, const cJSON *queries, const cJSON *query)
{
    const cJSON *stat = json_get(query, "MetricStat");
    CLEANUP(buffer_clear) struct buffer label = { 0 };
    const char *given = json_text(query, "Label", NULL);
    if (given) {
        json_set_text(result, "Label", given);
        return;
    }
    buffer_add_string(&label, json_text(json_get(stat, "Metric"), "MetricName", ""));
    if (differ_in(queries, "Stat"))
        buffer_add_format(&label, " %s", json_text(stat, "Stat", ""));
    if (differ_in(queries, "Period"))
        buffer_add_format(&label, " %lld", (long long)json_int(stat, "Period", 0));
    json_set_text(result, "Label", label.data);
}

/* Without a Unit one unit is chosen, the first alphabetically, and a message lists all. Returns
 * how many series have the chosen one. */
static size_t choose_unit(cJSON *result, const struct metric_series **series, size_t count)
{
    CLEANUP(buffer_clear) struct buffer units = { 0 };
    size_t chosen = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(series[i]->unit, series[0]->unit) == 0)
            chosen++;
        if (i == 0 || strcmp(series[i]->unit, series[i - 1]->unit) != 0)
            buffer_add_format(&units, "%s%s", units.size ? ", " : "", series[i]->unit);
    }
    if (chosen < count) {
        cJSON *message = cJSON_CreateObject();
        json_set_text(message, "Code", "MultipleUnits");
        cJSON_AddItemToArray(json_set_array(result, "Messages"), message);
        CLEANUP(freep) char *text = xformat("Multiple units returned: '[%s]'", units.data);
        json_set_text(message, "Value", text);
    }
    return chosen;
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

static void write_points(struct call *call, cJSON *result, const struct metric_result *data,
                         const struct statistic *statistic, struct page *page)
{
    bool is_ascending = strcmp(json_text(call->input, "ScanBy", ""), "TimestampAscending") == 0;
    cJSON *times = json_set_array(result, "Timestamps");
    cJSON *values = json_set_array(result, "Values");
    for (size_t i = 0; i < data->count; i++) {
        const struct metric_bucket *bucket = &data->buckets[is_ascending ? i : data->count - 1 - i];
        double value;
        if (statistic_compute(statistic, bucket, &value))
            add_point(times, values, page, bucket->start_s, value);
    }
}

static void run_query(struct call *call, const cJSON *query, cJSON *result, struct page *page)
{
    const cJSON *stat = json_get(query, "MetricStat");
    const cJSON *metric = json_get(stat, "Metric");
    struct metric_dimension dimensions[DIMENSIONS_MAX];
    struct statistic statistic;
    struct metric_result data = { 0 };
    int64_t now_ms = clock_now_ms();
    int64_t start_ms = cloudwatch_read_time_ms(call->input, "StartTime", 0);
    int64_t end_ms = cloudwatch_read_time_ms(call->input, "EndTime", 0);
    int64_t period_s = json_int(stat, "Period", 0);
    struct metric_range range = { metric_round_start(start_ms, now_ms, period_s),
                                  (end_ms + MS_PER_SECOND - 1) / MS_PER_SECOND, period_s };
    struct metric_identity identity = {
        .account = call->account,
        .region = call->region,
        .name_space = json_text(metric, "Namespace", ""),
        .name = json_text(metric, "MetricName", ""),
        .dimensions = dimensions,
        .dimension_count = cloudwatch_read_dimensions(json_get(metric, "Dimensions"), dimensions),
        .unit = json_text(stat, "Unit", NULL),
    };
    const struct metric_series **series;
    size_t count = cloudwatch_find_series(call->state, &identity, &series);
    count = choose_unit(result, series, count);
    if (metric_period_is_kept(&range, now_ms))
        metric_query(series, count, &range, &data);
    if (statistic_parse(json_text(stat, "Stat", ""), &statistic))
        write_points(call, result, &data, &statistic, page);
    metric_result_clear(&data);
    free(series);
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
    if (!check_request(call) || !read_page(call, &page))
        return OUTCOME_FAULT;
    const cJSON *queries = json_get(call->input, "MetricDataQueries");
    cJSON *output = call_output(call);
    json_set_array(output, "Messages");
    cJSON *results = json_set_array(output, "MetricDataResults");
    const cJSON *query;
    cJSON_ArrayForEach(query, queries)
    {
        if (!json_bool(query, "ReturnData", true))
            continue;
        cJSON *result = cJSON_CreateObject();
        cJSON_AddItemToArray(results, result);
        json_set_text(result, "Id", json_text(query, "Id", ""));
        write_label(result, queries, query);
        run_query(call, query, result, &page);
        json_set_text(result, "StatusCode", page.is_cut ? "PartialData" : "Complete");
    }
    write_token(call, &page);
    return OUTCOME_OK;
}

static const char *const orders[] = { "TimestampDescending", "TimestampAscending", NULL };
static const struct field time_item = { .type = FIELD_TIMESTAMP };
static const struct field value_item = { .type = FIELD_DOUBLE };
static const struct field metric_fields[] = {
    { .name = "Namespace", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "MetricName", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "Dimensions",
      .type = FIELD_LIST,
      .length = BETWEEN(0, DIMENSIONS_MAX),
      .item = &cloudwatch_dimension_item },
    { 0 },
};
static const struct field metric_stat_fields[] = {
    { .name = "Metric", .type = FIELD_STRUCTURE, .is_required = true, .members = metric_fields },
    { .name = "Period", .type = FIELD_INTEGER, .is_required = true, .range = AT_LEAST(1) },
    { .name = "Stat", .type = FIELD_STRING, .is_required = true },
    { .name = "Unit", .type = FIELD_STRING, .values = cloudwatch_units },
    { 0 },
};
static const struct field query_fields[] = {
    { .name = "Id",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 255),
      .pattern = QUERY_ID },
    { .name = "MetricStat", .type = FIELD_STRUCTURE, .members = metric_stat_fields },
    { .name = "Expression", .type = FIELD_STRING, .length = BETWEEN(1, 2048) },
    { .name = "Label", .type = FIELD_STRING },
    { .name = "ReturnData", .type = FIELD_BOOLEAN },
    { .name = "Period", .type = FIELD_INTEGER, .range = AT_LEAST(1) },
    { .name = "AccountId", .type = FIELD_STRING },
    { 0 },
};
static const struct field query_item = { .type = FIELD_STRUCTURE, .members = query_fields };
static const struct field label_options_fields[] = {
    { .name = "Timezone", .type = FIELD_STRING },
    { 0 },
};
static const struct field get_data_input[] = {
    { .name = "MetricDataQueries", .type = FIELD_LIST, .is_required = true, .item = &query_item },
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
