#include "alarms/configuration.h"

#include <float.h>
#include <string.h>

#include "cloudwatch/statistic.h"

enum { PERIOD_DEFAULT_S = 60, SAMPLES_BEYOND = 10 };

static const char *const comparisons[] = {
    [ALARM_GREATER_OR_EQUAL] = "GreaterThanOrEqualToThreshold",
    [ALARM_GREATER] = "GreaterThanThreshold",
    [ALARM_LESS] = "LessThanThreshold",
    [ALARM_LESS_OR_EQUAL] = "LessThanOrEqualToThreshold",
};
static const char *const treatments[] = {
    [ALARM_MISSING_MISSING] = "missing",
    [ALARM_MISSING_IGNORE] = "ignore",
    [ALARM_MISSING_BREACHING] = "breaching",
    [ALARM_MISSING_NOT_BREACHING] = "notBreaching",
};

static int place_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return 0;
}

const char *alarm_statistic(const cJSON *configuration)
{
    return json_text(configuration, "Statistic",
                     json_text(configuration, "ExtendedStatistic", NULL));
}

/* Fewer samples than this and the percentile says nothing: 10 of them must lie beyond it. */
static double fewest_samples(const cJSON *configuration)
{
    struct statistic statistic;
    const char *low = json_text(configuration, "EvaluateLowSampleCountPercentile", "evaluate");
    const char *name = json_text(configuration, "ExtendedStatistic", NULL);
    if (strcmp(low, "ignore") != 0 || !name || !statistic_parse(name, &statistic) ||
        statistic.kind != STATISTIC_PERCENTILE || statistic.high <= 0 || statistic.high >= 1)
        return 0;
    double beyond = statistic.high < 0.5 ? statistic.high : 1 - statistic.high;
    /* 1 - 0.9 is a little less than 0.1, and a hundred samples are enough. */
    return SAMPLES_BEYOND / (beyond + DBL_EPSILON);
}

/* AWS ignores missing data of DynamoDB's metrics unless it is told what to do. */
static const char *treatment_of(const cJSON *configuration)
{
    bool is_dynamo = strcmp(json_text(configuration, "Namespace", ""), "AWS/DynamoDB") == 0;
    return json_text(configuration, "TreatMissingData", is_dynamo ? "ignore" : "missing");
}

struct alarm_criteria alarm_read_criteria(const cJSON *configuration)
{
    const char *comparison = json_text(configuration, "ComparisonOperator", "");
    return (struct alarm_criteria){
        .comparison =
            (enum alarm_comparison)place_of(comparison, comparisons, COUNT_OF(comparisons)),
        .threshold = json_double(configuration, "Threshold", 0),
        .evaluation_periods = (int)json_int(configuration, "EvaluationPeriods", 1),
        .datapoints_to_alarm = (int)json_int(configuration, "DatapointsToAlarm", 0),
        .missing = (enum alarm_missing)place_of(treatment_of(configuration), treatments,
                                                COUNT_OF(treatments)),
        .fewest_samples = fewest_samples(configuration),
    };
}

int64_t alarm_period_s(const cJSON *configuration)
{
    int64_t period_s = json_int(configuration, "Period", 0);
    const cJSON *query;
    cJSON_ArrayForEach(query, json_get(configuration, "Metrics"))
    {
        int64_t own_s = json_int(json_get(query, "MetricStat"), "Period", 0);
        if (own_s == 0)
            own_s = json_int(query, "Period", 0);
        if (own_s > period_s)
            period_s = own_s;
    }
    return period_s ? period_s : PERIOD_DEFAULT_S;
}

void alarm_read_rule(const cJSON *configuration, struct alarm_rule *rule_out)
{
    CLEANUP(error_clear) struct error error = { 0 };
    const char *rule = json_text(configuration, "AlarmRule", "FALSE");
    if (!alarm_rule_parse(text_from(rule), NULL, rule_out, &error))
        *rule_out = (struct alarm_rule){ 0 };
}
