/*
 * PutMetricAlarm: an alarm on one metric, or on math over several (cloudwatch-api.md section 4.1).
 */
#include <string.h>

#include "alarms/configuration.h"
#include "alarms/fields.h"
#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"
#include "cloudwatch/metric_data.h"

enum { DAY_S = 86400, WEEK_S = 604800, HOUR_S = 3600, QUERIES_MAX = 10 };

static bool invalid(struct call *call, const char *sentence)
{
    return error_set(&call->error, &CLOUDWATCH_VALIDATION, "%s", sentence);
}

static bool has(const struct call *call, const char *member)
{
    return json_get(call->input, member) != NULL;
}

/* What would change what the alarm does, and is not here. */
static bool check_features(struct call *call)
{
    if (json_get(json_get(call->input, "EvaluationWindow"), "WallClockWindow"))
        return invalid(call, "EvaluationWindow: wall clock windows are not supported by Coalmine");
    if (has(call, "WarmUpConfiguration"))
        return invalid(call, "WarmUpConfiguration: warm-up periods are not supported by Coalmine");
    return alarm_check_action_configuration(call);
}

/* One of the three kinds, and those that are not here are refused by name. */
static bool check_kind(struct call *call)
{
    const char *comparison = json_text(call->input, "ComparisonOperator", "");
    bool is_range = strstr(comparison, "LowerOr") || strstr(comparison, "LowerThreshold") ||
                    strstr(comparison, "UpperThreshold");
    if (has(call, "EvaluationCriteria") || has(call, "EvaluationInterval"))
        return invalid(call, "EvaluationCriteria: alarms on PromQL queries are not supported by "
                             "Coalmine");
    if (is_range && !has(call, "ThresholdMetricId"))
        return invalid(call, "ComparisonOperators for ranges require ThresholdMetricId to be set");
    if (has(call, "ThresholdMetricId"))
        return invalid(call, "ThresholdMetricId: alarms on anomaly detection bands are not "
                             "supported by Coalmine");
    if (!has(call, "ComparisonOperator"))
        return error_set(&call->error, &CLOUDWATCH_MISSING_PARAMETER,
                         "The parameter ComparisonOperator is required.");
    if (!has(call, "MetricName") && !has(call, "Metrics"))
        return invalid(call, "MetricName must not be null");
    return cJSON_IsNumber(json_get(call->input, "Threshold")) ||
           invalid(call, "PutMetricAlarm request should have valid Threshold parameter");
}

static bool check_period(struct call *call, int64_t period_s)
{
    return (period_s > 0 && period_s % ALARM_TICK_S == 0) || period_s == 10 || period_s == 20 ||
           period_s == 30 || invalid(call, "Period must be 10, 20, 30 or a multiple of 60");
}

static bool check_window(struct call *call, int64_t period_s)
{
    double window_s = json_double(call->input, "EvaluationPeriods", 1) * (double)period_s;
    if (period_s < HOUR_S && window_s > DAY_S)
        return invalid(call, "Metrics cannot be checked across more than a day (EvaluationPeriods "
                             "* Period must be <= 86400)");
    if (window_s > WEEK_S)
        return invalid(call, "Metrics cannot be checked across more than a week "
                             "(EvaluationPeriods * Period must be <= 604800) for alarms using "
                             "period >= 3600");
    return json_int(call->input, "DatapointsToAlarm", 1) <=
               json_int(call->input, "EvaluationPeriods", 1) ||
           invalid(call, "DatapointsToAlarm must be less than or equal to EvaluationPeriods");
}

static bool check_statistic(struct call *call)
{
    struct statistic statistic;
    const char *extended = json_text(call->input, "ExtendedStatistic", NULL);
    if (has(call, "Statistic") == (extended != NULL))
        return invalid(call, extended ? "Statistic and ExtendedStatistic cannot be specified "
                                        "together"
                                      : "Statistic or ExtendedStatistic must be specified");
    return !extended ||
           (statistic_parse(extended, &statistic) && !statistic_is_classic(&statistic)) ||
           error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                     "The value %s for parameter ExtendedStatistic is not supported.", extended);
}

