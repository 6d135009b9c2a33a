/*
 * The bodies that the platform writes where the function gave none.
 */
#include "runtime/conclusion.h"

#include "clock.h"
#include "runtime/channel.h"
#include "timestamp.h"
#include "xalloc.h"

struct conclusion conclusion_success(struct text payload)
{
    return (struct conclusion){ .end = INVOCATION_OK, .payload = payload };
}

struct conclusion conclusion_error(struct text body)
{
    return (struct conclusion){ .end = INVOCATION_ERROR, .payload = body };
}

static void take_body(struct conclusion *conclusion, char *takes_body)
{
    conclusion->owned = takes_body;
    conclusion->payload = text_from(takes_body);
}

struct conclusion conclusion_too_large(void)
{
    struct conclusion conclusion = { .end = INVOCATION_ERROR,
                                     .error_type = "Function.ResponseSizeTooLarge",
                                     .status = "error" };
    take_body(&conclusion, xformat("{\"errorMessage\":\"Response payload size exceeded maximum "
                                   "allowed payload size (%d bytes).\",\"errorType\":\"%s\"}",
                                   CHANNEL_PAYLOAD_MAX, conclusion.error_type));
    return conclusion;
}

struct conclusion conclusion_timeout(struct text request_id, int timeout_ms)
{
    struct conclusion conclusion = { .end = INVOCATION_TIMEOUT,
                                     .error_type = "Sandbox.Timedout",
                                     .status = "timeout" };
    take_body(&conclusion,
              xformat("{\"errorType\":\"%s\",\"errorMessage\":\"RequestId: %.*s Error: Task timed "
                      "out after %.2f seconds\"}",
                      conclusion.error_type, TEXT_ARGS(request_id), timeout_ms / 1000.0));
    char time[TIMESTAMP_SIZE];
    timestamp_print(clock_now_ms(), TIMESTAMP_ISO_MS, time);
    conclusion.remark = xformat("%s %.*s Task timed out after %.2f seconds\n\n", time,
                                TEXT_ARGS(request_id), timeout_ms / 1000.0);
    return conclusion;
}

struct conclusion conclusion_exit(struct text request_id, const char *error_type,
                                  const char *message)
{
    struct conclusion conclusion = { .end = INVOCATION_EXIT,
                                     .error_type = error_type,
                                     .status = "error" };
    take_body(&conclusion,
              xformat("{\"errorType\":\"%s\",\"errorMessage\":\"RequestId: %.*s Error: %s\"}",
                      error_type, TEXT_ARGS(request_id), message));
    conclusion.remark =
        xformat("RequestId: %.*s Error: %s\n%s\n", TEXT_ARGS(request_id), message, error_type);
    return conclusion;
}

void conclusion_clear(struct conclusion *conclusion)
{
    free(conclusion->owned);
    free(conclusion->remark);
    *conclusion = (struct conclusion){ 0 };
}
