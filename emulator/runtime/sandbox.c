/*
 * The life of one environment. All that happens to the process is told by its channel, its log
 * pipe, its exit (sandbox_reap) or the one timer, which means in STARTING the boot's limit, in
 * BUSY and SETTLING the deadline, and after last words the grace before the kill.
 *
 * Lambda repeats a boot that lasts longer than 10 s under the function's timeout. Here the boot
 * goes on, and the function's timeout counts from that moment.
 */
#include "runtime/sandbox.h"
#include "runtime/sandbox_parts.h"

#include <assert.h>

#include "clock.h"
#include "log.h"
#include "runtime/process.h"
#include "runtime/workspace.h"
#include "xalloc.h"

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

const char *sandbox_initialization_name(enum sandbox_initialization initialization)
{
    static const char *const names[] = {
        [SANDBOX_ON_DEMAND] = "on-demand",
        [SANDBOX_PROVISIONED] = "provisioned-concurrency",
        [SANDBOX_SNAP_START] = "snap-start",
    };
    return names[initialization];
}

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

pid_t sandbox_pid(const struct sandbox *sandbox)
{
    return sandbox->process.pid;
}

void sandbox_move(struct sandbox *sandbox, enum sandbox_state to)
{
    assert(sandbox_state_allows(sandbox->state, to));
    log_debug(sandbox->log_stream, "%s -> %s", states[sandbox->state].name, states[to].name);
    sandbox->state = to;
}

static void on_timer(uv_timer_t *timer);

void sandbox_set_timer(struct sandbox *sandbox, int delay_ms)
{
    /* libuv counts from the start of the turn. */
    uv_update_time(loop_uv(sandbox->host->loop));
    uv_timer_start(&sandbox->timer, on_timer, (uint64_t)delay_ms, 0);
}

void sandbox_hand_over(struct sandbox *sandbox)
{
    struct job *job = sandbox->job;
    if (sandbox->process.frames)
        frame_channel_send(sandbox->process.frames, (struct text){ job->frame, job->frame_size });
    else
        runtime_api_send(sandbox->process.api, job);
}

void sandbox_run(struct sandbox *sandbox, struct job *job)
{
    sandbox_move(sandbox, SANDBOX_BUSY);
    sandbox->job = job;
    sandbox->was_ahead = false;
    sandbox_resume_log(sandbox);
    job_set_deadline(job, sandbox->plan->timeout_ms);
    job_begin(job);
    sandbox_set_timer(sandbox, sandbox->plan->timeout_ms);
    sandbox_hand_over(sandbox);
}

/* The boot has lasted as long as it may without costing anybody's time. */
static void become_late(struct sandbox *sandbox)
{
    sandbox->is_late = true;
    sandbox->job = sandbox->host->take_job(sandbox->owner);
    if (!sandbox->job) {
        sandbox_kill(sandbox, ENDED_BY_TIMEOUT);
        return;
    }
    job_set_deadline(sandbox->job, sandbox->plan->timeout_ms);
    job_begin(sandbox->job);
    sandbox_set_timer(sandbox, sandbox->plan->timeout_ms);
}

/* The loop may have been busy elsewhere: what the process has said by now was in time. */
static bool has_gone_on(struct sandbox *sandbox)
{
    bool was_busy = sandbox->state == SANDBOX_BUSY;
    sandbox_listen(sandbox);
    if (was_busy && sandbox->state == SANDBOX_SETTLING)
        sandbox_set_timer(sandbox, sandbox->plan->timeout_ms); /* it asks when it is told */
    return uv_is_active((uv_handle_t *)&sandbox->timer) || sandbox->state == SANDBOX_IDLE ||
           sandbox->state == SANDBOX_STOPPING;
}

static void on_time_over(struct sandbox *sandbox)
{
    if (sandbox->state == SANDBOX_STARTING && !sandbox->is_late && !sandbox->last_words.is_said)
        become_late(sandbox);
    else if (sandbox_is_only_slow(sandbox))
        sandbox_be_slow(sandbox);
    else
        sandbox_kill(sandbox, ENDED_BY_TIMEOUT);
}

