#include "alarms/message.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "alarms/configuration.h"
#include "alarms/reason.h"
#include "number.h"
#include "random.h"
#include "xalloc.h"

enum { SUBJECT_MAX = 100 };

static const struct {
    const char *name;
    const char *title;
} regions[] = {
    { "us-east-1", "US East (N. Virginia)" },
    { "us-east-2", "US East (Ohio)" },
    { "us-west-1", "US West (N. California)" },
    { "us-west-2", "US West (Oregon)" },
    { "af-south-1", "Africa (Cape Town)" },
    { "ap-east-1", "Asia Pacific (Hong Kong)" },
    { "ap-south-1", "Asia Pacific (Mumbai)" },
    { "ap-south-2", "Asia Pacific (Hyderabad)" },
    { "ap-northeast-1", "Asia Pacific (Tokyo)" },
    { "ap-northeast-2", "Asia Pacific (Seoul)" },
    { "ap-northeast-3", "Asia Pacific (Osaka)" },
    { "ap-southeast-1", "Asia Pacific (Singapore)" },
    { "ap-southeast-2", "Asia Pacific (Sydney)" },
    { "ap-southeast-3", "Asia Pacific (Jakarta)" },
    { "ap-southeast-4", "Asia Pacific (Melbourne)" },
    { "ca-central-1", "Canada (Central)" },
    { "ca-west-1", "Canada West (Calgary)" },
    { "eu-central-1", "EU (Frankfurt)" },
    { "eu-central-2", "EU (Zurich)" },
    { "eu-west-1", "EU (Ireland)" },
    { "eu-west-2", "EU (London)" },
    { "eu-west-3", "EU (Paris)" },
    { "eu-north-1", "EU (Stockholm)" },
    { "eu-south-1", "EU (Milan)" },
    { "eu-south-2", "EU (Spain)" },
    { "il-central-1", "Israel (Tel Aviv)" },
    { "me-central-1", "Middle East (UAE)" },
    { "me-south-1", "Middle East (Bahrain)" },
    { "sa-east-1", "South America (Sao Paulo)" },
};

static const char *region_title(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(regions); i++)
        if (strcmp(regions[i].name, name) == 0)
            return regions[i].title;
    return name;
}

static void set_number(cJSON *object, const char *name, double value)
{
    char text[NUMBER_JAVA_SIZE];
    json_set(object, name, cJSON_CreateRaw(number_java(value, text)));
}

static void set_text_or_null(cJSON *object, const char *name, const char *value)
{
    json_set(object, name, value ? cJSON_CreateString(value) : cJSON_CreateNull());
}

static void set_list(cJSON *object, const char *name, const cJSON *list)
{
    json_set(object, name, list ? cJSON_Duplicate(list, true) : cJSON_CreateArray());
}

/* "SampleCount" is SAMPLE_COUNT in an SNS message. */
static char *upper_snake(const char *name)
{
    char *text = xcalloc(2 * strlen(name) + 1, 1);
    size_t size = 0;
    for (const char *c = name; *c; c++) {
        if (c != name && isupper((unsigned char)*c))
            text[size++] = '_';
        text[size++] = (char)toupper((unsigned char)*c);
    }
    return text;
}

