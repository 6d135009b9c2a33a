#include "logs/faults.h"
#include "logs/handlers.h"
#include "logs/logs.h"

enum { BODY_MAX = 1 << 20 };

const struct fault LOGS_INVALID_PARAMETER = { .code = "InvalidParameterException", .status = 400 };
const struct fault LOGS_VALIDATION = { .code = "ValidationException", .status = 400 };
const struct fault LOGS_ACCESS_DENIED = { .code = "AccessDeniedException", .status = 400 };
const struct fault LOGS_NOT_FOUND = { .code = "ResourceNotFoundException", .status = 400 };
const struct fault LOGS_EXISTS = { .code = "ResourceAlreadyExistsException", .status = 400 };
const struct fault LOGS_LIMIT_EXCEEDED = { .code = "LimitExceededException", .status = 400 };
const struct fault LOGS_TOO_MANY_TAGS = { .code = "TooManyTagsException", .status = 400 };
const struct fault LOGS_MALFORMED_QUERY = { .code = "MalformedQueryException", .status = 400 };
const struct fault LOGS_ABORTED = { .code = "OperationAbortedException", .status = 400 };
const struct fault LOGS_SERIALIZATION = { .code = "SerializationException", .status = 400 };
const struct fault LOGS_UNAVAILABLE = { .code = "ServiceUnavailableException", .status = 500 };

static const struct operation *const slices[] = {
    group_operations,
    log_stream_operations,
    log_tag_operations,
    put_log_events_operations,
    get_log_events_operations,
    filter_log_events_operations,
    metric_filter_operations,
    subscription_operations,
    live_tail_operations,
    query_operations,
    log_record_operations,
    query_definition_operations,
    log_resource_policy_operations,
    NULL,
};

static const struct lacking_operation lacking[] = {
    { .name = "AssociateSourceToS3TableIntegration" },
    { .name = "CancelExportTask" },
    { .name = "CancelImportTask" },
    { .name = "CreateDelivery" },
    { .name = "CreateExportTask" },
    { .name = "CreateImportTask" },
    { .name = "CreateLogAnomalyDetector" },
    { .name = "CreateLookupTable" },
    { .name = "CreateScheduledQuery" },
    { .name = "DeleteAccountPolicy" },
    { .name = "DeleteDataProtectionPolicy" },
    { .name = "DeleteDelivery" },
    { .name = "DeleteDeliveryDestination" },
    { .name = "DeleteDeliveryDestinationPolicy" },
    { .name = "DeleteDeliverySource" },
    { .name = "DeleteDestination" },
    { .name = "DeleteIndexPolicy" },
    { .name = "DeleteIntegration" },
    { .name = "DeleteLogAnomalyDetector" },
    { .name = "DeleteLookupTable" },
    { .name = "DeleteScheduledQuery" },
    { .name = "DeleteSyslogConfiguration" },
    { .name = "DeleteTransformer" },
    { .name = "DescribeAccountPolicies" },
    { .name = "DescribeConfigurationTemplates" },
    { .name = "DescribeDeliveries" },
    { .name = "DescribeDeliveryDestinations" },
    { .name = "DescribeDeliverySources" },
    { .name = "DescribeDestinations" },
    { .name = "DescribeExportTasks" },
    { .name = "DescribeFieldIndexes" },
    { .name = "DescribeImportTaskBatches" },
    { .name = "DescribeImportTasks" },
    { .name = "DescribeIndexPolicies" },
    { .name = "DescribeLookupTables" },
    { .name = "DisassociateSourceFromS3TableIntegration" },
    { .name = "GetDataProtectionPolicy" },
    { .name = "GetDelivery" },
    { .name = "GetDeliveryDestination" },
    { .name = "GetDeliveryDestinationPolicy" },
    { .name = "GetDeliverySource" },
    { .name = "GetIntegration" },
    { .name = "GetLogAnomalyDetector" },
    { .name = "GetLogFields" },
    { .name = "GetLogObject" },
    { .name = "GetLookupTable" },
    { .name = "GetScheduledQuery" },
    { .name = "GetScheduledQueryHistory" },
    { .name = "GetStorageTierPolicy" },
    { .name = "GetTransformer" },
    { .name = "ListAggregateLogGroupSummaries" },
    { .name = "ListAnomalies" },
    { .name = "ListIntegrations" },
    { .name = "ListLogAnomalyDetectors" },
    { .name = "ListLogGroupsForQuery" },
    { .name = "ListScheduledQueries" },
    { .name = "ListSourcesForS3TableIntegration" },
    { .name = "ListSyslogConfigurations" },
    { .name = "PutAccountPolicy" },
    { .name = "PutBearerTokenAuthentication" },
    { .name = "PutDataProtectionPolicy" },
    { .name = "PutDeliveryDestination" },
    { .name = "PutDeliveryDestinationPolicy" },
    { .name = "PutDeliverySource" },
    { .name = "PutDestination" },
    { .name = "PutDestinationPolicy" },
    { .name = "PutIndexPolicy" },
    { .name = "PutIntegration" },
    { .name = "PutStorageTierPolicy" },
    { .name = "PutSyslogConfiguration" },
    { .name = "PutTransformer" },
    { .name = "TestTransformer" },
    { .name = "UpdateAnomaly" },
    { .name = "UpdateDeliveryConfiguration" },
    { .name = "UpdateLogAnomalyDetector" },
    { .name = "UpdateLookupTable" },
    { .name = "UpdateScheduledQuery" },
    { 0 },
};

const struct service logs_service = {
    .name = "logs",
    .title = "Amazon CloudWatch Logs",
    .signing_name = "logs",
    .protocols = PROTOCOL_AWS_JSON,
    .target_prefix = "Logs_20140328",
    .json_content_type = "application/x-amz-json-1.1",
    .message_key = "message",
    .validation_style = VALIDATION_CORAL,
    .validation_fault = &LOGS_INVALID_PARAMETER,
    .serialization_fault = &LOGS_SERIALIZATION,
    .internal_fault = &LOGS_UNAVAILABLE,
    .body_ceiling = BODY_MAX,
    .mends_texts = true, /* one such message must not cost the other 9,999 of its batch */
    .operations = slices,
    .lacking = lacking,
};
