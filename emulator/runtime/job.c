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

void job_begin(struct job *job, int timeout_ms)
{
    job->sent_us = clock_monotonic_us();
    job->started_ms = clock_now_ms();
    job->event.deadline_ms = (double)(clock_true_ms() + timeout_ms);
    frame_event_set_deadline(job->frame, job->event.deadline_ms);
}
