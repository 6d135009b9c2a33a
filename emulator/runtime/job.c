/*
 * Copies an invocation into its event frame.
 */
#include "runtime/job.h"

#include "clock.h"
#include "xalloc.h"

struct job *job_create(const struct invocation *invocation)
{
    struct frame_event event = {
        .request_id = text_from(invocation->request_id),
        .invoked_arn = text_from(invocation->invoked_arn),
        .trace_id = text_from(invocation->trace_id),
        .client_context = text_from(invocation->client_context),
        .payload = invocation->payload,
    };
    size_t size = frame_event_size(&event);
    struct job *job = xmalloc(sizeof(*job) + size);
    *job = (struct job){ .on_stream = invocation->on_stream,
                         .on_chunk = invocation->on_chunk,
                         .flow = invocation->flow,
                         .on_done = invocation->on_done,
                         .owner = invocation->owner,
                         .submitted_us = clock_monotonic_us(),
                         .event = event,
                         .frame_size = size };
    frame_event_write(&job->event, job->frame);
    return job;
}

void job_begin(struct job *job)
{
    job->sent_us = clock_monotonic_us();
    job->started_ms = clock_now_ms();
}

void job_set_deadline(struct job *job, int timeout_ms)
{
    job->event.deadline_ms = (double)(clock_true_ms() + timeout_ms);
    frame_event_set_deadline(job->frame, job->event.deadline_ms);
}

void job_queue_add(struct job_queue *queue, struct job *job)
{
    job->next = NULL;
    if (queue->last)
        queue->last->next = job;
    else
        queue->first = job;
    queue->last = job;
    queue->count++;
}

void job_queue_append(struct job_queue *queue, struct job_queue *younger)
{
    if (!younger->first)
        return;
    if (queue->last)
        queue->last->next = younger->first;
    else
        queue->first = younger->first;
    queue->last = younger->last;
    queue->count += younger->count;
    *younger = (struct job_queue){ 0 };
}

struct job *job_queue_take(struct job_queue *queue)
{
    struct job *job = queue->first;
    if (!job)
        return NULL;
    queue->first = job->next;
    if (!queue->first)
        queue->last = NULL;
    queue->count--;
    return job;
}
