/*
 * A job ends: duration, log, REPORT line, and who is told in which order.
 */
#include "runtime/sandbox_parts.h"

#include <math.h>

#include "clock.h"

static double ms_since(int64_t start_us)
{
    return (double)(clock_monotonic_us() - start_us) / 1000;
}

/* A boot that failed was part of the invocation that is charged with it. */
static double duration_of(const struct sandbox *sandbox, const struct conclusion *conclusion,
                          const struct job *job)
{
    if (conclusion->end == INVOCATION_TIMEOUT)
        return sandbox->plan->timeout_ms;
    return ms_since(job->sent_us ? job->sent_us : sandbox->boot_us);
}

/* What is billed besides the duration: of a boot that was late, the part before it cost the job's
 * time. */
static double billed_boot_of(const struct sandbox *sandbox, const struct job *job)
{
    double before_ms = (double)(job->sent_us - sandbox->boot_us) / 1000;
    return sandbox->init_ms > 0 ? fmin(sandbox->init_ms, before_ms) : 0;
}

/* As the process says; it says nothing when it dies, and of long ones only that they are. */
static double handler_ms_of(const struct sandbox *sandbox, double duration_ms)
{
    const struct frame_channel *frames = sandbox->process.frames;
    int handler_us = frames ? frame_channel_handler_us(frames) : FRAME_HANDLER_US_MAX;
    return handler_us < FRAME_HANDLER_US_MAX ? (double)handler_us / 1000 : duration_ms;
}

struct invocation_result sandbox_make_result(struct sandbox *sandbox,
                                             const struct conclusion *conclusion,
                                             const struct job *job)
{
    double duration_ms = duration_of(sandbox, conclusion, job);
    double init_ms = sandbox->init_ms;
    int64_t started_ms = job->sent_us ? job->started_ms : sandbox->boot_started_ms;
    struct function_report report = {
        .request_id = job->event.request_id,
        .invoked_arn = job->event.invoked_arn,
        .version = sandbox->plan->version,
        .started_ms = started_ms,
        .duration_ms = duration_ms,
        .billed_ms = duration_ms + billed_boot_of(sandbox, job),
        .init_ms = init_ms,
        .memory_mb = sandbox->plan->memory_mb,
        .memory_used_mb = sandbox->memory_used_mb,
        .produced_bytes = answer_stream_produced(&sandbox->stream, conclusion),
        .is_failure = conclusion->end == INVOCATION_ERROR,
        .has_failed_boot = sandbox->state == SANDBOX_STARTING,
        .failed_boot_ms = ms_since(sandbox->boot_us),
        .status = conclusion->status,
        .error_type = conclusion->end == INVOCATION_TIMEOUT ? NULL : conclusion->error_type,
        .remark = conclusion->remark,
    };
    enum function_log_rest rest =
        sandbox->ahead.count ? FUNCTION_LOG_REST_IS_OTHERS : FUNCTION_LOG_REST_IS_ITS;
    struct text log = function_log_finish(&sandbox->log, &report, rest);
    bool has_booted = init_ms >= 0 || sandbox->state == SANDBOX_STARTING;
    return (struct invocation_result){
        .end = conclusion->end,
        .payload = (char *)conclusion->payload.data,
        .payload_size = conclusion->payload.size,
        .error_type = conclusion->error_type,
        .duration_ms = duration_ms,
        .handler_ms = handler_ms_of(sandbox, duration_ms),
        .init_ms = init_ms,
        .memory_used_mb = sandbox->memory_used_mb,
        .started_ms = started_ms,
        .log = (char *)log.data,
        .log_size = log.size,
        .log_marks = &sandbox->log.texts,
        .init_log_marks = &sandbox->log.inits,
        .init_log = has_booted ? buffer_text(&sandbox->log.init) : TEXT(""),
        .log_stream = sandbox->log_stream,
        .has_unmarked = sandbox->log.has_unmarked,
        .is_streamed = sandbox->stream.is_open && job->on_chunk,
    };
}

static void go_to(struct sandbox *sandbox, enum sandbox_state next)
{
    sandbox_move(sandbox, next);
    if (next == SANDBOX_IDLE)
        uv_timer_stop(&sandbox->timer);
    if (next != SANDBOX_SETTLING)
        sandbox->host->on_free(sandbox->owner);
}

void sandbox_conclude(struct sandbox *sandbox, struct conclusion *conclusion,
                      enum sandbox_state next)
{
    struct job *job = sandbox->job;
    struct invocation_result result = sandbox_make_result(sandbox, conclusion, job);
    struct answer_stream stream = sandbox->stream; /* a new answer may begin meanwhile */
    sandbox->stream = (struct answer_stream){ 0 };
    struct function_log taken = function_log_take_init(&sandbox->log); /* and a new boot */
    result.init_log_marks = &taken.inits;
    sandbox->job = NULL;
    if (job->flow)
        job->flow->on_room = NULL;
    sandbox->init_ms = -1;
    if (next == SANDBOX_BUSY)
        sandbox_advance(sandbox);
    else
        go_to(sandbox, next);
    sandbox->host->on_done(job, &result, sandbox->owner);
    function_log_clear(&taken);
    answer_stream_close(&stream);
    conclusion_clear(conclusion);
    free(job);
}
