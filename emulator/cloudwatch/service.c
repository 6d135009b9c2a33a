#include "cloudwatch/cloudwatch.h"
#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"

enum { BODY_MAX = 1 << 20 };

#define CORAL "com.amazon.coral.validate"

const struct fault CLOUDWATCH_INVALID_PARAMETER_VALUE = { .code = "InvalidParameterValueException",
                                                          .status = 400,
                                                          .query_code = "InvalidParameterValue" };
const struct fault CLOUDWATCH_INVALID_PARAMETER_COMBINATION = {
    .code = "InvalidParameterCombinationException",
    .status = 400,
    .query_code = "InvalidParameterCombination",
};
const struct fault CLOUDWATCH_MISSING_PARAMETER = { .code = "MissingRequiredParameterException",
                                                    .status = 400,
                                                    .query_code = "MissingParameter" };
const struct fault CLOUDWATCH_INVALID_NEXT_TOKEN = { .code = "InvalidNextToken", .status = 400 };
const struct fault CLOUDWATCH_VALIDATION = { .code = "ValidationException",
                                             .status = 400,
                                             .query_code = "ValidationError",
                                             .type_namespace = CORAL };
const struct fault CLOUDWATCH_SERIALIZATION = { .code = "SerializationException",
                                                .status = 400,
                                                .query_code = "MalformedInput",
                                                .type_namespace = "com.amazon.coral.service" };
const struct fault CLOUDWATCH_DASHBOARD_NOT_FOUND = { .code = "DashboardNotFoundError",
                                                      .status = 404,
                                                      .query_code = "ResourceNotFound" };
const struct fault CLOUDWATCH_DASHBOARD_INVALID = { .code = "DashboardInvalidInputError",
                                                    .status = 400,
                                                    .query_code = "InvalidParameterInput" };
const struct fault CLOUDWATCH_THROTTLING = { .code = "ThrottlingException",
                                             .status = 400,
                                             .query_code = "Throttling" };
const struct fault CLOUDWATCH_INTERNAL = { .code = "InternalServiceFault",
                                           .status = 500,
                                           .query_code = "InternalServiceError",
                                           .message_key = "Message" };

const struct field cloudwatch_text_item = { .type = FIELD_STRING };

static const struct field dimension_fields[] = {
    { .name = "Name", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 255) },
    { .name = "Value", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 1024) },
    { 0 },
};
const struct field cloudwatch_dimension_item = { .type = FIELD_STRUCTURE,
                                                 .members = dimension_fields };

const char *const cloudwatch_units[] = {
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
    NULL,
};

static const struct operation *const slices[] = {
    put_metric_data_operations,
    list_metrics_operations,
    get_metric_statistics_operations,
    get_metric_data_operations,
    alarm_metric_operations,
    alarm_composite_operations,
    alarm_describe_operations,
    alarm_state_operations,
    alarm_history_operations,
    alarm_tag_operations,
    alarm_mute_rule_operations,
    get_metric_widget_image_operations,
    dashboard_operations,
    NULL,
};

static const struct lacking_operation lacking[] = {
    { .name = "PutAnomalyDetector" },
    { .name = "DeleteAnomalyDetector" },
    { .name = "DescribeAnomalyDetectors" },
    { .name = "PutInsightRule" },
    { .name = "DeleteInsightRules" },
    { .name = "DescribeInsightRules" },
    { .name = "EnableInsightRules" },
    { .name = "DisableInsightRules" },
    { .name = "GetInsightRuleReport" },
    { .name = "PutManagedInsightRules" },
    { .name = "ListManagedInsightRules" },
    { .name = "PutMetricStream" },
    { .name = "GetMetricStream" },
    { .name = "DeleteMetricStream" },
    { .name = "ListMetricStreams" },
    { .name = "StartMetricStreams" },
    { .name = "StopMetricStreams" },
    { .name = "GetOTelEnrichment" },
    { .name = "StartOTelEnrichment" },
    { .name = "StopOTelEnrichment" },
    { .name = "UpdateOTelEnrichment" },
    { .name = "CreateResourceMetricsConfiguration" },
    { .name = "GetResourceMetricsConfiguration" },
    { .name = "UpdateResourceMetricsConfiguration" },
    { .name = "DeleteResourceMetricsConfiguration" },
    { .name = "GetDataset" },
    { .name = "AssociateDatasetKmsKey" },
    { .name = "DisassociateDatasetKmsKey" },
    { .name = "PutLogAlarm" },
    { 0 },
};

const struct service cloudwatch_service = {
    .name = "cloudwatch",
    .title = "Amazon CloudWatch",
    .signing_name = "monitoring",
    .protocols = PROTOCOL_AWS_JSON | PROTOCOL_QUERY | PROTOCOL_CBOR,
    .target_prefix = "GraniteServiceVersion20100801",
    .json_content_type = "application/x-amz-json-1.0",
    .query_version = "2010-08-01",
    .xml_namespace = "http://monitoring.amazonaws.com/doc/2010-08-01/",
    .type_namespace = "com.amazonaws.cloudwatch.v2010_08_01",
    .message_key = "message",
    .validation_style = VALIDATION_CLOUDWATCH,
    .validation_fault = &CLOUDWATCH_VALIDATION,
    .missing_fault = &CLOUDWATCH_MISSING_PARAMETER,
    .serialization_fault = &CLOUDWATCH_SERIALIZATION,
    .internal_fault = &CLOUDWATCH_INTERNAL,
    .body_ceiling = BODY_MAX,
    .operations = slices,
    .lacking = lacking,
};
