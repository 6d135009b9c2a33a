#include "runtime/attachment.h"

#include "clock.h"
#include "list.h"
#include "log.h"
#include "random.h"
#include "runtime/answer_stream.h"
#include "runtime/conclusion.h"
#include "runtime/function_log.h"
#include "runtime/job.h"
#include "runtime/runtime_api.h"
#include "runtime/sandbox_command.h"
#include "xalloc.h"

struct attachments {
    struct attachments_host host;
    struct link all;
};

struct attachment {
    struct link in_all;
    struct attachments *attachments;
    char id[UUID_SIZE];
    struct arena texts; /* the plan's copy: that of the newest invocation */
    struct sandbox_plan plan;
    char *log_stream;
    struct runtime_api *api;
    struct loop_timer *lease;
    int64_t lease_ms;
    struct job *job; /* that the process has; NULL: none */
    struct answer_stream stream;
    struct function_log log;
    struct job_queue waiting;
};

#define ATTACHMENT(link) CONTAINER_OF(link, struct attachment, in_all)

static void begin(struct attachment *attachment)
{
    attachment->job = job_queue_take(&attachment->waiting);
    if (!attachment->job)
        return;
    job_set_deadline(attachment->job, attachment->plan.timeout_ms);
    job_begin(attachment->job);
}

/* Hands the first that waits to the process, if that asks. */
static void go_on(struct attachment *attachment)
{
    if (attachment->job || !attachment->waiting.count || !runtime_api_is_awaited(attachment->api))
        return;
    begin(attachment);
    runtime_api_send(attachment->api, attachment->job);
}

/* How an invocation ends. */

static struct invocation_result make_result(struct attachment *attachment,
                                            const struct conclusion *conclusion,
                                            const struct job *job)
{
    const struct sandbox_plan *plan = &attachment->plan;
    double duration_ms = (double)(clock_monotonic_us() - job->sent_us) / 1000;
    struct function_report report = { .request_id = job->event.request_id,
                                      .invoked_arn = job->event.invoked_arn,
                                      .version = plan->version,
                                      .started_ms = job->started_ms,
                                      .duration_ms = duration_ms,
                                      .billed_ms = duration_ms,
                                      .init_ms = -1,
                                      .memory_mb = plan->memory_mb,
                                      .produced_bytes =
                                          answer_stream_produced(&attachment->stream, conclusion),
                                      .is_failure = conclusion->end == INVOCATION_ERROR,
                                      .status = conclusion->status,
                                      .error_type = conclusion->error_type,
                                      .remark = conclusion->remark };
    struct text log = function_log_finish(&attachment->log, &report, FUNCTION_LOG_REST_IS_ITS);
    return (struct invocation_result){ .end = conclusion->end,
                                       .payload = (char *)conclusion->payload.data,
                                       .payload_size = conclusion->payload.size,
                                       .error_type = conclusion->error_type,
                                       .duration_ms = duration_ms,
                                       .init_ms = -1,
                                       .started_ms = job->started_ms,
                                       .log = (char *)log.data,
                                       .log_size = log.size,
                                       .log_marks = &attachment->log.texts,
                                       .init_log_marks = &attachment->log.inits,
                                       .init_log = TEXT(""),
                                       .log_stream = attachment->log_stream,
                                       .is_streamed = attachment->stream.is_open && job->on_chunk };
}

static void conclude(struct attachment *attachment, struct conclusion *conclusion)
{
    struct job *job = attachment->job;
    struct invocation_result result = make_result(attachment, conclusion, job);
    attachment->job = NULL;
    if (job->flow)
        job->flow->on_room = NULL;
    job->on_done(&result, job->owner);
    answer_stream_close(&attachment->stream);
    conclusion_clear(conclusion);
    free(job);
}

/* The process has gone without an answer. */
static void conclude_gone(struct attachment *attachment)
{
    if (!attachment->job)
        return;
    struct conclusion conclusion =
        conclusion_exit(attachment->job->event.request_id, "Runtime.ExitError",
                        "Runtime exited without providing a reason");
    conclude(attachment, &conclusion);
}

/* What the process says. */

