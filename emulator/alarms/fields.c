#include "alarms/fields.h"

#include <string.h>

#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"
#include "operation/page.h"

const struct fault ALARM_NOT_FOUND = { .code = "ResourceNotFound", .status = 404 };
const struct fault ALARM_RESOURCE_NOT_FOUND = { .code = "ResourceNotFoundException",
                                                .status = 404,
                                                .message_key = "Message" };
const struct fault ALARM_INVALID_FORMAT = { .code = "InvalidFormatFault",
                                            .status = 400,
                                            .query_code = "InvalidFormat" };
const struct fault ALARM_LIMIT_EXCEEDED = { .code = "LimitExceededFault",
                                            .status = 400,
                                            .query_code = "LimitExceeded" };

const char *const alarm_state_values[] = { "INSUFFICIENT_DATA", "ALARM", "OK", NULL };
const char *const alarm_statistic_values[] = { "SampleCount", "Average", "Sum",
                                               "Minimum",     "Maximum", NULL };
const char *const alarm_type_values[] = { "CompositeAlarm", "LogAlarm", "MetricAlarm", NULL };

const struct field alarm_name_item = { .type = FIELD_STRING, .length = BETWEEN(1, 255) };
const struct field alarm_action_item = { .type = FIELD_STRING, .length = BETWEEN(1, 1024) };

static const struct field wall_clock_fields[] = { { .name = "Timezone", .type = FIELD_STRING },
                                                  { 0 } };
static const struct field sliding_fields[] = { { 0 } };
const struct field alarm_evaluation_window_fields[] = {
    { .name = "WallClockWindow", .type = FIELD_STRUCTURE, .members = wall_clock_fields },
    { .name = "SlidingWindow", .type = FIELD_STRUCTURE, .members = sliding_fields },
    { 0 },
};

static const struct field tag_key_item = { .type = FIELD_STRING };
static const struct field propagation_fields[] = {
    { .name = "Enabled", .type = FIELD_BOOLEAN },
    { .name = "IncludedTagKeys", .type = FIELD_LIST, .item = &tag_key_item },
    { .name = "ExcludedTagKeys", .type = FIELD_LIST, .item = &tag_key_item },
    { 0 },
};
const struct field alarm_action_configuration_fields[] = {
    { .name = "AlarmTagsPropagation", .type = FIELD_STRUCTURE, .members = propagation_fields },
    { 0 },
};

#define TEXT_ROW(member)                                                                           \
    {                                                                                              \
        .name = (member), .type = FIELD_STRING                                                     \
    }
#define TIME_ROW(member)                                                                           \
    {                                                                                              \
        .name = (member), .type = FIELD_TIMESTAMP, .is_milliseconds = true                         \
    }
#define NUMBER_ROW(member)                                                                         \
    {                                                                                              \
        .name = (member), .type = FIELD_INTEGER                                                    \
    }

/* In the order of the model, which the XML codec keeps. */
static const struct field metric_alarm_fields[] = {
    TEXT_ROW("AlarmName"),
    TEXT_ROW("AlarmArn"),
    TEXT_ROW("AlarmDescription"),
    TIME_ROW("AlarmConfigurationUpdatedTimestamp"),
    { .name = "ActionsEnabled", .type = FIELD_BOOLEAN },
    ALARM_ACTION_ROWS,
    TEXT_ROW("StateValue"),
    TEXT_ROW("StateReason"),
    TEXT_ROW("StateReasonData"),
    TIME_ROW("StateUpdatedTimestamp"),
    TEXT_ROW("MetricName"),
    TEXT_ROW("Namespace"),
    TEXT_ROW("Statistic"),
    { .name = "Dimensions", .type = FIELD_LIST, .item = &cloudwatch_dimension_item },
    NUMBER_ROW("Period"),
    TEXT_ROW("Unit"),
    NUMBER_ROW("EvaluationPeriods"),
    { .name = "Threshold", .type = FIELD_DOUBLE },
    TEXT_ROW("ComparisonOperator"),
    TEXT_ROW("ExtendedStatistic"),
    TEXT_ROW("TreatMissingData"),
    TEXT_ROW("EvaluateLowSampleCountPercentile"),
    NUMBER_ROW("DatapointsToAlarm"),
    { .name = "Metrics", .type = FIELD_LIST, .item = &cloudwatch_metric_data_query_item },
    TEXT_ROW("ThresholdMetricId"),
    TEXT_ROW("EvaluationState"),
    TIME_ROW("StateTransitionedTimestamp"),
    ALARM_EVALUATION_WINDOW_ROW,
    { 0 },
};
const struct field alarm_metric_alarm_item = { .type = FIELD_STRUCTURE,
                                               .members = metric_alarm_fields };

static const struct field composite_fields[] = {
    { .name = "ActionsEnabled", .type = FIELD_BOOLEAN },
    ALARM_ACTIONS_ROW("AlarmActions"),
    TEXT_ROW("AlarmArn"),
    TIME_ROW("AlarmConfigurationUpdatedTimestamp"),
    TEXT_ROW("AlarmDescription"),
    TEXT_ROW("AlarmName"),
    TEXT_ROW("AlarmRule"),
    ALARM_ACTIONS_ROW("InsufficientDataActions"),
    ALARM_ACTIONS_ROW("OKActions"),
    TEXT_ROW("StateReason"),
    TEXT_ROW("StateReasonData"),
    TIME_ROW("StateUpdatedTimestamp"),
    TEXT_ROW("StateValue"),
    TIME_ROW("StateTransitionedTimestamp"),
    TEXT_ROW("ActionsSuppressedBy"),
    TEXT_ROW("ActionsSuppressedReason"),
    TEXT_ROW("ActionsSuppressor"),
    NUMBER_ROW("ActionsSuppressorWaitPeriod"),
    NUMBER_ROW("ActionsSuppressorExtensionPeriod"),
    { 0 },
};
const struct field alarm_composite_item = { .type = FIELD_STRUCTURE, .members = composite_fields };

bool alarm_is_listed(const cJSON *list, const char *text)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (strcmp(item->valuestring, text) == 0)
            return true;
    }
    return false;
}

bool alarm_page_begin(struct call *call, const char **after_out)
{
    return page_begin(call, "NextToken", after_out) ||
           error_set(&call->error, &CLOUDWATCH_INVALID_NEXT_TOKEN,
                     "Request parameter NextToken is invalid");
}

void alarm_page_end(struct call *call, const char *last)
{
    page_end(call, "NextToken", last);
}