static bool check_ascii(struct call *call, const char *member)
{
    for (const char *c = json_text(call->input, member, ""); *c; c++)
        if ((unsigned char)*c > 0x7F)
            return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                             "%s must not contain Non-ASCII characters.", member);
    return true;
}

static bool check_single(struct call *call)
{
    static const char *const needed[] = { "Namespace", "Period" };
    for (size_t i = 0; i < COUNT_OF(needed); i++)
        if (!has(call, needed[i]))
            return error_set(&call->error, &CLOUDWATCH_VALIDATION, "%s must not be null",
                             needed[i]);
    int64_t period_s = json_int(call->input, "Period", 0);
    return check_ascii(call, "Namespace") && check_ascii(call, "MetricName") &&
           check_statistic(call) && check_period(call, period_s) && check_window(call, period_s);
}

static bool has_period(const cJSON *queries)
{
    const cJSON *query;
    cJSON_ArrayForEach(query, queries)
    {
        if (json_get(query, "MetricStat") || json_get(query, "Period"))
            return true;
    }
    return false;
}

/* Before anything else of them, as AWS does. */
static bool check_counts(struct call *call, const cJSON *queries)
{
    int metrics = 0;
    int expressions = 0;
    const cJSON *query;
    cJSON_ArrayForEach(query, queries)
    {
        metrics += json_get(query, "MetricStat") != NULL;
        expressions += json_get(query, "Expression") != NULL;
    }
    if (metrics > QUERIES_MAX)
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "Too many metrics in alarm, maximum is %d", QUERIES_MAX);
    return expressions <= QUERIES_MAX ||
           error_set(&call->error, &CLOUDWATCH_VALIDATION,
                     "Too many expressions in alarm, maximum is %d", QUERIES_MAX);
}

static bool check_math(struct call *call)
{
    static const char *const excluded[] = { "MetricName", "Namespace",         "Dimensions",
                                            "Period",     "ExtendedStatistic", "Statistic",
                                            "Unit" };
    struct metric_data_shape shape;
    const cJSON *queries = json_get(call->input, "Metrics");
    for (size_t i = 0; i < COUNT_OF(excluded); i++)
        if (has(call, excluded[i]))
            return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                             "%s should not be set if list of Metrics is set.", excluded[i]);
    if (!check_counts(call, queries) ||
        !metric_data_check(queries, "Metrics", &shape, &call->error))
        return false;
    if (shape.returned_count != 1)
        return invalid(call, "Exactly one element of the metrics list should return data.");
    if (shape.uses_search)
        return invalid(call, "SEARCH is not supported on Metric Alarms.");
    if (shape.returns_groups)
        return invalid(call, "Metrics: alarms on Metrics Insights queries with GROUP BY are not "
                             "supported by Coalmine");
    if (shape.returns_array)
        return invalid(call, "Metrics expression that return multi time series are only allowed "
                             "for MetricsInsights expression with an ORDER BY clause");
    if (!has_period(queries))
        return invalid(call, "Period must not be null");
    int64_t period_s = alarm_period_s(call->input);
    return check_period(call, period_s) && check_window(call, period_s);
}

static bool check_options(struct call *call)
{
    static const char *const treatments[] = { "breaching", "notBreaching", "ignore", "missing" };
    const char *missing = json_text(call->input, "TreatMissingData", NULL);
    const char *low = json_text(call->input, "EvaluateLowSampleCountPercentile", NULL);
    bool is_known = !missing;
    for (size_t i = 0; i < COUNT_OF(treatments) && missing; i++)
        is_known |= strcmp(treatments[i], missing) == 0;
    if (!is_known)
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "The value %s is not supported for TreatMissingData parameter. Supported "
                         "values are [breaching, notBreaching, ignore, missing].",
                         missing);
    if (low && strcmp(low, "evaluate") != 0 && strcmp(low, "ignore") != 0)
        return error_set(&call->error, &CLOUDWATCH_VALIDATION,
                         "Option %s is not supported. Supported options for parameter "
                         "EvaluateLowSampleCountPercentile are evaluate and ignore.",
                         low);
    return !low || !has(call, "Statistic") ||
           error_set(&call->error, &CLOUDWATCH_VALIDATION,
                     "Option evaluateLowSampleCountPercentile can not be applied with statistic "
                     "%s. This option is enabled only for percentile statistics.",
                     json_text(call->input, "Statistic", ""));
}

