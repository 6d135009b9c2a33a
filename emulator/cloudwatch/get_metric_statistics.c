/*
 * GetMetricStatistics (cloudwatch-api.md section 2.3). One datapoint per period and unit, in
 * chronological order (AWS promises none).
 */
#include <stdlib.h>

#include "buffer.h"
#include "clock.h"
#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"
#include "cloudwatch/metric_query.h"
#include "cloudwatch/statistic.h"

enum { DATAPOINTS_MAX = 1440, MS_PER_SECOND = 1000, STATISTICS_MAX = 10 };

static bool read_range(struct call *call, struct metric_range *range_out)
{
    int64_t start_ms = cloudwatch_read_time_ms(call->input, "StartTime", 0);
    int64_t end_ms = cloudwatch_read_time_ms(call->input, "EndTime", 0);
    int64_t period_s = json_int(call->input, "Period", 0);
    if (!metric_period_is_valid(period_s))
        return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                         "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.");
    if (end_ms <= start_ms)
        return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                         "The parameter StartTime must be less than the parameter EndTime.");
    int64_t wanted = (end_ms - start_ms) / MS_PER_SECOND / period_s;
    if (wanted > DATAPOINTS_MAX)
        return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_COMBINATION,
                         "You have requested up to %lld datapoints, which exceeds the limit of "
                         "%d. You may reduce the datapoints requested by increasing Period, or "
                         "decreasing the time range.",
                         (long long)wanted, DATAPOINTS_MAX);
    *range_out = metric_range_make(start_ms, end_ms, period_s, clock_now_ms());
    range_out->is_classic = json_get(call->input, "ExtendedStatistics") == NULL;
    return true;
}

/* The most frequent mistake here: a percentile, or several names in one, among Statistics. AWS
 * tells of all, a line each. */
static bool check_classic(struct call *call, const cJSON *names)
{
    CLEANUP(buffer_clear) struct buffer lines = { 0 };
    const cJSON *name;
    int at = 0;
    cJSON_ArrayForEach(name, names)
    {
        struct statistic statistic;
        at++;
        if (!statistic_parse(name->valuestring, &statistic) || !statistic_is_classic(&statistic))
            buffer_add_format(&lines,
                              "%sThe parameter Statistics.member.%d.<list element> must be a value "
                              "in the set [SampleCount, Average, Sum, Minimum, Maximum].",
                              lines.size ? "\n" : "", at);
    }
    return lines.size == 0 ||
           error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE, "%s", lines.data);
}

static bool check_statistics(struct call *call)
{
    const cJSON *classic = json_get(call->input, "Statistics");
    const cJSON *extended = json_get(call->input, "ExtendedStatistics");
    const cJSON *name;
    bool has_classic = classic && classic->child;
    bool has_extended = extended && extended->child;
    if (has_classic == has_extended)
        return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_COMBINATION,
                         has_classic
                             ? "Statistics and ExtendedStatistics cannot be specified together"
                             : "At least one of the parameters Statistics and ExtendedStatistics "
                               "must be specified.");
    cJSON_ArrayForEach(name, extended)
    {
        struct statistic statistic;
        if (!statistic_parse(name->valuestring, &statistic) || statistic_is_classic(&statistic))
            return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                             "The value %s for parameter ExtendedStatistic is not supported.",
                             name->valuestring);
    }
    return check_classic(call, classic);
}

/* A statistic that is asked for, read once for all datapoints. */
struct wanted {
    const char *name;
    struct statistic statistic;
    bool is_extended;
};

struct answer {
    struct wanted wanted[STATISTICS_MAX];
    size_t count;
    bool has_extended;
    const struct metric_range *range;
    struct arena *arena;
    cJSON *list;
};

static bool is_wanted(const struct answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->count; i++) {
        if (strcmp(answer->wanted[i].name, name) == 0)
            return true;
    }
    return false;
}

static void read_statistics(struct answer *answer, const cJSON *names, bool is_extended)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, names)
    {
        struct wanted wanted = { .name = name->valuestring, .is_extended = is_extended };
        if (answer->count < STATISTICS_MAX && !is_wanted(answer, wanted.name) &&
            statistic_parse(wanted.name, &wanted.statistic))
            answer->wanted[answer->count++] = wanted;
    }
}

static void write_datapoint(const struct answer *answer, const struct metric_bucket *bucket,
                            const char *unit)
{
    struct arena *arena = answer->arena;
    cJSON *datapoint = json_lend(arena, answer->list, NULL, cJSON_Object);
    json_lend_double(arena, datapoint, "Timestamp", (double)bucket->start_s);
    cJSON *extended = answer->has_extended
                          ? json_lend(arena, datapoint, "ExtendedStatistics", cJSON_Object)
                          : NULL;
    for (size_t i = 0; i < answer->count; i++) {
        const struct wanted *wanted = &answer->wanted[i];
        double value;
        if (statistic_compute(&wanted->statistic, bucket, &value))
            json_lend_double(arena, wanted->is_extended ? extended : datapoint, wanted->name,
                             value);
    }
    json_lend_text(arena, datapoint, "Unit", unit);
}

