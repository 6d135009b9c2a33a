#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/invoke_payload.h"
#include "lambda/lambda.h"
#include "lambda/url_handlers.h"

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
    layer_permission_operations,
    layer_operations,
    function_url_operations,
    tag_operations,
    code_signing_operations,
    function_code_signing_operations,
    runtime_management_operations,
    recursion_operations,
    event_invoke_config_operations,
    event_source_mapping_operations,
    url_operations,
    NULL,
};

#define FUNCTION(date) "/" date "/functions/{FunctionName}"
#define DURABLE "/2025-12-01/durable-executions/{DurableExecutionArn}"
#define CALLBACK "/2025-12-01/durable-execution-callbacks/{CallbackId}"
#define PROVIDER "/2025-11-30/capacity-providers"

static const struct lacking_operation lacking[] = {
    { "PutFunctionScalingConfig", "PUT " FUNCTION("2025-11-30") "/function-scaling-config" },
    { "GetFunctionScalingConfig", "GET " FUNCTION("2025-11-30") "/function-scaling-config" },
    { "CreateEventSourceMapping", "POST /2015-03-31/event-source-mappings" },
    { "UpdateEventSourceMapping", "PUT /2015-03-31/event-source-mappings/{UUID}" },
    { "CreateCapacityProvider", "POST " PROVIDER },
    { "ListCapacityProviders", "GET " PROVIDER },
    { "GetCapacityProvider", "GET " PROVIDER "/{CapacityProviderName}" },
    { "UpdateCapacityProvider", "PUT " PROVIDER "/{CapacityProviderName}" },
    { "DeleteCapacityProvider", "DELETE " PROVIDER "/{CapacityProviderName}" },
    { "ListFunctionVersionsByCapacityProvider",
      "GET " PROVIDER "/{CapacityProviderName}/function-versions" },
    { "ListDurableExecutionsByFunction", "GET " FUNCTION("2025-12-01") "/durable-executions" },
    { "GetDurableExecution", "GET " DURABLE },
    { "GetDurableExecutionHistory", "GET " DURABLE "/history" },
    { "GetDurableExecutionState", "GET " DURABLE "/state" },
    { "CheckpointDurableExecution", "POST " DURABLE "/checkpoint" },
    { "StopDurableExecution", "POST " DURABLE "/stop" },
    { "SendDurableExecutionCallbackSuccess", "POST " CALLBACK "/succeed" },
    { "SendDurableExecutionCallbackFailure", "POST " CALLBACK "/fail" },
    { "SendDurableExecutionCallbackHeartbeat", "POST " CALLBACK "/heartbeat" },
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
    .body_ceiling = INVOKE_PAYLOAD_MAX,
    .operations = slices,
    .lacking = lacking,
    .too_large = too_large,
    .claim = url_claim,
};
