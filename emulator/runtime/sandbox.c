/*
 * The life of one environment. All that happens to the process is told by its channel, its log
 * pipe, its exit (sandbox_reap) or the one timer, which means in STARTING the boot's limit, in
 * BUSY and SETTLING the deadline, and after last words the grace before the kill.
 *
 * Lambda repeats a boot that lasts longer than 10 s under the function's timeout. Here the boot
 * goes on, and the function's timeout counts from that moment.
 */
#include "runtime/sandbox.h"

#include <assert.h>

#include "clock.h"
#include "log.h"
#include "runtime/answer_stream.h"
#include "runtime/function_log.h"
#include "runtime/isolation.h"
#include "runtime/memory_use.h"
#include "runtime/outcome.h"
#include "runtime/package.h"
#include "runtime/process.h"
#include "runtime/sandbox_boot.h"
#include "runtime/watch.h"
#include "runtime/workspace.h"
#include "xalloc.h"

enum { INIT_MAX_MS = 10000, GRACE_MS = 2000, SAMPLE_US = 100 * 1000 };

enum end_reason { ENDED_ITSELF, ENDED_BY_TIMEOUT, ENDED_BY_MEMORY };

/* An error that the process reported before it exits. */
struct last_words {
    bool is_said;
    bool is_init;
    char *type;
    char *body;
    size_t body_size;
};

struct sandbox {
    const struct sandbox_host *host;
    const struct sandbox_plan *plan;
    void *owner;
    enum sandbox_state state;
    uv_timer_t timer;
    char *home;
    char *tmp;
    char *log_stream;
    struct booted process; /* pid 0: none */
    struct watch *log_watch;
    bool is_exiting; /* its last frames are being read */
    enum end_reason end_reason;
    struct last_words last_words;
    struct boot_failure boot_failure;
    int64_t boot_us; /* monotonic */
    bool is_late;    /* the boot has passed its limit */
    double init_ms;  /* of the boot, until it was reported; < 0 */
    struct job *job;
    struct answer_stream stream; /* of the job's answer */
    struct function_log log;
    int memory_used_mb;
    int64_t memory_sampled_us;
};

#define TO(state) (1u << (state))

static const struct {
    const char *name;
    unsigned next;
} states[SANDBOX_STATES] = {
    [SANDBOX_DOWN] = { "down", TO(SANDBOX_STARTING) | TO(SANDBOX_STOPPING) },
    [SANDBOX_STARTING] = { "starting", TO(SANDBOX_IDLE) | TO(SANDBOX_DOWN) | TO(SANDBOX_STOPPING) },
    [SANDBOX_IDLE] = { "idle", TO(SANDBOX_BUSY) | TO(SANDBOX_DOWN) | TO(SANDBOX_STOPPING) },
    [SANDBOX_BUSY] = { "busy", TO(SANDBOX_IDLE) | TO(SANDBOX_SETTLING) | TO(SANDBOX_DOWN) },
    [SANDBOX_SETTLING] = { "settling", TO(SANDBOX_IDLE) | TO(SANDBOX_DOWN) | TO(SANDBOX_STOPPING) },
    [SANDBOX_STOPPING] = { "stopping", 0 },
};

const char *sandbox_state_name(enum sandbox_state state)
{
    return states[state].name;
}

bool sandbox_state_allows(enum sandbox_state from, enum sandbox_state to)
{
    return states[from].next & TO(to);
}

enum sandbox_state sandbox_state(const struct sandbox *sandbox)
{
    return sandbox->state;
}

static void move(struct sandbox *sandbox, enum sandbox_state to)
{
    assert(sandbox_state_allows(sandbox->state, to));
    log_debug(sandbox->log_stream, "%s -> %s", states[sandbox->state].name, states[to].name);
    sandbox->state = to;
}

static void on_timer(uv_timer_t *timer);

static void set_timer(struct sandbox *sandbox, int delay_ms)
{
    /* libuv counts from the start of the turn. */
    uv_update_time(loop_uv(sandbox->host->loop));
    uv_timer_start(&sandbox->timer, on_timer, (uint64_t)delay_ms, 0);
}

static void sample_memory(struct sandbox *sandbox, struct memory_use *use_out)
{
    *use_out =
        memory_use_of(sandbox->process.pid, sandbox->process.is_isolated ? ISOLATION_PROCESSES : 0);
    sandbox->memory_sampled_us = clock_monotonic_us();
    int peak_mb = use_out->peak_mb;
    if (peak_mb > sandbox->plan->memory_mb)
        peak_mb = sandbox->plan->memory_mb;
    if (peak_mb > sandbox->memory_used_mb)
        sandbox->memory_used_mb = peak_mb;
}

