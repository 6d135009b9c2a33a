/*
 * Events that are sent ahead of the answer to the one before: they wait in the process's pipe, so
 * that it finds the next without being woken for it.
 */
#include "runtime/sandbox_parts.h"

#include "clock.h"
#include "log.h"

/* A process that is longer at one event gets no more, and gives back what it has not read. Long
 * enough for a busy machine to have let it run. */
enum { SLOW_MS = 10 };

static int64_t job_us(const struct sandbox *sandbox)
{
    return clock_monotonic_us() - sandbox->job->sent_us;
}

static bool send_ahead(const struct sandbox *sandbox, const struct job *job)
{
    return frame_channel_send_ahead(sandbox->process.frames,
                                    (struct text){ job->frame, job->frame_size });
}

static bool is_going_on(const struct sandbox *sandbox)
{
    return sandbox->state == SANDBOX_BUSY && !sandbox->is_exiting &&
           sandbox->end_reason == ENDED_ITSELF && !sandbox->last_words.is_said;
}

/* For the job's deadline, or the time at which it counts as slow. */
static void set_job_timer(struct sandbox *sandbox)
{
    int64_t left_ms = sandbox->plan->timeout_ms - job_us(sandbox) / 1000;
    if (sandbox->ahead.count && left_ms > SLOW_MS)
        left_ms = SLOW_MS;
    sandbox_set_timer(sandbox, left_ms > 0 ? (int)left_ms : 0);
}

bool sandbox_run_ahead(struct sandbox *sandbox, struct job *job, int ahead_max)
{
    if (!is_going_on(sandbox) || !sandbox->process.frames || sandbox->log.has_unmarked ||
        sandbox->ahead.count >= ahead_max || job_us(sandbox) >= SLOW_MS * 1000)
        return false;
    job_set_deadline(job, sandbox->plan->timeout_ms);
    if (!send_ahead(sandbox, job))
        return false;
    job_queue_add(&sandbox->ahead, job);
    if (sandbox->ahead.count == 1)
        set_job_timer(sandbox);
    return true;
}

bool sandbox_is_only_slow(const struct sandbox *sandbox)
{
    return is_going_on(sandbox) && sandbox->ahead.count &&
           job_us(sandbox) / 1000 < sandbox->plan->timeout_ms;
}

void sandbox_advance(struct sandbox *sandbox)
{
    sandbox->job = job_queue_take(&sandbox->ahead);
    sandbox->was_ahead = true;
    job_begin(sandbox->job);
    set_job_timer(sandbox);
    sandbox->host->on_room(sandbox->owner);
}

/* Request ids differ, and so do frames. */
static bool is_frame_of(const struct job *job, const char *frame, size_t size)
{
    return job->frame_size == size && memcmp(job->frame, frame, size) == 0;
}

/* Sorts those that were sent, oldest first, into what is in the pipe and what the process has read.
 */
static void sort_out(struct sandbox *sandbox, struct job_queue *sent, struct job_queue *unread_out,
                     struct job_queue *read_out)
{
    char frame[FRAME_PACKET_MAX];
    struct job *job;
    size_t size;
    while ((size = frame_channel_take_back(sandbox->process.frames, frame)) > 0) {
        while ((job = job_queue_take(sent)) && !is_frame_of(job, frame, size))
            job_queue_add(read_out, job);
        if (job)
            job_queue_add(unread_out, job);
    }
    while ((job = job_queue_take(sent)))
        job_queue_add(read_out, job);
}

/* Takes out of the pipe what the process has not read; what is left is the job and those behind it.
 * True if the process has not read the job either, which then stands in no pipe. */
static bool take_back(struct sandbox *sandbox, struct job_queue *unread_out)
{
    struct job_queue sent = { 0 };
    struct job_queue read = { 0 };
    struct job *job = sandbox->job;
    if (!sandbox->process.frames)
        return false;
    if (job)
        job_queue_add(&sent, job);
    job_queue_append(&sent, &sandbox->ahead);
    sort_out(sandbox, &sent, unread_out, &read);
    bool is_unread = job && unread_out->first == job;
    if (is_unread && !read.count)
        job_queue_take(unread_out);
    else
        sandbox->job = job_queue_take(&read);
    if (sandbox->job && sandbox->job != job)
        job_begin(sandbox->job); /* read between two that were taken out */
    sandbox->ahead = read;
    return is_unread && sandbox->job == job;
}

static void give_back(struct sandbox *sandbox, struct job_queue *jobs)
{
    if (jobs->count)
        sandbox->host->on_returned(jobs, sandbox->owner);
}

void sandbox_be_slow(struct sandbox *sandbox)
{
    struct job_queue unread = { 0 };
    if (take_back(sandbox, &unread) && !send_ahead(sandbox, sandbox->job))
        log_error(sandbox->log_stream, "an event cannot be put back into its pipe");
    set_job_timer(sandbox);
    give_back(sandbox, &unread);
}

void sandbox_return_unread(struct sandbox *sandbox)
{
    struct job_queue unread = { 0 };
    struct job_queue jobs = { 0 };
    if (take_back(sandbox, &unread) && sandbox->was_ahead) {
        job_queue_add(&jobs, sandbox->job);
        sandbox->job = NULL;
    }
    job_queue_append(&jobs, &unread);
    give_back(sandbox, &jobs);
}
