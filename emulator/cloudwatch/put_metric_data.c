/*
 * PutMetricData (cloudwatch-api.md section 2.1). The whole request is judged first; then one
 * journal record is queued and the same record applied. The record is the request's tree as
 * JSON with account, region and time of receipt beside it.
 */
#include <math.h>
#include <stdlib.h>

#include "clock.h"
#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"
#include "log.h"
#include "xalloc.h"

enum { DATA_MAX = 1000, VALUES_MAX = 150 };

static const int64_t PAST_MAX_MS = 14LL * 86400 * 1000;
static const int64_t FUTURE_MAX_MS = 2LL * 3600 * 1000;

static bool invalid(struct call *call, int at, const char *member, const char *problem)
{
    return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                     "The parameter MetricData.member.%d.%s %s", at, member, problem);
}

static bool exclude(struct call *call, int at, const char *first, const char *second)
{
    return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_COMBINATION,
                     "The parameters MetricData.member.%d.%s and MetricData.member.%d.%s are "
                     "mutually exclusive and you have specified both.",
                     at, first, at, second);
}

/* Finite, and inside -2^360 ... 2^360. */
static bool check_number(struct call *call, const cJSON *value, int at, const char *member)
{
    if (!value || (cJSON_IsNumber(value) && fabs(value->valuedouble) <= 0x1p360))
        return true;
    char number[40];
    snprintf(number, sizeof(number), "%g", value->valuedouble);
    return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                     "The value %s for parameter MetricData.member.%d.%s is invalid.",
                     cJSON_IsString(value) ? value->valuestring : number, at, member);
}

static bool check_values(struct call *call, const cJSON *datum, int at)
{
    const cJSON *values = json_get(datum, "Values");
    const cJSON *counts = json_get(datum, "Counts");
    const cJSON *value;
    if (cJSON_GetArraySize(values) > VALUES_MAX)
        return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                         "The collection MetricData.member.%d.Values must not have a size "
                         "greater than %d.",
                         at, VALUES_MAX);
    if (counts && cJSON_GetArraySize(values) != cJSON_GetArraySize(counts))
        return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                         "The parameters MetricData.member.%d.Values and "
                         "MetricData.member.%d.Counts must be of the same size.",
                         at, at);
    cJSON_ArrayForEach(value, values)
    {
        if (!check_number(call, value, at, "Values"))
            return false;
    }
    cJSON_ArrayForEach(value, counts)
    {
        if (!check_number(call, value, at, "Counts"))
            return false;
    }
    return true;
}

static bool check_set(struct call *call, const cJSON *datum, int at)
{
    const cJSON *value;
    cJSON_ArrayForEach(value, json_get(datum, "StatisticValues"))
    {
        if (!check_number(call, value, at, "StatisticValues"))
            return false;
    }
    return true;
}

static bool check_time(struct call *call, const cJSON *datum, int at, int64_t now_ms)
{
    int64_t time_ms = cloudwatch_read_time_ms(datum, "Timestamp", now_ms);
    if (time_ms < now_ms - PAST_MAX_MS)
        return invalid(call, at, "Timestamp", "must specify a time within the past two weeks.");
    return time_ms <= now_ms + FUTURE_MAX_MS ||
           invalid(call, at, "Timestamp",
                   "must specify a time no more than two hours in the future.");
}

/* No name or value may hold a control character; the metric's key relies on it. */
static bool is_printable(const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < ' ' || c == 0x7F)
            return false;
    }
    return true;
}

static bool check_dimensions(struct call *call, const cJSON *datum, int at)
{
    const cJSON *dimensions = json_get(datum, "Dimensions");
    const cJSON *item;
    if (cJSON_GetArraySize(dimensions) > DIMENSIONS_MAX)
        return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                         "The collection MetricData.member.%d.Dimensions must not have a size "
                         "greater than %d.",
                         at, DIMENSIONS_MAX);
    cJSON_ArrayForEach(item, dimensions)
    {
        const char *name = json_text(item, "Name", "");
        const char *value = json_text(item, "Value", "");
        if (name[0] == ':' || name[strspn(name, " ")] == '\0' || !is_printable(name))
            return invalid(call, at, "Dimensions", "has a Name that is invalid.");
        if (value[strspn(value, " ")] == '\0' || !is_printable(value))
            return invalid(call, at, "Dimensions", "has a Value that is invalid.");
    }
    return true;
}