static void kill_process(struct sandbox *sandbox, enum end_reason reason)
{
    struct memory_use use;
    sandbox->end_reason = reason;
    if (!sandbox->process.pid)
        return;
    sample_memory(sandbox, &use);
    process_kill(sandbox->process.pid);
}

void sandbox_check_memory(struct sandbox *sandbox)
{
    struct memory_use use;
    if (sandbox->state != SANDBOX_BUSY || sandbox->end_reason != ENDED_ITSELF ||
        clock_monotonic_us() - sandbox->memory_sampled_us < SAMPLE_US)
        return;
    sample_memory(sandbox, &use);
    if (use.now_mb > sandbox->plan->memory_mb)
        kill_process(sandbox, ENDED_BY_MEMORY);
}

static void on_log_readable(void *owner)
{
    struct sandbox *sandbox = owner;
    if (!function_log_read(&sandbox->log, sandbox->process.log_fd))
        watch_stop(&sandbox->log_watch);
}

static void forget_last_words(struct sandbox *sandbox)
{
    free(sandbox->last_words.type);
    free(sandbox->last_words.body);
    sandbox->last_words = (struct last_words){ 0 };
    free(sandbox->boot_failure.message);
    sandbox->boot_failure = (struct boot_failure){ 0 };
}

/* A boot that failed was part of the invocation that is charged with it. */
static double duration_of(const struct sandbox *sandbox, const struct outcome *outcome,
                          const struct job *job)
{
    if (outcome->end == INVOCATION_TIMEOUT)
        return sandbox->plan->timeout_ms;
    int64_t start_us = job->sent_us ? job->sent_us : sandbox->boot_us;
    return (double)(clock_monotonic_us() - start_us) / 1000;
}

static struct invocation_result make_result(struct sandbox *sandbox, const struct outcome *outcome,
                                            const struct job *job)
{
    double duration_ms = duration_of(sandbox, outcome, job);
    double init_ms = sandbox->init_ms;
    int64_t started_ms = job->sent_us ? job->started_ms : clock_now_ms() - (int64_t)duration_ms;
    struct function_report report = {
        .request_id = job->event.request_id,
        .invoked_arn = job->event.invoked_arn,
        .version = sandbox->plan->version,
        .started_ms = started_ms,
        .duration_ms = duration_ms,
        .billed_ms = duration_ms + (init_ms > 0 ? init_ms : 0),
        .init_ms = init_ms,
        .memory_mb = sandbox->plan->memory_mb,
        .memory_used_mb = sandbox->memory_used_mb,
        .produced_bytes = outcome->payload.size,
        .is_failure = outcome->end == INVOCATION_ERROR,
        .has_failed_boot = sandbox->state == SANDBOX_STARTING,
        .status = outcome->status,
        .error_type = outcome->end == INVOCATION_TIMEOUT ? NULL : outcome->error_type,
        .remark = outcome->remark,
    };
    struct text log = function_log_finish(&sandbox->log, &report);
    bool has_booted = init_ms >= 0 || sandbox->state == SANDBOX_STARTING;
    return (struct invocation_result){
        .end = outcome->end,
        .payload = (char *)outcome->payload.data,
        .payload_size = outcome->payload.size,
        .error_type = outcome->error_type,
        .duration_ms = duration_ms,
        .init_ms = init_ms,
        .memory_used_mb = sandbox->memory_used_mb,
        .started_ms = started_ms,
        .log = (char *)log.data,
        .log_size = log.size,
        .log_marks = &sandbox->log.texts,
        .init_log_marks = &sandbox->log.inits,
        .init_log = has_booted ? buffer_text(&sandbox->log.init) : TEXT(""),
        .log_stream = sandbox->log_stream,
        .is_streamed = sandbox->stream.is_open && job->on_chunk,
    };
}

/* Ends the job; the sandbox goes to `next`. */
static void conclude(struct sandbox *sandbox, struct outcome *outcome, enum sandbox_state next)
{
    struct job *job = sandbox->job;
    struct invocation_result result = make_result(sandbox, outcome, job);
    struct answer_stream stream = sandbox->stream; /* a new answer may begin meanwhile */
    sandbox->stream = (struct answer_stream){ 0 };
    sandbox->job = NULL;
    sandbox->init_ms = -1;
    move(sandbox, next);
    if (next == SANDBOX_IDLE)
        uv_timer_stop(&sandbox->timer);
    if (next != SANDBOX_SETTLING)
        sandbox->host->on_free(sandbox->owner);
    sandbox->host->on_done(job, &result, sandbox->owner);
    answer_stream_close(&stream);
    outcome_clear(outcome);
    free(job);
}

