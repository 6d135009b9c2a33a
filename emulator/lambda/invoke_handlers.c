/*
 * Invoke (lambda-api.md section 5): the path from a request to the pool and back.
 *
 * An invocation holds its call until the pool is done with it. Then, in one turn: its record
 * goes to the journal, the same record to the metrics, and the call is finished; the reply
 * leaves after the journal was written.
 */
#include <stdio.h>
#include <stdlib.h>

#include "buffer.h"
#include "crypto.h"
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/metric_set.h"
#include "lambda/target.h"
#include "xalloc.h"

enum { PAYLOAD_MAX = 6291456, LOG_TAIL_MAX = 4096 };

struct held_invocation {
    struct lambda *lambda;
    struct call *call;
    struct invocation_record record;
    struct arena texts; /* what the record borrows from: the target may be gone at the end */
    bool wants_log;
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

static void keep_record(struct held_invocation *held, const struct target *target,
                        const struct target_version *version)
{
    struct arena *texts = &held->texts;
    held->record = (struct invocation_record){
        .account = arena_copy(texts, text_from(version->plan.account)),
        .region = arena_copy(texts, text_from(version->plan.region)),
        .function = arena_copy(texts, text_from(version->plan.function_name)),
        .resource = arena_copy(texts, text_from(target->resource)),
        .version = arena_copy(texts, text_from(version->plan.version)),
        .is_alias = target->is_alias,
    };
}

static void publish_record(struct held_invocation *held, const struct invocation_result *result)
{
    struct lambda *lambda = held->lambda;
    CLEANUP(buffer_clear) struct buffer bytes = { 0 };
    held->record.is_error = result->end != INVOCATION_OK;
    held->record.started_ms = result->started_ms;
    held->record.duration_ms = result->duration_ms;
    in_flight_end(lambda, &held->record);
    invocation_record_encode(&held->record, &bytes);
    journal_append(lambda->parts.journal, JOURNAL_INVOCATION, buffer_text(&bytes));
    invocation_record_publish(lambda, &held->record);
}

static void write_log_tail(struct call *call, const struct invocation_result *result)
{
    size_t skipped = result->log_size > LOG_TAIL_MAX ? result->log_size - LOG_TAIL_MAX : 0;
    struct text tail = { result->log + skipped, result->log_size - skipped };
    CLEANUP(freep) char *encoded = base64_encode(tail);
    call_header(call, "X-Amz-Log-Result", arena_copy(&call->arena, text_from(encoded)));
}

static void on_invocation_done(const struct invocation_result *result, void *owner)
{
    struct held_invocation *held = owner;
    struct call *call = held->call;
    publish_record(held, result);
    call_header(call, "Content-Type", "application/json");
    call_header(call, "X-Amz-Executed-Version",
                arena_copy(&call->arena, text_from(held->record.version)));
    call_header(call, "x-amzn-Remapped-Content-Length", "0");
    if (result->end != INVOCATION_OK)
        call_header(call, "X-Amz-Function-Error", "Unhandled");
    if (held->wants_log)
        write_log_tail(call, result);
    call->raw_body = xmemdup(result->payload, result->payload_size);
    call->raw_body_size = result->payload_size;
    arena_clear(&held->texts);
    free(held);
    call_finish(call, OUTCOME_OK);
}

/* The caller's trace header, or one of our own that is not sampled. */
static const char *trace_id(struct call *call)
{
    const char *given = json_text(call->input, "TraceId", NULL);
    if (given)
        return given;
    struct random_stream stream = random_stream_for(call->request_id);
    uint64_t root = random_next(&stream);
    return arena_format(&call->arena, "Root=1-%08x-%08x%016llx;Parent=%016llx;Sampled=0",
                        (unsigned)(random_next(&stream) >> 32), (unsigned)(root >> 32),
                        (unsigned long long)random_next(&stream),
                        (unsigned long long)random_next(&stream));
}

static enum outcome run(struct call *call, const struct target *target)
{
    const char *client_context;
    if (!read_client_context(call, &client_context))
        return OUTCOME_FAULT;
    const struct target_version *version = target_draw(target);
    struct held_invocation *held = xcalloc(1, sizeof(*held));
    held->lambda = lambda_of(call);
    held->call = call;
    held->wants_log = strcmp(json_text(call->input, "LogType", "None"), "Tail") == 0;
    keep_record(held, target, version);
    in_flight_begin(held->lambda, &held->record);
    struct invocation invocation = {
        .request_id = call->request_id,
        .invoked_arn = target->arn,
        .client_context = client_context,
        .trace_id = trace_id(call),
        .payload = call->payload,
        .on_done = on_invocation_done,
        .owner = held,
    };
    pool_submit(held->lambda->parts.pool, &version->plan, &invocation);
    return OUTCOME_LATER;
}

static enum outcome invoke(struct call *call)
{
    struct function_name name;
    const char *type = json_text(call->input, "InvocationType", "RequestResponse");
    if (!function_name_read(call, &name) || !payload_is_json(call))
        return OUTCOME_FAULT;
    const struct target *target = target_get(call, &name);
    if (!target)
        return OUTCOME_FAULT;
    if (strcmp(type, "DryRun") == 0) {
        call->status = 204;
        return OUTCOME_OK;
    }
    if (strcmp(type, "Event") == 0)
        return call_fault(call, &LAMBDA_NOT_IMPLEMENTED,
                          "Coalmine does not emulate Invoke with InvocationType Event yet; use "
                          "RequestResponse");
    return run(call, target);
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

const struct operation invoke_operations[] = {
    { .name = "Invoke",
      .route = "POST /2015-03-31/functions/{FunctionName}/invocations",
      .flags = OPERATION_RAW_PAYLOAD,
      .input = invoke_fields,
      .handle = invoke,
      .body_ceiling = PAYLOAD_MAX,
      .note = "InvocationType RequestResponse and DryRun." },
    { 0 },
};
