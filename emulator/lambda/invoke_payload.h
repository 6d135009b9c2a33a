/*
 * What Invoke and InvokeWithResponseStream have in common: rows, payload, client context, log.
 */
#ifndef COALMINE_INVOKE_PAYLOAD_H
#define COALMINE_INVOKE_PAYLOAD_H

#include "compiler.h"
#include "operation/operation.h"
#include "runtime/pool.h"

/* Bytes of an event that somebody waits with for the answer, and of all other requests that bring
 * no code. */
enum { INVOKE_PAYLOAD_MAX = 6291456 };

extern const char *const invoke_log_types[];

#define INVOKE_FIELDS(invocation_types)                                                            \
    { .name = "InvocationType",                                                                    \
      .type = FIELD_STRING,                                                                        \
      .place = FIELD_IN_HEADER,                                                                    \
      .wire_name = "X-Amz-Invocation-Type",                                                        \
      .values = (invocation_types) },                                                              \
        { .name = "LogType",                                                                       \
          .type = FIELD_STRING,                                                                    \
          .place = FIELD_IN_HEADER,                                                                \
          .wire_name = "X-Amz-Log-Type",                                                           \
          .values = invoke_log_types },                                                            \
        { .name = "ClientContext",                                                                 \
          .type = FIELD_STRING,                                                                    \
          .place = FIELD_IN_HEADER,                                                                \
          .wire_name = "X-Amz-Client-Context",                                                     \
          .length = BETWEEN(0, 3583) },                                                            \
        { .name = "DurableExecutionName",                                                          \
          .type = FIELD_STRING,                                                                    \
          .place = FIELD_IN_HEADER,                                                                \
          .wire_name = "X-Amz-Durable-Execution-Name",                                             \
          .length = BETWEEN(1, 64),                                                                \
          .pattern = "[a-zA-Z0-9-_]+" },                                                           \
        { .name = "TenantId",                                                                      \
          .type = FIELD_STRING,                                                                    \
          .place = FIELD_IN_HEADER,                                                                \
          .wire_name = "X-Amz-Tenant-Id",                                                          \
          .length = BETWEEN(1, 256),                                                               \
          .pattern = "[a-zA-Z0-9\\._:\\/=+\\-@ ]+" },                                              \
    {                                                                                              \
        .name = "TraceId", .type = FIELD_STRING, .place = FIELD_IN_HEADER,                         \
        .wire_name = "X-Amzn-Trace-Id"                                                             \
    }

/* Checks that call->payload is JSON; an empty one becomes {}. False with the fault. */
MUST_CHECK bool invoke_read_payload(struct call *call);

/* The client context's JSON, decoded from its header, in the arena; NULL if there is none. */
MUST_CHECK bool invoke_read_client_context(struct call *call, const char **context_out);

/* LogType is Tail. */
bool invoke_wants_log(const struct call *call);
/* The last 4 KB of the invocation's log in base64; owned by the caller. */
char *invoke_log_tail(const struct invocation_result *result);

#endif