/* The process has answered. */
static void answer(struct sandbox *sandbox, struct outcome *outcome, enum channel_after after)
{
    struct memory_use use;
    bool stays = after == CHANNEL_ASKS && !sandbox->is_exiting;
    if (sandbox->log_watch)
        on_log_readable(sandbox); /* what it printed before it answered */
    if (!sandbox->is_exiting && clock_monotonic_us() - sandbox->memory_sampled_us >= SAMPLE_US)
        sample_memory(sandbox, &use);
    conclude(sandbox, outcome, stays ? SANDBOX_IDLE : SANDBOX_SETTLING);
}

static void hand_over(struct sandbox *sandbox)
{
    struct job *job = sandbox->job;
    if (sandbox->process.frames)
        frame_channel_send(sandbox->process.frames, (struct text){ job->frame, job->frame_size });
    else
        runtime_api_send(sandbox->process.api, job);
}

void sandbox_run(struct sandbox *sandbox, struct job *job)
{
    move(sandbox, SANDBOX_BUSY);
    sandbox->job = job;
    job_begin(job, sandbox->plan->timeout_ms);
    set_timer(sandbox, sandbox->plan->timeout_ms);
    hand_over(sandbox);
}

static void on_booted(struct sandbox *sandbox)
{
    sandbox->init_ms = (double)(clock_monotonic_us() - sandbox->boot_us) / 1000;
    if (sandbox->log_watch)
        on_log_readable(sandbox);
    function_log_end_init(&sandbox->log, sandbox->init_ms);
    log_debug(sandbox->log_stream, "booted in %.0f ms", sandbox->init_ms);
    move(sandbox, SANDBOX_IDLE);
    if (!sandbox->job) {
        uv_timer_stop(&sandbox->timer);
        sandbox->host->on_free(sandbox->owner);
        return;
    }
    move(sandbox, SANDBOX_BUSY); /* late: the job's time counts already, and its timer runs */
    hand_over(sandbox);
}

static void on_next(void *owner)
{
    struct sandbox *sandbox = owner;
    if (sandbox->is_exiting)
        return;
    if (sandbox->state == SANDBOX_STARTING) {
        on_booted(sandbox);
    } else if (sandbox->state == SANDBOX_SETTLING) {
        move(sandbox, SANDBOX_IDLE);
        uv_timer_stop(&sandbox->timer);
        sandbox->host->on_free(sandbox->owner);
    }
}

/* Whether an answer would be the job's: not after its deadline. */
static bool may_answer(const struct sandbox *sandbox)
{
    return sandbox->state == SANDBOX_BUSY && sandbox->end_reason == ENDED_ITSELF;
}

static void on_stream(struct text content_type, void *owner)
{
    struct sandbox *sandbox = owner;
    if (may_answer(sandbox))
        answer_stream_begin(&sandbox->stream, sandbox->job, content_type);
}

static void on_chunk(struct text bytes, void *owner)
{
    struct sandbox *sandbox = owner;
    if (may_answer(sandbox) && sandbox->stream.is_open)
        answer_stream_add(&sandbox->stream, sandbox->job, bytes);
}

static void on_stream_end(struct text type UNUSED, struct text body, enum channel_after after,
                          void *owner)
{
    struct sandbox *sandbox = owner;
    if (!may_answer(sandbox) || !sandbox->stream.is_open)
        return;
    struct outcome outcome = answer_stream_outcome(&sandbox->stream, sandbox->job, body);
    answer(sandbox, &outcome, after);
}

static void on_response(struct text payload, bool is_too_large, enum channel_after after,
                        void *owner)
{
    struct sandbox *sandbox = owner;
    if (!may_answer(sandbox))
        return;
    struct outcome outcome = is_too_large ? outcome_too_large() : outcome_success(payload);
    answer(sandbox, &outcome, after);
}

