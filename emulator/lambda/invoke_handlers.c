/*
 * Invoke (lambda-api.md section 5). An invocation holds its call until it has ended; the reply
 * leaves after the journal was written.
 */
#include <stdlib.h>

#include "crypto.h"
#include "lambda/event_queue.h"
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/invocation.h"
#include "xalloc.h"

enum {
    PAYLOAD_MAX = 6291456,
    EVENT_PAYLOAD_MAX = 1048576,
    ASYNC_PAYLOAD_MAX = 262144,
    LOG_TAIL_MAX = 4096,
};

static bool payload_is_json(struct call *call)
{
    struct json_fault fault;
    if (call->payload.size == 0) {
        call->payload = TEXT("{}");
        return true;
    }
    if (json_check(call->payload, &fault))
        return true;
    return error_set(&call->error, &LAMBDA_INVALID_REQUEST_CONTENT,
                     "Could not parse request body into json: Could not parse payload into json: "
                     "%s\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` "
                     "disabled); line: %d, column: %d]",
                     fault.reason, fault.line, fault.column);
}

/* The client context's JSON, decoded from its header; NULL if there is none. */
static bool read_client_context(struct call *call, const char **context_out)
{
    const char *header = json_text(call->input, "ClientContext", NULL);
    struct json_fault fault;
    size_t size;
    *context_out = NULL;
    if (!header)
        return true;
    CLEANUP(freep) char *json = base64_decode(text_from(header), &size);
    struct text text = { json, json ? size : 0 };
    if (!json || strlen(json) != size || !json_check(text, &fault))
        return error_set(&call->error, &LAMBDA_INVALID_REQUEST_CONTENT,
                         "Client context must be a valid Base64-encoded JSON object.");
    *context_out = arena_copy(&call->arena, text);
    return true;
}

static void write_log_tail(struct call *call, const struct invocation_result *result)
{
    size_t skipped = result->log_size > LOG_TAIL_MAX ? result->log_size - LOG_TAIL_MAX : 0;
    struct text tail = { result->log + skipped, result->log_size - skipped };
    CLEANUP(freep) char *encoded = base64_encode(tail);
    call_header(call, "X-Amz-Log-Result", arena_copy(&call->arena, text_from(encoded)));
}

static void on_end(const struct invocation_result *result, const char *version, void *owner)
{
    struct call *call = owner;
    call_header(call, "Content-Type", "application/json");
    call_header(call, "X-Amz-Executed-Version", arena_copy(&call->arena, text_from(version)));
    call_header(call, "x-amzn-Remapped-Content-Length", "0");
    if (result->end != INVOCATION_OK)
        call_header(call, "X-Amz-Function-Error", "Unhandled");
    if (strcmp(json_text(call->input, "LogType", "None"), "Tail") == 0)
        write_log_tail(call, result);
    call->raw_body = xmemdup(result->payload, result->payload_size);
    call->raw_body_size = result->payload_size;
    call_finish(call, OUTCOME_OK);
}

static enum outcome run(struct call *call, const struct target *target)
{
    struct invocation_order order = {
        .request_id = call->request_id,
        .trace_id = json_text(call->input, "TraceId", NULL),
        .payload = call->payload,
        .on_end = on_end,
        .owner = call,
    };
    if (!read_client_context(call, &order.client_context) ||
        !invocation_start(lambda_of(call), target, &order, &call->error))
        return OUTCOME_FAULT;
    return OUTCOME_LATER;
}

/* Safe on disk before the 202 leaves, run when its turn comes. */
static enum outcome queue(struct call *call)
{
    struct function_name name;
    if (!function_name_read(call, &name))
        return OUTCOME_FAULT;
    struct lambda_event event = { .function = name,
                                  .request_id = call->request_id,
                                  .trace_id = json_text(call->input, "TraceId", NULL),
                                  .payload = call->payload };
    event_queue_put(lambda_of(call), &event);
    call->status = 202;
    return OUTCOME_OK;
}

static enum outcome queue_if_small(struct call *call, size_t payload_max)
{
    if (call->payload.size > payload_max)
        return call_fault(call, &LAMBDA_REQUEST_TOO_LARGE,
                          "%zu byte payload is too large for the Event invocation type (limit %zu "
                          "bytes)",
                          call->payload.size, payload_max);
    return call_write(call, queue);
}

static enum outcome invoke(struct call *call)
{
    struct function_name name;
    const char *type = json_text(call->input, "InvocationType", "RequestResponse");
    if (!function_name_read(call, &name) || !payload_is_json(call))
        return OUTCOME_FAULT;
    const struct target *target = target_get(lambda_of(call), &name, &call->error);
    if (!target)
        return OUTCOME_FAULT;
    if (strcmp(type, "DryRun") == 0) {
        call->status = 204;
        return OUTCOME_OK;
    }
    if (strcmp(type, "Event") == 0)
        return queue_if_small(call, EVENT_PAYLOAD_MAX);
    return run(call, target);
}

static enum outcome invoke_async(struct call *call)
{
    struct function_name name;
    if (!function_name_read(call, &name) || !payload_is_json(call) ||
        !target_get(lambda_of(call), &name, &call->error))
        return OUTCOME_FAULT;
    return queue_if_small(call, ASYNC_PAYLOAD_MAX);
}

static const char *const invocation_types[] = { "RequestResponse", "Event", "DryRun", NULL };
static const char *const log_types[] = { "None", "Tail", NULL };
static const struct field invoke_fields[] = {
    FUNCTION_NAME_FIELD,
    QUALIFIER_FIELD,
    { .name = "InvocationType",
      .type = FIELD_STRING,
      .place = FIELD_IN_HEADER,
      .wire_name = "X-Amz-Invocation-Type",
      .values = invocation_types },
    { .name = "LogType",
      .type = FIELD_STRING,
      .place = FIELD_IN_HEADER,
      .wire_name = "X-Amz-Log-Type",
      .values = log_types },
    { .name = "ClientContext",
      .type = FIELD_STRING,
      .place = FIELD_IN_HEADER,
      .wire_name = "X-Amz-Client-Context",
      .length = BETWEEN(0, 3583) },
    { .name = "TraceId",
      .type = FIELD_STRING,
      .place = FIELD_IN_HEADER,
      .wire_name = "X-Amzn-Trace-Id" },
    { 0 },
};

static const struct field invoke_async_fields[] = { FUNCTION_NAME_FIELD, { 0 } };

const struct operation invoke_operations[] = {
    { .name = "Invoke",
      .route = "POST /2015-03-31/functions/{FunctionName}/invocations",
      .flags = OPERATION_RAW_PAYLOAD,
      .input = invoke_fields,
      .handle = invoke,
      .body_ceiling = PAYLOAD_MAX,
      .note = "Weights are drawn anew for each attempt of an Event." },
    { .name = "InvokeAsync",
      .route = "POST /2014-11-13/functions/{FunctionName}/invoke-async",
      .status = 202,
      .flags = OPERATION_RAW_PAYLOAD,
      .input = invoke_async_fields,
      .handle = invoke_async,
      .body_ceiling = PAYLOAD_MAX },
    { 0 },
};