static bool check_datum(struct call *call, const cJSON *datum, int at, int64_t now_ms)
{
    const cJSON *value = json_get(datum, "Value");
    const cJSON *values = json_get(datum, "Values");
    const cJSON *set = json_get(datum, "StatisticValues");
    int64_t resolution = json_int(datum, "StorageResolution", 60);
    if (value && values)
        return exclude(call, at, "Value", "Values");
    if (value && set)
        return exclude(call, at, "Value", "StatisticValues");
    if (!value && !values && !set)
        return error_set(&call->error, &CLOUDWATCH_MISSING_PARAMETER,
                         "At least one of the parameters MetricData.member.%d.Value, Values or "
                         "StatisticValues must be specified.",
                         at);
    if (!is_printable(json_text(datum, "MetricName", "")))
        return invalid(call, at, "MetricName", "holds a control character.");
    if (resolution != 1 && resolution != 60)
        return invalid(call, at, "StorageResolution", "must be 1 or 60.");
    return check_number(call, value, at, "Value") && check_values(call, datum, at) &&
           check_set(call, datum, at) && check_dimensions(call, datum, at) &&
           check_time(call, datum, at, now_ms);
}

static bool check_request(struct call *call, int64_t now_ms)
{
    const char *name_space = json_text(call->input, "Namespace", "");
    const cJSON *data = json_get(call->input, "MetricData");
    const cJSON *datum;
    int at = 0;
    if (strncmp(name_space, "AWS/", 4) == 0 || !is_printable(name_space))
        return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                         "The value %s for parameter Namespace is invalid.", name_space);
    if (cJSON_GetArraySize(data) > DATA_MAX)
        return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                         "The collection MetricData must not have a size greater than %d.",
                         DATA_MAX);
    if (!data || !data->child)
        return error_set(&call->error, &CLOUDWATCH_MISSING_PARAMETER,
                         "The parameter MetricData is required.");
    cJSON_ArrayForEach(datum, data)
    {
        if (!check_datum(call, datum, ++at, now_ms))
            return false;
    }
    return true;
}

static void apply_value(struct metric_series *series, const cJSON *datum, int64_t time_ms,
                        double value, double count)
{
    if (count <= 0)
        return;
    if (json_int(datum, "StorageResolution", 60) == 1)
        metric_series_add_fine(series, time_ms, value, count);
    else
        metric_series_add(series, time_ms, value, count);
}

static void apply_datum(struct metrics *metrics, const cJSON *record, const cJSON *datum)
{
    struct metric_dimension dimensions[DIMENSIONS_MAX];
    struct metric_identity identity = {
        .account = json_text(record, "Account", ""),
        .region = json_text(record, "Region", ""),
        .name_space = json_text(record, "Namespace", ""),
        .name = json_text(datum, "MetricName", ""),
        .dimensions = dimensions,
        .dimension_count = cloudwatch_read_dimensions(json_get(datum, "Dimensions"), dimensions),
        .unit = json_text(datum, "Unit", "None"),
    };
    int64_t received_ms = json_int(record, "ReceivedMs", 0);
    int64_t time_ms = cloudwatch_read_time_ms(datum, "Timestamp", received_ms);
    struct metric_series *series = metrics_series(metrics, &identity);
    const cJSON *set = json_get(datum, "StatisticValues");
    const cJSON *counts = json_get(datum, "Counts");
    const cJSON *value = json_get(datum, "Value");
    const cJSON *values = json_get(datum, "Values");
    if (value)
        apply_value(series, datum, time_ms, value->valuedouble, 1);
    int at = 0;
    cJSON_ArrayForEach(value, values)
    {
        const cJSON *count = cJSON_GetArrayItem(counts, at++);
        apply_value(series, datum, time_ms, value->valuedouble, count ? count->valuedouble : 1);
    }
    if (set && !values) {
        struct metric_statistics statistics = { json_double(set, "SampleCount", 0),
                                                json_double(set, "Sum", 0),
                                                json_double(set, "Minimum", 0),
                                                json_double(set, "Maximum", 0) };
        metric_series_add_set(series, time_ms, json_int(datum, "StorageResolution", 60) == 1,
                              &statistics);
    }
}

