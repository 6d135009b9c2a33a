/*
 * InvokeWithResponseStream (lambda-api.md section 9.1): the answer leaves piece by piece, as
 * events, while the function still runs.
 */
#include <stdlib.h>

#include "buffer.h"
#include "lambda/function_handlers.h"
#include "lambda/invocation.h"
#include "lambda/invoke_payload.h"
#include "lambda/unsupported.h"
#include "operation/event_stream.h"
#include "xalloc.h"

static const char bytes_type[] = "application/octet-stream";
static const char truncated[] = "Runtime.TruncatedResponse";

static void begin(struct call *call, const char *version, const char *content_type)
{
    call_header(call, "Content-Type", "application/vnd.amazon.eventstream");
    call_header(call, "X-Amz-Executed-Version", arena_copy(&call->arena, text_from(version)));
    if (*content_type)
        call_header(call, "X-Amzn-Remapped-Content-Type", content_type);
    call_stream(call, TEXT(""));
}

static void on_stream(struct text content_type, const char *version, void *owner)
{
    struct call *call = owner;
    begin(call, version, arena_copy(&call->arena, content_type));
}

static void on_chunk(struct text bytes, void *owner)
{
    CLEANUP(buffer_clear) struct buffer event = { 0 };
    event_stream_add(&event, "PayloadChunk", bytes_type, bytes);
    call_stream(owner, buffer_text(&event));
}

/* What clients of AWS report: without a stream the word that Invoke uses, in the middle of one the
 * error's type; of an answer that broke off there only that something is missing. */
static void set_error(cJSON *completion, const struct invocation_result *result)
{
    struct text body = { result->payload, result->payload_size };
    CLEANUP(json_deletep) cJSON *error = json_parse_mended(body);
    const char *code = "Unhandled";
    if (result->is_streamed)
        code = result->end == INVOCATION_EXIT ? truncated : json_text(error, "errorType", code);
    json_set_text(completion, "ErrorCode", code);
    if (strcmp(code, truncated) == 0)
        return;
    CLEANUP(buffer_clear) struct buffer details = { 0 };
    buffer_add_as_utf8(&details, body); /* a custom runtime may say anything */
    json_set_text(completion, "ErrorDetails", buffer_text(&details).data);
}

/* The last event: what went wrong, if anything did, and the log's tail, if it was asked for. */
static char *make_completion(struct call *call, const struct invocation_result *result)
{
    CLEANUP(json_deletep) cJSON *completion = cJSON_CreateObject();
    if (result->end != INVOCATION_OK)
        set_error(completion, result);
    if (invoke_wants_log(call)) {
        CLEANUP(freep) char *log = invoke_log_tail(result);
        json_set_text(completion, "LogResult", log);
    }
    return json_print(completion);
}

static void on_end(const struct invocation_result *result, const struct invocation_run *run,
                   void *owner)
{
    struct call *call = owner;
    struct buffer events = { 0 };
    CLEANUP(freep) char *completion = make_completion(call, result);
    if (!call->is_streaming)
        begin(call, run->version, "");
    if (!result->is_streamed && result->end == INVOCATION_OK)
        event_stream_add(&events, "PayloadChunk", bytes_type,
                         (struct text){ result->payload, result->payload_size });
    event_stream_add(&events, "InvokeComplete", "application/json", text_from(completion));
    call->raw_body = buffer_take(&events, &call->raw_body_size);
    call_finish(call, OUTCOME_OK);
}

static enum outcome invoke_with_response_stream(struct call *call)
{
    struct function_name name;
    struct invocation_order order = {
        .request_id = call->request_id,
        .trace_id = json_text(call->input, "TraceId", NULL),
        .on_stream = on_stream,
        .on_chunk = on_chunk,
        .flow = &call->flow,
        .on_end = on_end,
        .owner = call,
    };
    if (!function_name_read(call, &name) || !invoke_read_payload(call))
        return OUTCOME_FAULT;
    order.payload = call->payload;
    const struct target *target = target_get(lambda_of(call), &name, &call->error);
    if (!target || !unsupported_check(call))
        return OUTCOME_FAULT;
    if (strcmp(json_text(call->input, "InvocationType", ""), "DryRun") == 0) {
        call->status = 204;
        return OUTCOME_OK;
    }
    if (!invoke_read_client_context(call, &order.client_context) ||
        !invocation_start(lambda_of(call), target, &order, &call->error))
        return OUTCOME_FAULT;
    return OUTCOME_LATER;
}

static const char *const invocation_types[] = { "RequestResponse", "DryRun", NULL };
static const struct field stream_fields[] = {
    FUNCTION_NAME_FIELD, QUALIFIER_FIELD, INVOKE_FIELDS(invocation_types), { 0 }
};

const struct operation stream_operations[] = {
    { .name = "InvokeWithResponseStream",
      .route = "POST /2021-11-15/functions/{FunctionName}/response-streaming-invocations",
      .flags = OPERATION_RAW_PAYLOAD,
      .input = stream_fields,
      .handle = invoke_with_response_stream,
      .body_ceiling = INVOKE_PAYLOAD_MAX,
      .note =
          "ErrorCode is `Unhandled` before the first piece, then the error's type. Bandwidth is "
          "not limited." },
    { 0 },
};
