#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/lambda.h"

enum { BODY_MAX = 6291456 };

static const struct operation *const slices[] = {
    function_operations,
    function_update_operations,
    version_operations,
    alias_operations,
    invoke_operations,
    stream_operations,
    account_operations,
    concurrency_operations,
    provision_operations,
    permission_operations,
    layer_operations,
    function_url_operations,
    tag_operations,
    code_signing_operations,
    runtime_management_operations,
    event_invoke_config_operations,
    NULL,
};

#define FUNCTION(date) "/" date "/functions/{FunctionName}"
#define LAYER "/2018-10-31/layers"
#define SIGNING "/2020-04-22/code-signing-configs"

static const struct lacking_operation lacking[] = {
    { "AddPermission", "POST " FUNCTION("2015-03-31") "/policy" },
    { "GetPolicy", "GET " FUNCTION("2015-03-31") "/policy" },
    { "RemovePermission", "DELETE " FUNCTION("2015-03-31") "/policy/{StatementId}" },
    { "CreateFunctionUrlConfig", "POST " FUNCTION("2021-10-31") "/url" },
    { "GetFunctionUrlConfig", "GET " FUNCTION("2021-10-31") "/url" },
    { "UpdateFunctionUrlConfig", "PUT " FUNCTION("2021-10-31") "/url" },
    { "DeleteFunctionUrlConfig", "DELETE " FUNCTION("2021-10-31") "/url" },
    { "ListFunctionUrlConfigs", "GET " FUNCTION("2021-10-31") "/urls" },
    { "PutFunctionEventInvokeConfig", "PUT " FUNCTION("2019-09-25") "/event-invoke-config" },
    { "UpdateFunctionEventInvokeConfig", "POST " FUNCTION("2019-09-25") "/event-invoke-config" },
    { "GetFunctionEventInvokeConfig", "GET " FUNCTION("2019-09-25") "/event-invoke-config" },
    { "DeleteFunctionEventInvokeConfig", "DELETE " FUNCTION("2019-09-25") "/event-invoke-config" },
    { "ListFunctionEventInvokeConfigs", "GET " FUNCTION("2019-09-25") "/event-invoke-config/list" },
    { "TagResource", "POST /2017-03-31/tags/{Resource}" },
    { "UntagResource", "DELETE /2017-03-31/tags/{Resource}" },
    { "ListTags", "GET /2017-03-31/tags/{Resource}" },
    { "GetLayerVersionByArn", "GET " LAYER "?find=LayerVersion" },
    { "ListLayers", "GET " LAYER },
    { "PublishLayerVersion", "POST " LAYER "/{LayerName}/versions" },
    { "ListLayerVersions", "GET " LAYER "/{LayerName}/versions" },
    { "GetLayerVersion", "GET " LAYER "/{LayerName}/versions/{VersionNumber}" },
    { "DeleteLayerVersion", "DELETE " LAYER "/{LayerName}/versions/{VersionNumber}" },
    { "AddLayerVersionPermission", "POST " LAYER "/{LayerName}/versions/{VersionNumber}/policy" },
    { "GetLayerVersionPolicy", "GET " LAYER "/{LayerName}/versions/{VersionNumber}/policy" },
    { "RemoveLayerVersionPermission",
      "DELETE " LAYER "/{LayerName}/versions/{VersionNumber}/policy/{StatementId}" },
    { "GetRuntimeManagementConfig", "GET " FUNCTION("2021-07-20") "/runtime-management-config" },
    { "PutRuntimeManagementConfig", "PUT " FUNCTION("2021-07-20") "/runtime-management-config" },
    { "GetFunctionRecursionConfig", "GET " FUNCTION("2024-08-31") "/recursion-config" },
    { "PutFunctionRecursionConfig", "PUT " FUNCTION("2024-08-31") "/recursion-config" },
    { "PutFunctionScalingConfig", "PUT " FUNCTION("2025-11-30") "/function-scaling-config" },
    { "GetFunctionScalingConfig", "GET " FUNCTION("2025-11-30") "/function-scaling-config" },
    { "CreateCodeSigningConfig", "POST " SIGNING },
    { "ListCodeSigningConfigs", "GET " SIGNING },
    { "GetCodeSigningConfig", "GET " SIGNING "/{CodeSigningConfigArn}" },
    { "UpdateCodeSigningConfig", "PUT " SIGNING "/{CodeSigningConfigArn}" },
    { "DeleteCodeSigningConfig", "DELETE " SIGNING "/{CodeSigningConfigArn}" },
    { "ListFunctionsByCodeSigningConfig", "GET " SIGNING "/{CodeSigningConfigArn}/functions" },
    { "PutFunctionCodeSigningConfig", "PUT " FUNCTION("2020-06-30") "/code-signing-config" },
    { "GetFunctionCodeSigningConfig", "GET " FUNCTION("2020-06-30") "/code-signing-config" },
    { "DeleteFunctionCodeSigningConfig", "DELETE " FUNCTION("2020-06-30") "/code-signing-config" },
    { "CreateEventSourceMapping", "POST /2015-03-31/event-source-mappings" },
    { "ListEventSourceMappings", "GET /2015-03-31/event-source-mappings" },
    { "GetEventSourceMapping", "GET /2015-03-31/event-source-mappings/{UUID}" },
    { "UpdateEventSourceMapping", "PUT /2015-03-31/event-source-mappings/{UUID}" },
    { "DeleteEventSourceMapping", "DELETE /2015-03-31/event-source-mappings/{UUID}" },
    { "CreateCapacityProvider", "POST /2025-11-30/capacity-providers" },
    { "ListCapacityProviders", "GET /2025-11-30/capacity-providers" },
    { "GetCapacityProvider", "GET /2025-11-30/capacity-providers/{CapacityProviderName}" },
    { "UpdateCapacityProvider", "PUT /2025-11-30/capacity-providers/{CapacityProviderName}" },
    { "DeleteCapacityProvider", "DELETE /2025-11-30/capacity-providers/{CapacityProviderName}" },
    { "ListDurableExecutionsByFunction", "GET " FUNCTION("2025-12-01") "/durable-executions" },
    { "GetDurableExecution", "GET /2025-12-01/durable-executions/{DurableExecutionArn}" },
    { 0 },
};

/* Each of these operations words its limit with its own name; Invoke is InvokeFunction there. */
static void too_large(struct call *call, size_t ceiling)
{
    const char *name = call->operation->name;
    error_set(&call->error, &LAMBDA_REQUEST_TOO_LARGE,
              "Request must be smaller than %zu bytes for the %s operation", ceiling,
              strcmp(name, "Invoke") == 0 ? "InvokeFunction" : name);
}

const struct service lambda_service = {
    .name = "lambda",
    .title = "AWS Lambda",
    .signing_name = "lambda",
    .protocols = PROTOCOL_REST_JSON,
    .message_key = "message",
    .validation_style = VALIDATION_CORAL,
    .validation_fault = &LAMBDA_VALIDATION,
    .missing_fault = &LAMBDA_VALIDATION,
    .serialization_fault = &LAMBDA_SERIALIZATION,
    .syntax_fault = &LAMBDA_INVALID_REQUEST_CONTENT,
    .internal_fault = &LAMBDA_SERVICE,
    .body_ceiling = BODY_MAX,
    .operations = slices,
    .lacking = lacking,
    .too_large = too_large,
};
