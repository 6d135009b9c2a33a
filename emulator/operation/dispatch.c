/*
 * A call's life: validate, savepoint, handler, savepoint's end, finish. The only place that
 * begins and ends savepoints for calls.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#include "arn.h"
#include "log.h"
#include "operation/operation.h"
#include "store/store.h"
#include "xalloc.h"

enum { FIRST_HEADERS = 8 };

void call_header(struct call *call, const char *name, const char *value)
{
    if (call->header_count == call->header_room)
        call->headers = arena_grow(&call->arena, call->headers, &call->header_room, FIRST_HEADERS,
                                   sizeof(*call->headers));
    call->headers[call->header_count++] = (struct call_header){ name, value };
}

const char *call_caller_arn(struct call *call, const char *region)
{
    return call->caller.arn ? call->caller.arn : arn_of_caller(&call->arena, region, call->account);
}

const char *call_caller_id(const struct call *call)
{
    return call->caller.user_id ? call->caller.user_id : CALLER_USER_ID;
}

cJSON *call_output(struct call *call)
{
    if (!call->output)
        call->output = cJSON_CreateObject();
    return call->output;
}

enum outcome call_fault(struct call *call, const struct fault *fault, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = xvformat(format, arguments);
    va_end(arguments);
    error_set(&call->error, fault, "%s", message);
    free(message);
    return OUTCOME_FAULT;
}

/* No savepoint outlives a turn: a handler that answers OUTCOME_LATER has written nothing yet. */
enum outcome call_write(struct call *call, operation_handler *handler)
{
    store_begin_call(call->store);
    enum outcome outcome = handler(call);
    if (!store_end_call(call->store, outcome == OUTCOME_OK, &call->error)) {
        assert(outcome != OUTCOME_LATER);
        return OUTCOME_FAULT;
    }
    return outcome;
}

static enum outcome read_only(struct call *call, operation_handler *handler)
{
    store_begin_reading(call->store);
    enum outcome outcome = handler(call);
    bool is_told = outcome == OUTCOME_FAULT && !call->error.fault; /* as our own fault */
    bool is_good =
        outcome == OUTCOME_LATER || is_told || store_end_reading(call->store, &call->error);
    return is_good ? outcome : OUTCOME_FAULT;
}

static enum outcome run_handler(struct call *call, operation_handler *handler)
{
    bool writes = call->operation->flags & OPERATION_WRITES;
    return writes ? call_write(call, handler) : read_only(call, handler);
}

void dispatch(struct call *call)
{
    if (call_validate(call))
        call_continue(call, call->operation->handle);
    else
        call_finish(call, OUTCOME_FAULT);
}

void call_continue(struct call *call, operation_handler *handler)
{
    enum outcome outcome = run_handler(call, handler);
    if (outcome != OUTCOME_LATER)
        call_finish(call, outcome);
}

void call_stream(struct call *call, struct text bytes)
{
    call->on_stream(call, bytes);
    call->is_streaming = true;
}

void call_finish(struct call *call, enum outcome outcome)
{
    assert(outcome != OUTCOME_LATER);
    if (outcome == OUTCOME_FAULT && !call->error.fault) {
        log_error(call->service->name, "%s %s failed: %s", call->operation->name, call->request_id,
                  call->error.message ? call->error.message : "no reason given");
        call->error.fault = call->service->internal_fault;
    }
    call->on_finish(call, outcome);
}