/* An empty list is none, of Dimensions too: DescribeAlarms has one for math. */
static void drop_empty_lists(cJSON *input)
{
    static const char *const lists[] = { "Metrics", "Dimensions" };
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const cJSON *list = json_get(input, lists[i]);
        if (list && !list->child)
            cJSON_DeleteItemFromObjectCaseSensitive(input, lists[i]);
    }
}

static enum outcome put_metric_alarm(struct call *call)
{
    static const char *const left_out[] = { "AlarmName", "Tags", NULL };
    struct alarm_key key = alarm_key_of(call, "AlarmName");
    const char *tags;
    drop_empty_lists(call->input);
    if (!check_features(call) || !check_kind(call) || !check_options(call) ||
        !(has(call, "Metrics") ? check_math(call) : check_single(call)) ||
        !alarm_check_actions(call, false) || !cloudwatch_read_tags(call, NULL, &tags) ||
        !alarm_check_place(call, &key, false))
        return OUTCOME_FAULT;
    alarm_put(call, &key, false, alarm_take_configuration(call, left_out), tags);
    return OUTCOME_OK;
}

static const char *const comparisons[] = {
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
    NULL,
};
static const struct field promql_fields[] = {
    { .name = "Query", .type = FIELD_STRING },
    { .name = "PendingPeriod", .type = FIELD_INTEGER },
    { .name = "RecoveryPeriod", .type = FIELD_INTEGER },
    { 0 },
};
static const struct field criteria_fields[] = {
    { .name = "PromQLCriteria", .type = FIELD_STRUCTURE, .members = promql_fields },
    { 0 },
};
static const struct field warm_up_fields[] = {
    { .name = "WarmUpPeriodDurationInMinutes", .type = FIELD_INTEGER },
    { .name = "OnlyStartEvaluatingAfterWarmUpPeriodEnds", .type = FIELD_BOOLEAN },
    { 0 },
};
static const struct field put_metric_alarm_fields[] = {
    ALARM_NAME_ROW,
    { .name = "AlarmDescription", .type = FIELD_STRING, .length = BETWEEN(0, 1024) },
    { .name = "ActionsEnabled", .type = FIELD_BOOLEAN },
    ALARM_ACTION_ROWS,
    { .name = "MetricName", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "Namespace", .type = FIELD_STRING, .length = BETWEEN(1, 255), .pattern = "[^:].*" },
    ALARM_METRIC_ROWS,
    { .name = "EvaluationPeriods",
      .type = FIELD_INTEGER,
      .is_required = true,
      .range = AT_LEAST(1) },
    { .name = "DatapointsToAlarm", .type = FIELD_INTEGER, .range = AT_LEAST(1) },
    { .name = "Threshold", .type = FIELD_DOUBLE },
    { .name = "ComparisonOperator", .type = FIELD_STRING, .values = comparisons },
    { .name = "TreatMissingData", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "EvaluateLowSampleCountPercentile", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "Metrics", .type = FIELD_LIST, .item = &cloudwatch_metric_data_query_item },
    ALARM_TAGS_ROW,
    { .name = "ThresholdMetricId", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "EvaluationCriteria", .type = FIELD_STRUCTURE, .members = criteria_fields },
    { .name = "EvaluationInterval", .type = FIELD_INTEGER, .range = BETWEEN(10, 3600) },
    ALARM_EVALUATION_WINDOW_ROW,
    { .name = "WarmUpConfiguration", .type = FIELD_STRUCTURE, .members = warm_up_fields },
    ALARM_ACTION_CONFIGURATION_ROW,
    { 0 },
};

const struct operation alarm_metric_operations[] = {
    { .name = "PutMetricAlarm",
      .flags = OPERATION_WRITES,
      .input = put_metric_alarm_fields,
      .handle = put_metric_alarm,
      .note =
          "Alarms on PromQL queries and on anomaly detection bands are refused, and so are wall "
          "clock windows, warm-up periods and tags in notifications." },
    { 0 },
};