static void on_next(void *owner)
{
    go_on(owner);
}

static void on_response(struct text payload, bool is_too_large, enum channel_after after UNUSED,
                        void *owner)
{
    struct conclusion conclusion =
        is_too_large ? conclusion_too_large() : conclusion_success(payload);
    conclude(owner, &conclusion);
}

static void on_error(struct text type UNUSED, struct text body, enum channel_after after UNUSED,
                     void *owner)
{
    struct conclusion conclusion = conclusion_error(body);
    conclude(owner, &conclusion);
}

static void on_stream(struct text content_type, void *owner)
{
    struct attachment *attachment = owner;
    answer_stream_begin(&attachment->stream, attachment->job, content_type);
}

static void on_room(void *owner)
{
    struct attachment *attachment = owner;
    runtime_api_resume(attachment->api);
}

static bool on_chunk(struct text bytes, void *owner)
{
    struct attachment *attachment = owner;
    struct flow *flow = attachment->job->flow;
    answer_stream_add(&attachment->stream, attachment->job, bytes);
    if (!flow || !flow->is_full)
        return true;
    flow->on_room = on_room;
    flow->owner = attachment;
    return false;
}

static void on_stream_end(struct text type UNUSED, struct text body,
                          enum channel_after after UNUSED, void *owner)
{
    struct attachment *attachment = owner;
    struct conclusion conclusion =
        answer_stream_conclusion(&attachment->stream, attachment->job, body);
    conclude(attachment, &conclusion);
}

/* As on Lambda, who waits longest is charged with it. */
static void on_init_error(struct text type, struct text body, void *owner)
{
    struct attachment *attachment = owner;
    CLEANUP(freep) char *error_type = xstrndup(type.data, type.size);
    begin(attachment);
    if (!attachment->job)
        return;
    struct conclusion conclusion = conclusion_error(body);
    conclusion.error_type = error_type;
    conclusion.status = "error";
    conclude(attachment, &conclusion);
}

static void on_restart(void *owner)
{
    conclude_gone(owner);
}

static const struct channel_events channel_events = {
    .on_next = on_next,
    .on_response = on_response,
    .on_error = on_error,
    .on_stream = on_stream,
    .on_chunk = on_chunk,
    .on_stream_end = on_stream_end,
    .on_init_error = on_init_error,
    .on_restart = on_restart,
};

/* Its life. */

static void take_plan(struct attachment *attachment, const struct sandbox_plan *plan)
{
    arena_clear(&attachment->texts);
    sandbox_plan_copy(plan, &attachment->texts, &attachment->plan);
    attachment->log.owner = function_log_owner_of(&attachment->plan, attachment->log_stream);
}

/* Nobody renews it any more: who attached has gone without a word. */
static void on_lease_end(void *owner)
{
    struct attachment *attachment = owner;
    log_info(attachment->plan.function_name, "who attached to it has gone");
    attachment_end(attachment);
}

void attachment_renew(struct attachment *attachment)
{
    loop_timer_stop(&attachment->lease);
    if (attachment->lease_ms)
        attachment->lease = loop_timer_start(attachment->attachments->host.loop,
                                             attachment->lease_ms, 0, on_lease_end, attachment);
}

struct attachment *attachment_start(struct attachments *attachments,
                                    const struct sandbox_plan *plan, int64_t lease_ms,
                                    struct error *error)
{
    struct attachment *attachment = xcalloc(1, sizeof(*attachment));
    attachment->api = runtime_api_start(attachments->host.loop, &channel_events, attachment, error);
    if (!attachment->api) {
        free(attachment);
        return NULL;
    }
    attachment->attachments = attachments;
    attachment->lease_ms = lease_ms;
    random_uuid(attachment->id);
    attachment->log_stream = function_log_stream_name(plan);
    take_plan(attachment, plan);
    link_insert_before(&attachments->all, &attachment->in_all);
    attachment_renew(attachment);
    return attachment;
}

static const char *copied(struct arena *arena, struct text text)
{
    return text.size ? arena_copy(arena, text) : NULL;
}