static void apply(struct metrics *metrics, const cJSON *record)
{
    const cJSON *datum;
    cJSON_ArrayForEach(datum, json_get(record, "MetricData")) apply_datum(metrics, record, datum);
}

void cloudwatch_replay(struct cloudwatch *cloudwatch, struct text record)
{
    CLEANUP(json_deletep) cJSON *tree = json_parse(record);
    if (tree)
        apply(cloudwatch->metrics, tree);
    else
        log_warn("cloudwatch", "a journal record of metric data cannot be read; it is left out");
}

void cloudwatch_publish(struct metrics *metrics, struct journal *journal,
                        const struct metric_source *source, const cJSON *data)
{
    CLEANUP(json_deletep) cJSON *record = cJSON_CreateObject();
    json_set_text(record, "Account", source->account);
    json_set_text(record, "Region", source->region);
    json_set_text(record, "Namespace", source->name_space);
    json_set_double(record, "ReceivedMs", (double)clock_now_ms());
    json_set(record, "MetricData", cJSON_Duplicate(data, true));
    CLEANUP(freep) char *text = json_print(record);
    journal_append(journal, JOURNAL_METRIC_DATA, text_from(text));
    apply(metrics, record);
}

static enum outcome put_metric_data(struct call *call)
{
    struct cloudwatch *cloudwatch = call->state;
    struct metric_source source = { call->account, call->region,
                                    json_text(call->input, "Namespace", "") };
    if (!check_request(call, clock_now_ms()))
        return OUTCOME_FAULT;
    cloudwatch_publish(cloudwatch->metrics, cloudwatch->journal, &source,
                       json_get(call->input, "MetricData"));
    return OUTCOME_OK;
}

static const struct field number_item = { .type = FIELD_DOUBLE };
static const struct field statistic_set_fields[] = {
    { .name = "SampleCount", .type = FIELD_DOUBLE, .is_required = true },
    { .name = "Sum", .type = FIELD_DOUBLE, .is_required = true },
    { .name = "Minimum", .type = FIELD_DOUBLE, .is_required = true },
    { .name = "Maximum", .type = FIELD_DOUBLE, .is_required = true },
    { 0 },
};
static const struct field datum_fields[] = {
    { .name = "MetricName", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 255) },
    { .name = "Dimensions", .type = FIELD_LIST, .item = &cloudwatch_dimension_item },
    { .name = "Timestamp", .type = FIELD_TIMESTAMP },
    { .name = "Value", .type = FIELD_DOUBLE },
    { .name = "StatisticValues", .type = FIELD_STRUCTURE, .members = statistic_set_fields },
    { .name = "Values", .type = FIELD_LIST, .item = &number_item },
    { .name = "Counts", .type = FIELD_LIST, .item = &number_item },
    { .name = "Unit", .type = FIELD_STRING, .values = cloudwatch_units },
    { .name = "StorageResolution", .type = FIELD_INTEGER, .range = AT_LEAST(1) },
    { 0 },
};
static const struct field datum_item = { .type = FIELD_STRUCTURE, .members = datum_fields };
static const struct field put_metric_data_fields[] = {
    { .name = "Namespace",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 255),
      .pattern = "[^:].*" },
    { .name = "MetricData", .type = FIELD_LIST, .item = &datum_item },
    { .name = "StrictEntityValidation", .type = FIELD_BOOLEAN },
    { 0 },
};

const struct operation put_metric_data_operations[] = {
    { .name = "PutMetricData",
      .input = put_metric_data_fields,
      .handle = put_metric_data,
      .note = "EntityMetricData is ignored." },
    { 0 },
};