/* Keeps the words until the exit, and waits for that a short while. */
static void say_last_words(struct sandbox *sandbox, struct text type, struct text body,
                           bool is_init)
{
    struct memory_use use;
    forget_last_words(sandbox);
    sandbox->last_words = (struct last_words){
        .is_said = true,
        .is_init = is_init,
        .type = xstrndup(type.data, type.size),
        .body = xmemdup(body.data, body.size),
        .body_size = body.size,
    };
    if (sandbox->is_exiting)
        return;
    sample_memory(sandbox, &use);
    set_timer(sandbox, GRACE_MS);
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
    struct outcome outcome = outcome_error(body);
    answer(sandbox, &outcome, after);
}

static void on_init_error(struct text type, struct text body, void *owner)
{
    struct sandbox *sandbox = owner;
    if (sandbox->state == SANDBOX_STARTING && sandbox->end_reason == ENDED_ITSELF)
        say_last_words(sandbox, type, body, true);
}

static const struct channel_events channel_events = {
    .on_next = on_next,
    .on_response = on_response,
    .on_error = on_error,
    .on_stream = on_stream,
    .on_chunk = on_chunk,
    .on_stream_end = on_stream_end,
    .on_init_error = on_init_error,
};

static struct outcome explain_exit(const struct sandbox *sandbox, int status)
{
    struct text request_id = sandbox->job->event.request_id;
    const struct last_words *words = &sandbox->last_words;
    if (sandbox->boot_failure.message)
        return outcome_exit(request_id, sandbox->boot_failure.error_type,
                            sandbox->boot_failure.message);
    if (words->is_said) {
        struct outcome outcome = outcome_error((struct text){ words->body, words->body_size });
        outcome.error_type = words->is_init ? words->type : NULL;
        outcome.status = words->is_init ? "error" : NULL;
        return outcome;
    }
    if (sandbox->end_reason == ENDED_BY_TIMEOUT)
        return outcome_timeout(request_id, sandbox->plan->timeout_ms);
    if (sandbox->end_reason == ENDED_BY_MEMORY)
        return outcome_exit(request_id, "Runtime.OutOfMemory",
                            "Runtime exited with error: signal: killed");
    char text[PROCESS_REASON_SIZE];
    const char *reason = process_exit_reason(status, sandbox->process.is_isolated, text);
    if (!reason)
        return outcome_exit(request_id, "Runtime.ExitError",
                            "Runtime exited without providing a reason");
    CLEANUP(freep) char *message = xformat("Runtime exited with error: %s", reason);
    return outcome_exit(request_id, "Runtime.ExitError", message);
}

static void close_process(struct sandbox *sandbox)
{
    uv_timer_stop(&sandbox->timer);
    watch_stop(&sandbox->log_watch);
    process_close(&sandbox->process.log_fd);
    frame_channel_close(&sandbox->process.frames);
    runtime_api_stop(&sandbox->process.api);
    sandbox->process.pid = 0;
}

/* There is no process any more, or never was one. */
static void go_down(struct sandbox *sandbox, int status)
{
    if (sandbox->state == SANDBOX_STARTING && !sandbox->job)
        sandbox->job = sandbox->host->take_job(sandbox->owner);
    if (sandbox->job) {
        struct outcome outcome = explain_exit(sandbox, status);
        struct last_words words = sandbox->last_words;
        sandbox->last_words = (struct last_words){ 0 }; /* a new boot may begin meanwhile */
        forget_last_words(sandbox);
        conclude(sandbox, &outcome, SANDBOX_DOWN);
        free(words.type);
        free(words.body);
        return;
    }
    forget_last_words(sandbox);
    move(sandbox, SANDBOX_DOWN);
    sandbox->host->on_free(sandbox->owner);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct sandbox *sandbox = handle->data;
    function_log_clear(&sandbox->log);
    forget_last_words(sandbox);
    free(sandbox->log_stream);
    free(sandbox->home);
    free(sandbox->tmp);
    free(sandbox);
}

static void remove_directory(void *path)
{
    package_remove(path);
}

static void finish_stopping(struct sandbox *sandbox)
{
    loop_work(sandbox->host->loop, remove_directory, free, xstrdup(sandbox->home));
    sandbox->host->on_gone(sandbox->owner);
    uv_close((uv_handle_t *)&sandbox->timer, on_timer_closed);
}

void sandbox_reap(struct sandbox *sandbox)
{
    int status = 0;
    if (!sandbox->process.pid || !process_is_over(sandbox->process.pid, &status))
        return;
    sandbox->process.pid = 0;
    sandbox->is_exiting = true;
    if (sandbox->process.frames)
        frame_channel_drain(sandbox->process.frames);
    if (sandbox->log_watch)
        on_log_readable(sandbox);
    sandbox->is_exiting = false;
    close_process(sandbox);
    if (sandbox->state == SANDBOX_STOPPING)
        finish_stopping(sandbox);
    else
        go_down(sandbox, status);
}

