/*
 * The process ends, by itself or killed.
 */
#include "runtime/sandbox_parts.h"

#include "loop/loop.h"
#include "runtime/package.h"
#include "runtime/process.h"
#include "runtime/strays.h"
#include "xalloc.h"

void sandbox_kill(struct sandbox *sandbox, enum end_reason reason)
{
    if (sandbox->end_reason == ENDED_ITSELF) /* else it is on its way out */
        sandbox->end_reason = reason;
    if (!sandbox->process.pid)
        return;
    sandbox_sample_memory(sandbox);
    process_kill(sandbox->process.pid);
}

static struct conclusion explain_exit(const struct sandbox *sandbox, int status)
{
    struct text request_id = sandbox->job->event.request_id;
    const struct last_words *words = &sandbox->last_words;
    if (sandbox->boot_failure.message)
        return conclusion_exit(request_id, sandbox->boot_failure.error_type,
                               sandbox->boot_failure.message);
    if (words->is_said) {
        struct conclusion conclusion =
            conclusion_error((struct text){ words->body, words->body_size });
        conclusion.error_type = words->is_init ? words->type : NULL;
        conclusion.status = words->is_init ? "error" : NULL;
        return conclusion;
    }
    if (sandbox->end_reason == ENDED_BY_TIMEOUT)
        return conclusion_timeout(request_id, sandbox->plan->timeout_ms);
    if (sandbox->end_reason == ENDED_BY_MEMORY)
        return conclusion_exit(request_id, "Runtime.OutOfMemory",
                               "Runtime exited with error: signal: killed");
    if (sandbox->end_reason == ENDED_BY_TASKS)
        return conclusion_exit(request_id, "Runtime.ExitError",
                               "Runtime exited with error: signal: killed");
    char text[PROCESS_REASON_SIZE];
    const char *reason = process_exit_reason(status, sandbox->process.is_isolated, text);
    if (!reason)
        return conclusion_exit(request_id, "Runtime.ExitError",
                               "Runtime exited without providing a reason");
    CLEANUP(freep) char *message = xformat("Runtime exited with error: %s", reason);
    return conclusion_exit(request_id, "Runtime.ExitError", message);
}

void sandbox_close_process(struct sandbox *sandbox)
{
    uv_timer_stop(&sandbox->timer);
    watch_stop(&sandbox->log_watch);
    sandbox->is_log_paused = false;
    process_close(&sandbox->process.log_fd);
    frame_channel_close(&sandbox->process.frames);
    runtime_api_stop(&sandbox->process.api);
    sandbox->process.pid = 0;
}

static bool is_spared(const struct sandbox *sandbox)
{
    return sandbox->boot_failure.is_shortage && sandbox->host->can_spare(sandbox->owner);
}

/* Whether one that waits is charged with the boot: a boot that was late has asked already. */
static bool takes_job(const struct sandbox *sandbox)
{
    return sandbox->state == SANDBOX_STARTING && !sandbox->job && !sandbox->is_late &&
           !is_spared(sandbox);
}

/* There is no process any more, or never was one. */
void sandbox_go_down(struct sandbox *sandbox, int status)
{
    if (takes_job(sandbox))
        sandbox->job = sandbox->host->take_job(sandbox->owner);
    if (sandbox->job) {
        struct conclusion conclusion = explain_exit(sandbox, status);
        struct last_words words = sandbox->last_words;
        sandbox->last_words = (struct last_words){ 0 }; /* a new boot may begin meanwhile */
        sandbox_forget_last_words(sandbox);
        sandbox_conclude(sandbox, &conclusion, SANDBOX_DOWN);
        free(words.type);
        free(words.body);
        return;
    }
    sandbox_forget_last_words(sandbox);
    sandbox_move(sandbox, SANDBOX_DOWN);
    sandbox->host->on_free(sandbox->owner);
}

void sandbox_on_timer_closed(uv_handle_t *handle)
{
    struct sandbox *sandbox = handle->data;
    function_log_clear(&sandbox->log);
    sandbox_forget_last_words(sandbox);
    free(sandbox->log_stream);
    free(sandbox->home);
    free(sandbox->tmp);
    free(sandbox);
}

static void remove_directory(void *path)
{
    package_remove(path);
}

void sandbox_finish_stopping(struct sandbox *sandbox)
{
    loop_work(sandbox->host->loop, remove_directory, free, xstrdup(sandbox->home));
    sandbox->host->on_gone(sandbox->owner);
    uv_close((uv_handle_t *)&sandbox->timer, sandbox_on_timer_closed);
}

void sandbox_kill_strays(const struct sandbox *sandbox, pid_t leader)
{
    if (sandbox->process.is_isolated)
        return;
    CLEANUP(freep)
    char *variable = xformat("AWS_LAMBDA_LOG_STREAM_NAME=%s", sandbox->log_stream);
    strays_kill(leader, variable);
}

/* What it has read cannot be run again, even if it should be more than the job: it has answered out
 * of turn, or between the kill and its end. */
static void end_read(struct sandbox *sandbox, int status)
{
    while (sandbox->ahead.count) {
        struct conclusion conclusion = explain_exit(sandbox, status);
        sandbox_conclude(sandbox, &conclusion, SANDBOX_BUSY);
    }
}

void sandbox_reap(struct sandbox *sandbox)
{
    int status = 0;
    pid_t pid = sandbox->process.pid;
    if (!pid || !process_is_over(pid, &status))
        return;
    sandbox_kill_strays(sandbox, pid);
    sandbox->process.pid = 0;
    sandbox->is_exiting = true;
    if (sandbox->process.frames)
        frame_channel_drain(sandbox->process.frames);
    if (sandbox->log_watch)
        sandbox_read_log(sandbox);
    sandbox_return_unread(sandbox);
    end_read(sandbox, status);
    sandbox->is_exiting = false;
    sandbox_close_process(sandbox);
    if (sandbox->state == SANDBOX_STOPPING)
        sandbox_finish_stopping(sandbox);
    else
        sandbox_go_down(sandbox, status);
}