static void on_timer(uv_timer_t *timer)
{
    struct sandbox *sandbox = timer->data;
    if (sandbox->state == SANDBOX_STOPPING)
        sandbox_finish_stopping(sandbox);
    else if (sandbox->boot_failure.message)
        sandbox_go_down(sandbox, 0);
    else if (!has_gone_on(sandbox))
        on_time_over(sandbox);
}

void sandbox_start(struct sandbox *sandbox)
{
    struct boot_plan plan = {
        .loop = sandbox->host->loop,
        .plan = sandbox->plan,
        .runtime_directory = sandbox->host->runtime_directory,
        .api = sandbox->host->api,
        .home = sandbox->home,
        .tmp_directory = sandbox->tmp,
        .log_stream = sandbox->log_stream,
        .system_root = sandbox->host->system_root,
        .is_isolated = sandbox->host->is_isolated,
        .events = &sandbox_channel_events,
        .owner = sandbox,
    };
    sandbox_move(sandbox, SANDBOX_STARTING);
    sandbox->end_reason = ENDED_ITSELF;
    sandbox->is_late = false;
    sandbox->was_ahead = false;
    sandbox->init_ms = -1;
    sandbox->memory_sampled_us = 0;
    sandbox->tasks = 0;
    sandbox->boot_us = clock_monotonic_us();
    sandbox->boot_started_ms = clock_now_ms();
    struct function_log_owner owner = function_log_owner_of(sandbox->plan, sandbox->log_stream);
    function_log_begin_init(&sandbox->log, &owner);
    if (!boot(&plan, &sandbox->process, &sandbox->boot_failure)) {
        sandbox_set_timer(sandbox, 0); /* told later, never inside the caller */
        return;
    }
    sandbox->log_watch = watch_start(sandbox->host->loop, sandbox->process.log_fd, UV_READABLE,
                                     sandbox_read_log, sandbox);
    sandbox_set_timer(sandbox, boot_max_ms(sandbox->host, sandbox->plan));
}

struct sandbox *sandbox_create(const struct sandbox_host *host, const struct sandbox_plan *plan,
                               unsigned id, void *owner)
{
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
    return sandbox;
}

void sandbox_discard(struct sandbox *sandbox)
{
    assert(!sandbox->job);
    sandbox_move(sandbox, SANDBOX_STOPPING);
    if (sandbox->process.pid) {
        uv_timer_stop(&sandbox->timer);
        process_kill(sandbox->process.pid);
    } else {
        sandbox_set_timer(sandbox, 0);
    }
}

static void end_killed(struct sandbox *sandbox)
{
    struct job *job = sandbox->job;
    struct conclusion conclusion = conclusion_exit(job->event.request_id, "Runtime.ExitError",
                                                   "Runtime exited with error: signal: killed");
    struct invocation_result result = sandbox_make_result(sandbox, &conclusion, job);
    sandbox->job = NULL;
    sandbox->host->on_done(job, &result, sandbox->owner);
    answer_stream_close(&sandbox->stream);
    conclusion_clear(&conclusion);
    free(job);
}

void sandbox_destroy(struct sandbox *sandbox)
{
    if (sandbox->process.pid) {
        process_kill(sandbox->process.pid);
        process_wait(sandbox->process.pid);
        sandbox_kill_strays(sandbox, sandbox->process.pid);
    }
    if (sandbox->log_watch)
        sandbox_read_log(sandbox);
    if (sandbox->ahead.count)
        sandbox->host->on_returned(&sandbox->ahead, sandbox->owner);
    if (sandbox->job)
        end_killed(sandbox);
    sandbox_close_process(sandbox);
    uv_close((uv_handle_t *)&sandbox->timer, sandbox_on_timer_closed);
}