/* The boot has lasted as long as it may without costing anybody's time. */
static void become_late(struct sandbox *sandbox)
{
    sandbox->is_late = true;
    sandbox->job = sandbox->host->take_job(sandbox->owner);
    if (!sandbox->job) {
        kill_process(sandbox, ENDED_BY_TIMEOUT);
        return;
    }
    job_begin(sandbox->job, sandbox->plan->timeout_ms);
    set_timer(sandbox, sandbox->plan->timeout_ms);
}

static void on_timer(uv_timer_t *timer)
{
    struct sandbox *sandbox = timer->data;
    if (sandbox->state == SANDBOX_STOPPING)
        finish_stopping(sandbox);
    else if (sandbox->boot_failure.message)
        go_down(sandbox, 0);
    else if (sandbox->state == SANDBOX_STARTING && !sandbox->is_late &&
             !sandbox->last_words.is_said)
        become_late(sandbox);
    else
        kill_process(sandbox, ENDED_BY_TIMEOUT);
}

void sandbox_start(struct sandbox *sandbox)
{
    struct boot_plan plan = {
        .loop = sandbox->host->loop,
        .plan = sandbox->plan,
        .runtime_directory = sandbox->host->runtime_directory,
        .tmp_directory = sandbox->tmp,
        .log_stream = sandbox->log_stream,
        .is_isolated = sandbox->host->is_isolated,
        .events = &channel_events,
        .owner = sandbox,
    };
    move(sandbox, SANDBOX_STARTING);
    sandbox->end_reason = ENDED_ITSELF;
    sandbox->is_late = false;
    sandbox->init_ms = -1;
    sandbox->memory_sampled_us = 0;
    sandbox->boot_us = clock_monotonic_us();
    struct function_log_owner owner = function_log_owner_of(sandbox->plan, sandbox->log_stream);
    function_log_begin_init(&sandbox->log, &owner);
    if (!boot(&plan, &sandbox->process, &sandbox->boot_failure)) {
        set_timer(sandbox, 0); /* told later, never inside the caller */
        return;
    }
    sandbox->log_watch = watch_start(sandbox->host->loop, sandbox->process.log_fd, UV_READABLE,
                                     on_log_readable, sandbox);
    set_timer(sandbox, INIT_MAX_MS);
}

struct sandbox *sandbox_create(const struct sandbox_host *host, const struct sandbox_plan *plan,
                               unsigned id, void *owner)
{
    struct error error = { 0 };
    struct sandbox *sandbox = xcalloc(1, sizeof(*sandbox));
    sandbox->host = host;
    sandbox->plan = plan;
    sandbox->owner = owner;
    sandbox->process.log_fd = -1;
    sandbox->init_ms = -1;
    sandbox->home = workspace_home(host->directory, id);
    sandbox->tmp = xformat("%s/tmp", sandbox->home);
    sandbox->log_stream = function_log_stream_name(plan);
    uv_timer_init(loop_uv(host->loop), &sandbox->timer);
    sandbox->timer.data = sandbox;
    if (!workspace_make_home(sandbox->home, &error))
        log_error(sandbox->log_stream, "%s", error.message);
    error_clear(&error);
    return sandbox;
}

void sandbox_discard(struct sandbox *sandbox)
{
    assert(!sandbox->job);
    move(sandbox, SANDBOX_STOPPING);
    if (sandbox->process.pid) {
        uv_timer_stop(&sandbox->timer);
        process_kill(sandbox->process.pid);
    } else {
        set_timer(sandbox, 0);
    }
}

void sandbox_destroy(struct sandbox *sandbox)
{
    if (sandbox->process.pid) {
        process_kill(sandbox->process.pid);
        process_wait(sandbox->process.pid);
    }
    if (sandbox->job) {
        struct job *job = sandbox->job;
        struct outcome outcome = outcome_exit(job->event.request_id, "Runtime.ExitError",
                                              "Runtime exited with error: signal: killed");
        struct invocation_result result = make_result(sandbox, &outcome, job);
        sandbox->job = NULL;
        sandbox->host->on_done(job, &result, sandbox->owner);
        answer_stream_close(&sandbox->stream);
        outcome_clear(&outcome);
        free(job);
    }
    close_process(sandbox);
    uv_close((uv_handle_t *)&sandbox->timer, on_timer_closed);
}
