/*
 * The memory of a sandbox: the function may use its MemorySize, from the boot on, together with
 * all the processes that it starts. Nothing in the kernel that every machine has says no in time,
 * so it is measured, more often when little is left. So are processes and threads, which Lambda
 * limits too.
 */
#include "clock.h"
#include "log.h"
#include "runtime/isolation.h"
#include "runtime/memory_use.h"
#include "runtime/sandbox_parts.h"

enum {
    SCARCE_SAMPLE_US = 20 * 1000,
    BUSY_SAMPLE_US = 100 * 1000,
    IDLE_SAMPLE_US = 1000 * 1000,
    SHORT_JOB_US = 5 * 1000,
};

static bool is_idle(const struct sandbox *sandbox)
{
    return sandbox->state == SANDBOX_IDLE;
}

static int64_t sample_interval_us(const struct sandbox *sandbox)
{
    if (sandbox->memory_now_mb > sandbox->plan->memory_mb / 2 || sandbox->tasks > TASKS_MAX / 2)
        return is_idle(sandbox) ? BUSY_SAMPLE_US : SCARCE_SAMPLE_US;
    return is_idle(sandbox) ? IDLE_SAMPLE_US : BUSY_SAMPLE_US;
}

void sandbox_sample_memory(struct sandbox *sandbox)
{
    struct memory_use use =
        memory_use_of(sandbox->process.pid, sandbox->process.is_isolated ? ISOLATION_PROCESSES : 0);
    sandbox->memory_sampled_us = clock_monotonic_us();
    sandbox->memory_now_mb = use.now_mb;
    sandbox->tasks = use.tasks;
    int peak_mb = use.peak_mb;
    if (peak_mb > sandbox->plan->memory_mb)
        peak_mb = sandbox->plan->memory_mb;
    if (peak_mb > sandbox->memory_used_mb)
        sandbox->memory_used_mb = peak_mb;
}

static bool is_sample_due(const struct sandbox *sandbox)
{
    return clock_monotonic_us() - sandbox->memory_sampled_us >= sample_interval_us(sandbox);
}

void sandbox_sample_at_answer(struct sandbox *sandbox)
{
    if (sandbox->is_exiting)
        return;
    if (is_sample_due(sandbox) || clock_monotonic_us() - sandbox->job->sent_us > SHORT_JOB_US)
        sandbox_sample_memory(sandbox);
}

/* What the process has too much of. */
static enum end_reason find_excess(const struct sandbox *sandbox)
{
    if (sandbox->tasks > TASKS_MAX)
        return ENDED_BY_TASKS;
    return sandbox->memory_now_mb > sandbox->plan->memory_mb ? ENDED_BY_MEMORY : ENDED_ITSELF;
}

bool sandbox_check_use(struct sandbox *sandbox)
{
    if (!sandbox->process.pid || sandbox->state == SANDBOX_STOPPING ||
        sandbox->end_reason != ENDED_ITSELF || !is_sample_due(sandbox))
        return true;
    sandbox_sample_memory(sandbox);
    enum end_reason excess = find_excess(sandbox);
    if (excess == ENDED_ITSELF)
        return true;
    sandbox_listen(sandbox); /* it may be at another event than the loop knows */
    if (sandbox->state == SANDBOX_STOPPING)
        return true;
    if (excess == ENDED_BY_TASKS)
        log_warn(sandbox->plan->function_name, "killed: it has more than %d processes and threads",
                 TASKS_MAX);
    if (is_idle(sandbox))
        return false;
    sandbox_kill(sandbox, excess);
    return true;
}