/* [{value, name}], in SNS's order. */
static cJSON *dimension_list(const cJSON *dimensions)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *dimension;
    cJSON_ArrayForEach(dimension, dimensions)
    {
        cJSON *item = cJSON_CreateObject();
        json_set_text(item, "value", json_text(dimension, "Value", ""));
        json_set_text(item, "name", json_text(dimension, "Name", ""));
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

static void write_single_trigger(cJSON *trigger, const cJSON *configuration)
{
    const char *statistic = json_text(configuration, "Statistic", NULL);
    json_set_text(trigger, "MetricName", json_text(configuration, "MetricName", ""));
    json_set_text(trigger, "Namespace", json_text(configuration, "Namespace", ""));
    json_set_text(trigger, "StatisticType", statistic ? "Statistic" : "ExtendedStatistic");
    if (statistic) {
        CLEANUP(freep) char *name = upper_snake(statistic);
        json_set_text(trigger, "Statistic", name);
    } else {
        json_set_text(trigger, "ExtendedStatistic",
                      json_text(configuration, "ExtendedStatistic", ""));
    }
    set_text_or_null(trigger, "Unit", json_text(configuration, "Unit", NULL));
    json_set(trigger, "Dimensions", dimension_list(json_get(configuration, "Dimensions")));
}

static cJSON *sns_query(const cJSON *query)
{
    cJSON *item = cJSON_CreateObject();
    const cJSON *stat = json_get(query, "MetricStat");
    json_set_text(item, "Expression", json_text(query, "Expression", NULL));
    json_set_text(item, "Id", json_text(query, "Id", ""));
    json_set_text(item, "Label", json_text(query, "Label", NULL));
    if (stat) {
        const cJSON *metric = json_get(stat, "Metric");
        cJSON *own = json_set_object(item, "MetricStat");
        cJSON *own_metric = json_set_object(own, "Metric");
        json_set(own_metric, "Dimensions", dimension_list(json_get(metric, "Dimensions")));
        json_set_text(own_metric, "MetricName", json_text(metric, "MetricName", ""));
        json_set_text(own_metric, "Namespace", json_text(metric, "Namespace", ""));
        json_set_double(own, "Period", json_double(stat, "Period", 0));
        json_set_text(own, "Stat", json_text(stat, "Stat", ""));
        json_set_text(own, "Unit", json_text(stat, "Unit", NULL));
    }
    json_set_bool(item, "ReturnData", json_bool(query, "ReturnData", true));
    return item;
}

static void write_trigger(cJSON *message, const cJSON *configuration)
{
    cJSON *trigger = json_set_object(message, "Trigger");
    const cJSON *queries = json_get(configuration, "Metrics");
    const cJSON *needed = json_get(configuration, "DatapointsToAlarm");
    const cJSON *query;
    if (!queries)
        write_single_trigger(trigger, configuration);
    json_set_double(trigger, "Period", (double)alarm_period_s(configuration));
    json_set_double(trigger, "EvaluationPeriods",
                    json_double(configuration, "EvaluationPeriods", 1));
    if (needed)
        json_set_double(trigger, "DatapointsToAlarm", needed->valuedouble);
    json_set_text(trigger, "ComparisonOperator",
                  json_text(configuration, "ComparisonOperator", ""));
    set_number(trigger, "Threshold", json_double(configuration, "Threshold", 0));
    json_set_text(trigger, "TreatMissingData",
                  json_text(configuration, "TreatMissingData", "missing"));
    json_set_text(trigger, "EvaluateLowSampleCountPercentile",
                  json_text(configuration, "EvaluateLowSampleCountPercentile", ""));
    if (!queries)
        return;
    cJSON *list = json_set_array(trigger, "Metrics");
    cJSON_ArrayForEach(query, queries) cJSON_AddItemToArray(list, sns_query(query));
}

/* [{Arn, State{Value, Timestamp}}], from the StateReasonData of a composite. */
static void write_triggering_children(cJSON *message, const char *reason_data)
{
    cJSON *list = json_set_array(message, "TriggeringChildren");
    CLEANUP(json_deletep)
    cJSON *data = reason_data ? json_parse(text_from(reason_data)) : NULL;
    const cJSON *child;
    cJSON_ArrayForEach(child, json_get(data, "triggeringAlarms"))
    {
        cJSON *item = cJSON_CreateObject();
        const cJSON *from = json_get(child, "state");
        json_set_text(item, "Arn", json_text(child, "arn", ""));
        cJSON *state = json_set_object(item, "State");
        json_set_text(state, "Value", json_text(from, "value", ""));
        json_set_text(state, "Timestamp", json_text(from, "timestamp", ""));
        cJSON_AddItemToArray(list, item);
    }
}

char *alarm_message_for_sns(const struct alarm_occasion *occasion)
{
    struct arena arena = { 0 };
    const struct alarm_row *row = occasion->row;
    const cJSON *configuration = occasion->configuration;
    CLEANUP(json_deletep) cJSON *message = cJSON_CreateObject();
    json_set_text(message, "AlarmName", row->key.name);
    set_text_or_null(message, "AlarmDescription",
                     json_text(configuration, "AlarmDescription", NULL));
    json_set_text(message, "AWSAccountId", row->key.account);
    alarm_set_time(message, "AlarmConfigurationUpdatedTimestamp", row->configured_ms);
    json_set_text(message, "NewStateValue", alarm_state_name(row->state));
    json_set_text(message, "NewStateReason", row->reason);
    alarm_set_time(message, "StateChangeTime", row->transitioned_ms);
    json_set_text(message, "Region", region_title(row->key.region));
    json_set_text(message, "AlarmArn", alarm_arn(&arena, &row->key));
    json_set_text(message, "OldStateValue", alarm_state_name(occasion->previous.state));
    set_list(message, "OKActions", json_get(configuration, "OKActions"));
    set_list(message, "AlarmActions", json_get(configuration, "AlarmActions"));
    set_list(message, "InsufficientDataActions",
             json_get(configuration, "InsufficientDataActions"));
    if (row->is_composite) {
        json_set_text(message, "AlarmRule", json_text(configuration, "AlarmRule", ""));
        write_triggering_children(message, row->reason_data);
    } else {
        write_trigger(message, configuration);
    }
    json_set_bool(message, "ActionExecutedAfterMuteWindow", occasion->is_after_mute);
    arena_clear(&arena);
    return json_print(message);
}

/* AWS shortens the name alone, so that the region can be read. */
char *alarm_message_subject(const struct alarm_occasion *occasion)
{
    const char *state = alarm_state_name(occasion->row->state);
    const char *region = region_title(occasion->row->key.region);
    const struct text name = text_from(occasion->row->key.name);
    CLEANUP(freep) char *around = xformat("%s: \"\" in %s", state, region);
    const size_t taken = strlen(around);
    const size_t room = taken < SUBJECT_MAX ? SUBJECT_MAX - taken : 0;
    if (text_front(name, room).size == name.size)
        return xformat("%s: \"%s\" in %s", state, occasion->row->key.name, region);
    const struct text front = text_front(name, room > 3 ? room - 3 : 0);
    return xformat("%s: \"%.*s...\" in %s", state, TEXT_ARGS(front), region);
}

char *alarm_suppression_reason(const char *suppressed_by)
{
    return xformat("Actions suppressed by %s", suppressed_by);
}

static cJSON *write_state(cJSON *data, const char *name, const struct alarm_snapshot *snapshot)
{
    cJSON *state = json_set_object(data, name);
    json_set_text(state, "value", alarm_state_name(snapshot->state));
    json_set_text(state, "reason", snapshot->reason);
    json_set_text(state, "reasonData", snapshot->reason_data);
    alarm_set_time(state, "timestamp", snapshot->time_ms);
    return state;
}

/* What has waited for a suppressor comes from the same state, suppressed. */
static void write_states(cJSON *data, const struct alarm_occasion *occasion, int64_t now_ms)
{
    const struct alarm_row *row = occasion->row;
    const struct alarm_snapshot present = { row->state, row->reason, row->reason_data,
                                            row->updated_ms };
    struct alarm_snapshot released = present;
    released.time_ms = now_ms;
    if (!occasion->suppressed_by) {
        write_state(data, "state", &present);
        write_state(data, "previousState", &occasion->previous);
        return;
    }
    write_state(data, "state", &released);
    cJSON *suppressed = write_state(data, "previousState", &present);
    CLEANUP(freep) char *reason = alarm_suppression_reason(occasion->suppressed_by);
    json_set_text(suppressed, "actionsSuppressedBy", occasion->suppressed_by);
    json_set_text(suppressed, "actionsSuppressedReason", reason);
}

static cJSON *lambda_metric_stat(const cJSON *metric, double period_s, const char *statistic,
                                 const char *unit)
{
    cJSON *stat = cJSON_CreateObject();
    cJSON *own = json_set_object(stat, "metric");
    json_set_text(own, "namespace", json_text(metric, "Namespace", ""));
    json_set_text(own, "name", json_text(metric, "MetricName", ""));
    cJSON *dimensions = json_set_object(own, "dimensions");
    const cJSON *dimension;
    cJSON_ArrayForEach(dimension, json_get(metric, "Dimensions")) json_set_text(
        dimensions, json_text(dimension, "Name", ""), json_text(dimension, "Value", ""));
    json_set_double(stat, "period", period_s);
    json_set_text(stat, "stat", statistic);
    json_set_text(stat, "unit", unit);
    return stat;
}

static cJSON *lambda_query(const cJSON *query)
{
    cJSON *item = cJSON_CreateObject();
    const cJSON *stat = json_get(query, "MetricStat");
    json_set_text(item, "id", json_text(query, "Id", ""));
    json_set_text(item, "expression", json_text(query, "Expression", NULL));
    json_set_text(item, "label", json_text(query, "Label", NULL));
    if (stat)
        json_set(item, "metricStat",
                 lambda_metric_stat(json_get(stat, "Metric"), json_double(stat, "Period", 0),
                                    json_text(stat, "Stat", ""), json_text(stat, "Unit", NULL)));
    json_set_bool(item, "returnData", json_bool(query, "ReturnData", true));
    return item;
}

static void write_metrics(cJSON *list, const cJSON *configuration)
{
    const cJSON *queries = json_get(configuration, "Metrics");
    const cJSON *query;
    cJSON_ArrayForEach(query, queries) cJSON_AddItemToArray(list, lambda_query(query));
    if (queries)
        return;
    char id[UUID_SIZE];
    random_uuid_aside(id);
    cJSON *item = cJSON_CreateObject();
    json_set_text(item, "id", id);
    json_set(item, "metricStat",
             lambda_metric_stat(configuration, (double)alarm_period_s(configuration),
                                alarm_statistic(configuration),
                                json_text(configuration, "Unit", NULL)));
    json_set_bool(item, "returnData", true);
    cJSON_AddItemToArray(list, item);
}

static void write_configuration(cJSON *output, const struct alarm_occasion *occasion)
{
    static const struct {
        const char *from;
        const char *to;
    } periods[] = { { "ActionsSuppressorWaitPeriod", "actionsSuppressorWaitPeriod" },
                    { "ActionsSuppressorExtensionPeriod", "actionsSuppressorExtensionPeriod" } };
    const cJSON *given = occasion->configuration;
    json_set_text(output, "description", json_text(given, "AlarmDescription", NULL));
    if (!occasion->row->is_composite) {
        write_metrics(json_set_array(output, "metrics"), given);
        return;
    }
    json_set_text(output, "alarmRule", json_text(given, "AlarmRule", ""));
    json_set_text(output, "actionsSuppressor", json_text(given, "ActionsSuppressor", NULL));
    for (size_t i = 0; i < COUNT_OF(periods); i++)
        if (json_get(given, periods[i].from))
            json_set_double(output, periods[i].to, json_double(given, periods[i].from, 0));
}

char *alarm_message_for_lambda(const struct alarm_occasion *occasion, int64_t now_ms)
{
    struct arena arena = { 0 };
    const struct alarm_row *row = occasion->row;
    CLEANUP(json_deletep) cJSON *event = cJSON_CreateObject();
    json_set_text(event, "source", "aws.cloudwatch");
    json_set_text(event, "alarmArn", alarm_arn(&arena, &row->key));
    json_set_text(event, "accountId", row->key.account);
    alarm_set_time(event, "time", now_ms);
    json_set_text(event, "region", row->key.region);
    cJSON *data = json_set_object(event, "alarmData");
    json_set_text(data, "alarmName", row->key.name);
    write_states(data, occasion, now_ms);
    write_configuration(json_set_object(data, "configuration"), occasion);
    arena_clear(&arena);
    return json_print(event);
}
