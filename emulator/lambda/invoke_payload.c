#include "lambda/invoke_payload.h"

#include <stdlib.h>

#include "buffer.h"
#include "crypto.h"
#include "lambda/faults.h"
#include "runtime/function_log.h"
#include "xalloc.h"

enum { LOG_TAIL_MAX = 4096 };

const char *const invoke_log_types[] = { "None", "Tail", NULL };

bool invoke_read_payload(struct call *call)
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

bool invoke_read_client_context(struct call *call, const char **context_out)
{
    const char *header = json_text(call->input, "ClientContext", NULL);
    struct json_fault fault;
    size_t size;
    *context_out = NULL;
    if (!header)
        return true;
    CLEANUP(freep) char *json = base64_decode(text_from(header), &size);
    struct text text = { json, json ? size : 0 };
    if (!json || strlen(json) != size || !text_starts_with(text_trimmed(text), "{") ||
        !json_check(text, &fault))
        return error_set(&call->error, &LAMBDA_INVALID_REQUEST_CONTENT,
                         "Client context must be a valid Base64-encoded JSON object.");
    *context_out = arena_copy(&call->arena, text);
    return true;
}

bool invoke_wants_log(const struct call *call)
{
    return strcmp(json_text(call->input, "LogType", "None"), "Tail") == 0;
}

char *invoke_log_tail(const struct invocation_result *result)
{
    CLEANUP(buffer_clear) struct buffer log = { 0 };
    function_log_add_plain(&log, (struct text){ result->log, result->log_size });
    size_t skipped = log.size > LOG_TAIL_MAX ? log.size - LOG_TAIL_MAX : 0;
    return base64_encode((struct text){ log.data + skipped, log.size - skipped });
}