static void write_series(const struct answer *answer, const struct metric_series *const *series,
                         size_t count)
{
    struct metric_result result;
    metric_query(series, count, answer->range, &result);
    for (size_t i = 0; i < result.count; i++)
        write_datapoint(answer, &result.buckets[i], series[0]->unit);
    metric_result_clear(&result);
}

/* Data of different units is never merged: runs of equal units, one after the other. */
static void write_datapoints(struct call *call, const struct metric_identity *identity,
                             const struct answer *answer)
{
    const struct metric_series **series;
    size_t count = cloudwatch_find_series(call->state, identity, &series);
    for (size_t from = 0; from < count;) {
        size_t to = from + 1;
        while (to < count && strcmp(series[to]->unit, series[from]->unit) == 0)
            to++;
        write_series(answer, series + from, to - from);
        from = to;
    }
    free(series);
}

static enum outcome get_metric_statistics(struct call *call)
{
    struct metric_range range;
    struct metric_dimension dimensions[DIMENSIONS_MAX];
    if (!read_range(call, &range) || !check_statistics(call))
        return OUTCOME_FAULT;
    struct metric_identity identity = {
        .account = call->account,
        .region = call->region,
        .name_space = json_text(call->input, "Namespace", ""),
        .name = json_text(call->input, "MetricName", ""),
        .dimensions = dimensions,
        .unit = json_text(call->input, "Unit", NULL),
    };
    identity.dimension_count =
        cloudwatch_read_dimensions(json_get(call->input, "Dimensions"), dimensions);
    json_set_text(call_output(call), "Label", identity.name);
    const cJSON *extended = json_get(call->input, "ExtendedStatistics");
    struct answer answer = { .range = &range,
                             .arena = &call->arena,
                             .list = json_lend_list(call_output(call), "Datapoints"),
                             .has_extended = cJSON_GetArraySize(extended) > 0 };
    read_statistics(&answer, json_get(call->input, "Statistics"), false);
    read_statistics(&answer, extended, true);
    if (metric_period_is_kept(cloudwatch_read_time_ms(call->input, "StartTime", 0), range.period_s,
                              clock_now_ms()))
        write_datapoints(call, &identity, &answer);
    return OUTCOME_OK;
}

static const struct field value_item = { .type = FIELD_DOUBLE };
static const struct field get_statistics_input[] = {
    { .name = "Namespace",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 255),
      .pattern = "[^:].*" },
    { .name = "MetricName", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 255) },
    { .name = "Dimensions",
      .type = FIELD_LIST,
      .length = BETWEEN(0, DIMENSIONS_MAX),
      .item = &cloudwatch_dimension_item },
    { .name = "StartTime", .type = FIELD_TIMESTAMP, .is_required = true },
    { .name = "EndTime", .type = FIELD_TIMESTAMP, .is_required = true },
    { .name = "Period", .type = FIELD_INTEGER, .is_required = true, .range = AT_LEAST(1) },
    { .name = "Statistics",
      .type = FIELD_LIST,
      .length = BETWEEN(0, 5),
      .item = &cloudwatch_text_item },
    { .name = "ExtendedStatistics",
      .type = FIELD_LIST,
      .length = BETWEEN(0, 10),
      .item = &cloudwatch_text_item },
    { .name = "Unit", .type = FIELD_STRING, .values = cloudwatch_units },
    { 0 },
};
static const struct field datapoint_fields[] = {
    { .name = "Timestamp", .type = FIELD_TIMESTAMP },
    { .name = "SampleCount", .type = FIELD_DOUBLE },
    { .name = "Average", .type = FIELD_DOUBLE },
    { .name = "Sum", .type = FIELD_DOUBLE },
    { .name = "Minimum", .type = FIELD_DOUBLE },
    { .name = "Maximum", .type = FIELD_DOUBLE },
    { .name = "Unit", .type = FIELD_STRING },
    { .name = "ExtendedStatistics", .type = FIELD_MAP, .item = &value_item },
    { 0 },
};
static const struct field datapoint_item = { .type = FIELD_STRUCTURE, .members = datapoint_fields };
static const struct field get_statistics_output[] = {
    { .name = "Label", .type = FIELD_STRING },
    { .name = "Datapoints", .type = FIELD_LIST, .item = &datapoint_item },
    { 0 },
};

const struct operation get_metric_statistics_operations[] = {
    { .name = "GetMetricStatistics",
      .input = get_statistics_input,
      .output = get_statistics_output,
      .handle = get_metric_statistics,
      .note = "Percentiles are within 0.5 % of the true value. FunctionName=fn:2 in AWS/Lambda is "
              "answered with that version's data, with a warning in the log; --strict answers "
              "nothing, as AWS does." },
    { 0 },
};
