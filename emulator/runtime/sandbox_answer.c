/*
 * What the function process says, in whichever state its sandbox is.
 */
#include "runtime/sandbox_parts.h"

#include "clock.h"
#include "log.h"
#include "xalloc.h"

/* What prints more while nothing runs waits for the next invocation, as all does on Lambda. */
enum { IDLE_LOG_MAX = 64 * 1024 };

enum { GRACE_MS = 2000 };

void sandbox_read_log(void *owner)
{
    struct sandbox *sandbox = owner;
    if (!function_log_read(&sandbox->log, sandbox->process.log_fd)) {
        watch_stop(&sandbox->log_watch);
    } else if (sandbox->state == SANDBOX_IDLE && sandbox->log.lines.size > IDLE_LOG_MAX) {
        watch_pause(sandbox->log_watch);
        sandbox->is_log_paused = true;
    }
}

void sandbox_resume_log(struct sandbox *sandbox)
{
    if (sandbox->is_log_paused && sandbox->log_watch)
        watch_resume(sandbox->log_watch);
    sandbox->is_log_paused = false;
}

void sandbox_listen(struct sandbox *sandbox)
{
    if (sandbox->process.frames)
        frame_channel_listen(sandbox->process.frames);
    else if (sandbox->process.api)
        runtime_api_listen(sandbox->process.api);
}

void sandbox_forget_last_words(struct sandbox *sandbox)
{
    free(sandbox->last_words.type);
    free(sandbox->last_words.body);
    sandbox->last_words = (struct last_words){ 0 };
    free(sandbox->boot_failure.message);
    sandbox->boot_failure = (struct boot_failure){ 0 };
}

/* The process has answered. */
static void answer(struct sandbox *sandbox, struct conclusion *conclusion, enum channel_after after)
{
    enum sandbox_state next = SANDBOX_SETTLING;
    if (after == CHANNEL_ASKS && sandbox->ahead.count)
        next = SANDBOX_BUSY;
    else if (after == CHANNEL_ASKS && !sandbox->is_exiting)
        next = SANDBOX_IDLE;
    if (sandbox->log_watch)
        sandbox_read_log(sandbox); /* what it printed before it answered */
    sandbox_sample_at_answer(sandbox);
    sandbox_conclude(sandbox, conclusion, next);
}

static void on_booted(struct sandbox *sandbox)
{
    sandbox->init_ms = (double)(clock_monotonic_us() - sandbox->boot_us) / 1000;
    if (sandbox->log_watch)
        sandbox_read_log(sandbox);
    function_log_end_init(&sandbox->log, sandbox->init_ms);
    sandbox_sample_memory(sandbox); /* it may end before anything else is measured */
    sandbox->memory_sampled_us = 0; /* what was there during the boot says little */
    log_debug(sandbox->log_stream, "booted in %.0f ms", sandbox->init_ms);
    sandbox_move(sandbox, SANDBOX_IDLE);
    if (!sandbox->job) {
        uv_timer_stop(&sandbox->timer);
        sandbox->host->on_free(sandbox->owner);
        return;
    }
    /* Late: the job's time counts already, and its timer runs. */
    sandbox_move(sandbox, SANDBOX_BUSY);
    sandbox_hand_over(sandbox);
}

static void on_next(void *owner)
{
    struct sandbox *sandbox = owner;
    if (sandbox->is_exiting || sandbox->end_reason != ENDED_ITSELF) /* it is on its way out */
        return;
    if (sandbox->state == SANDBOX_STARTING) {
        on_booted(sandbox);
    } else if (sandbox->state == SANDBOX_SETTLING) {
        sandbox_move(sandbox, SANDBOX_IDLE);
        uv_timer_stop(&sandbox->timer);
        sandbox->host->on_free(sandbox->owner);
    }
}

static void on_repeat(void *owner)
{
    struct sandbox *sandbox = owner;
    if (sandbox->job)
        sandbox_hand_over(sandbox);
}

/* Whether an answer would be the job's: not after its deadline. */
static bool may_answer(const struct sandbox *sandbox)
{
    return sandbox->state == SANDBOX_BUSY && sandbox->end_reason == ENDED_ITSELF;
}

static void on_stream(struct text content_type, void *owner)
{
    struct sandbox *sandbox = owner;
    if (may_answer(sandbox) && !sandbox->stream.is_open)
        answer_stream_begin(&sandbox->stream, sandbox->job, content_type);
}

static void on_room(void *owner)
{
    struct sandbox *sandbox = owner;
    if (sandbox->process.frames)
        frame_channel_resume(sandbox->process.frames);
    else if (sandbox->process.api)
        runtime_api_resume(sandbox->process.api);
}

static bool on_chunk(struct text bytes, void *owner)
{
    struct sandbox *sandbox = owner;
    if (!may_answer(sandbox) || !sandbox->stream.is_open)
        return true;
    struct flow *flow = sandbox->job->flow;
    answer_stream_add(&sandbox->stream, sandbox->job, bytes);
    if (!flow || !flow->is_full)
        return true;
    flow->on_room = on_room;
    flow->owner = sandbox;
    return false;
}

static void on_stream_end(struct text type UNUSED, struct text body, enum channel_after after,
                          void *owner)
{
    struct sandbox *sandbox = owner;
    if (!may_answer(sandbox) || !sandbox->stream.is_open)
        return;
    struct conclusion conclusion = answer_stream_conclusion(&sandbox->stream, sandbox->job, body);
    answer(sandbox, &conclusion, after);
}

static void on_response(struct text payload, bool is_too_large, enum channel_after after,
                        void *owner)
{
    struct sandbox *sandbox = owner;
    if (!may_answer(sandbox))
        return;
    struct conclusion conclusion =
        is_too_large ? conclusion_too_large() : conclusion_success(payload);
    answer(sandbox, &conclusion, after);
}

/* Keeps the words until the exit, and waits for that a short while; those that were sent ahead do
 * not. */
static void say_last_words(struct sandbox *sandbox, struct text type, struct text body,
                           bool is_init)
{
    sandbox_forget_last_words(sandbox);
    sandbox->last_words = (struct last_words){
        .is_said = true,
        .is_init = is_init,
        .type = xstrndup(type.data, type.size),
        .body = xmemdup(body.data, body.size),
        .body_size = body.size,
    };
    if (sandbox->is_exiting)
        return;
    if (sandbox->ahead.count)
        sandbox_be_slow(sandbox);
    sandbox_sample_memory(sandbox);
    sandbox_set_timer(sandbox, GRACE_MS);
}

static void on_error(struct text type, struct text body, enum channel_after after, void *owner)
{
    struct sandbox *sandbox = owner;
    if (!may_answer(sandbox))
        return;
    if (after == CHANNEL_EXITS) {
        say_last_words(sandbox, type, body, false);
        return;
    }
    struct conclusion conclusion = conclusion_error(body);
    answer(sandbox, &conclusion, after);
}

static void on_init_error(struct text type, struct text body, void *owner)
{
    struct sandbox *sandbox = owner;
    if (sandbox->state == SANDBOX_STARTING && sandbox->end_reason == ENDED_ITSELF)
        say_last_words(sandbox, type, body, true);
}

const struct channel_events sandbox_channel_events = {
    .on_next = on_next,
    .on_response = on_response,
    .on_error = on_error,
    .on_stream = on_stream,
    .on_chunk = on_chunk,
    .on_stream_end = on_stream_end,
    .on_init_error = on_init_error,
    .on_repeat = on_repeat,
};
