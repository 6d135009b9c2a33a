/*
 * Invoke (lambda-api.md section 5). An invocation holds its call until it has ended; the reply
 * leaves after the journal was written.
 */
#include <stdlib.h>

#include "lambda/event_queue.h"
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/invocation.h"
#include "lambda/invoke_payload.h"
#include "lambda/settle.h"
#include "lambda/unsupported.h"
#include "xalloc.h"

enum {
    EVENT_PAYLOAD_MAX = 1048576,
    ASYNC_PAYLOAD_MAX = 262144,
};

static void on_end(const struct invocation_result *result, const struct invocation_run *run,
                   void *owner)
{
    struct call *call = owner;
    call_header(call, "Content-Type", "application/json");
    call_header(call, "X-Amz-Executed-Version", arena_copy(&call->arena, text_from(run->version)));
    call_header(call, "X-Amzn-Trace-Id", arena_copy(&call->arena, text_from(run->trace_id)));
    call_header(call, "x-amzn-Remapped-Content-Length", "0");
    if (result->end != INVOCATION_OK)
        call_header(call, "X-Amz-Function-Error", "Unhandled");
    if (invoke_wants_log(call)) {
        CLEANUP(freep) char *log = invoke_log_tail(result);
        call_header(call, "X-Amz-Log-Result", arena_copy(&call->arena, text_from(log)));
    }
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
    if (!invoke_read_client_context(call, &order.client_context) ||
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
    if (!function_name_read(call, &name) || !invoke_read_payload(call))
        return OUTCOME_FAULT;
    const struct target *target = target_get(lambda_of(call), &name, &call->error);
    if (!target || !unsupported_check(call) ||
        !settle_may_run(target->primary.is_pending, &call->error))
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
    if (!function_name_read(call, &name) || !invoke_read_payload(call))
        return OUTCOME_FAULT;
    const struct target *target = target_get(lambda_of(call), &name, &call->error);
    if (!target || !settle_may_run(target->primary.is_pending, &call->error))
        return OUTCOME_FAULT;
    return queue_if_small(call, ASYNC_PAYLOAD_MAX);
}

static const char *const invocation_types[] = { "RequestResponse", "Event", "DryRun", NULL };
static const struct field invoke_fields[] = {
    FUNCTION_NAME_FIELD, QUALIFIER_FIELD, INVOKE_FIELDS(invocation_types), { 0 }
};
static const struct field invoke_async_fields[] = { FUNCTION_NAME_FIELD, { 0 } };

const struct operation invoke_operations[] = {
    { .name = "Invoke",
      .route = "POST /2015-03-31/functions/{FunctionName}/invocations",
      .flags = OPERATION_RAW_PAYLOAD,
      .input = invoke_fields,
      .handle = invoke,
      .body_ceiling = INVOKE_PAYLOAD_MAX,
      .note = "Weights are drawn anew for each attempt of an Event." },
    { .name = "InvokeAsync",
      .route = "POST /2014-11-13/functions/{FunctionName}/invoke-async",
      .status = 202,
      .flags = OPERATION_RAW_PAYLOAD,
      .input = invoke_async_fields,
      .handle = invoke_async,
      .body_ceiling = INVOKE_PAYLOAD_MAX },
    { 0 },
};
