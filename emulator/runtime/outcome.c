/*
 * The bodies that the platform writes where the function gave none.
 */
#include "runtime/outcome.h"

#include "clock.h"
#include "runtime/channel.h"
#include "timestamp.h"
#include "xalloc.h"

struct outcome outcome_success(struct text payload)
{
    return (struct outcome){ .end = INVOCATION_OK, .payload = payload };
}

struct outcome outcome_error(struct text body)
{
    return (struct outcome){ .end = INVOCATION_ERROR, .payload = body };
}

static void take_body(struct outcome *outcome, char *takes_body)
{
    outcome->owned = takes_body;
    outcome->payload = text_from(takes_body);
}

struct outcome outcome_too_large(void)
{
    struct outcome outcome = { .end = INVOCATION_ERROR,
                               .error_type = "Function.ResponseSizeTooLarge",
                               .status = "error" };
    take_body(&outcome, xformat("{\"errorMessage\":\"Response payload size exceeded maximum "
                                "allowed payload size (%d bytes).\",\"errorType\":\"%s\"}",
                                CHANNEL_PAYLOAD_MAX, outcome.error_type));
    return outcome;
}

struct outcome outcome_timeout(struct text request_id, int timeout_ms)
{
    struct outcome outcome = { .end = INVOCATION_TIMEOUT,
                               .error_type = "Sandbox.Timedout",
                               .status = "timeout" };
    take_body(&outcome,
              xformat("{\"errorType\":\"%s\",\"errorMessage\":\"RequestId: %.*s Error: Task timed "
                      "out after %.2f seconds\"}",
                      outcome.error_type, TEXT_ARGS(request_id), timeout_ms / 1000.0));
    char time[TIMESTAMP_SIZE];
    timestamp_print(clock_now_ms(), TIMESTAMP_ISO_MS, time);
    outcome.remark = xformat("%s %.*s Task timed out after %.2f seconds\n\n", time,
                             TEXT_ARGS(request_id), timeout_ms / 1000.0);
    return outcome;
}

struct outcome outcome_exit(struct text request_id, const char *error_type, const char *message)
{
    struct outcome outcome = { .end = INVOCATION_EXIT,
                               .error_type = error_type,
                               .status = "error" };
    take_body(&outcome,
              xformat("{\"errorType\":\"%s\",\"errorMessage\":\"RequestId: %.*s Error: %s\"}",
                      error_type, TEXT_ARGS(request_id), message));
    outcome.remark =
        xformat("RequestId: %.*s Error: %s\n%s\n", TEXT_ARGS(request_id), message, error_type);
    return outcome;
}

void outcome_clear(struct outcome *outcome)
{
    free(outcome->owned);
    free(outcome->remark);
    *outcome = (struct outcome){ 0 };
}