static void give_back(struct attachment *attachment, struct job *job)
{
    const struct attachments_host *host = &attachment->attachments->host;
    const struct frame_event *event = &job->event;
    struct arena arena = { 0 };
    const struct invocation invocation = {
        .request_id = arena_copy(&arena, event->request_id),
        .invoked_arn = arena_copy(&arena, event->invoked_arn),
        .client_context = copied(&arena, event->client_context),
        .trace_id = copied(&arena, event->trace_id),
        .payload = event->payload,
        .on_stream = job->on_stream,
        .on_chunk = job->on_chunk,
        .flow = job->flow,
        .on_done = job->on_done,
        .owner = job->owner,
    };
    host->give_back(&attachment->plan, &invocation, host->owner);
    arena_clear(&arena);
    free(job);
}

void attachment_end(struct attachment *attachment)
{
    struct job *job;
    link_remove(&attachment->in_all); /* those given back must not come here again */
    loop_timer_stop(&attachment->lease);
    conclude_gone(attachment);
    while ((job = job_queue_take(&attachment->waiting)))
        give_back(attachment, job);
    runtime_api_stop(&attachment->api);
    function_log_clear(&attachment->log);
    arena_clear(&attachment->texts);
    free(attachment->log_stream);
    free(attachment);
}

void attachment_submit(struct attachment *attachment, const struct sandbox_plan *plan,
                       const struct invocation *invocation)
{
    if (strcmp(attachment->plan.key, plan->key) != 0)
        take_plan(attachment, plan);
    job_queue_add(&attachment->waiting, job_create(invocation));
    go_on(attachment);
}

struct attachment_view attachment_view(const struct attachment *attachment)
{
    return (struct attachment_view){ .id = attachment->id,
                                     .plan = &attachment->plan,
                                     .port = runtime_api_port(attachment->api),
                                     .lease_ms = attachment->lease_ms,
                                     .waiting = attachment->waiting.count,
                                     .is_asking = runtime_api_is_awaited(attachment->api),
                                     .is_busy = attachment->job != NULL };
}

void attachment_add_variables(const struct attachment *attachment, struct string_list *list)
{
    const struct sandbox_place place = { .plan = &attachment->plan,
                                         .log_stream = attachment->log_stream,
                                         .api = attachment->attachments->host.api,
                                         .runtime_api_port = runtime_api_port(attachment->api) };
    sandbox_command_add_variables(list, &place);
}

/* All of them. */

struct attachments *attachments_create(const struct attachments_host *host)
{
    struct attachments *attachments = xcalloc(1, sizeof(*attachments));
    attachments->host = *host;
    link_init(&attachments->all);
    return attachments;
}

void attachments_end_all(struct attachments *attachments)
{
    while (!link_is_alone(&attachments->all))
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): attachment_end unlinks what it frees */
        attachment_end(ATTACHMENT(attachments->all.after));
}

void attachments_destroy(struct attachments *attachments)
{
    if (!attachments)
        return;
    attachments_end_all(attachments);
    free(attachments);
}

static bool is_same_version(const struct sandbox_plan *plan, const struct sandbox_plan *other)
{
    return strcmp(plan->function_name, other->function_name) == 0 &&
           strcmp(plan->version, other->version) == 0 && strcmp(plan->region, other->region) == 0 &&
           strcmp(plan->account, other->account) == 0;
}

struct attachment *attachments_find(const struct attachments *attachments,
                                    const struct sandbox_plan *plan)
{
    for (struct link *at = attachments->all.after; at != &attachments->all; at = at->after)
        if (is_same_version(&ATTACHMENT(at)->plan, plan))
            return ATTACHMENT(at);
    return NULL;
}

struct attachment *attachments_find_id(const struct attachments *attachments, const char *id)
{
    for (struct link *at = attachments->all.after; at != &attachments->all; at = at->after)
        if (strcmp(ATTACHMENT(at)->id, id) == 0)
            return ATTACHMENT(at);
    return NULL;
}

void attachments_each(const struct attachments *attachments,
                      void (*visit)(const struct attachment *attachment, void *owner), void *owner)
{
    for (const struct link *at = attachments->all.after; at != &attachments->all; at = at->after)
        visit(ATTACHMENT(at), owner);
}
