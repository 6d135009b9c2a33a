#include "lambda/invocation.h"

#include <stdlib.h>

#include "clock.h"
#include "lambda/attached.h"
#include "lambda/concurrency.h"
#include "lambda/faults.h"
#include "lambda/invocation_log.h"
#include "lambda/lineage.h"
#include "lambda/metric_point.h"
#include "lambda/metric_set.h"
#include "lambda/settle.h"
#include "xalloc.h"

struct running {
    struct lambda *lambda;
    uint64_t resets;               /* when it began */
    struct invocation_order order; /* its callbacks only */
    struct concurrency_hold hold;
    struct invocation_record record;
    const char *log_group;
    const char *trace_id;
    struct arena texts; /* what the record borrows from: the target may be gone at the end */
};

static void fill_record(struct arena *texts, const struct target *target, const char *version,
                        struct invocation_record *record_out)
{
    *record_out = (struct invocation_record){
        .account = arena_copy(texts, text_from(target->key.account)),
        .region = arena_copy(texts, text_from(target->key.region)),
        .function = arena_copy(texts, text_from(target->key.name)),
        .resource = arena_copy(texts, text_from(target->resource)),
        .version = arena_copy(texts, text_from(version)),
        .is_alias = target->is_alias,
        .started_ms = clock_now_ms(),
    };
}

/* What is in flight, this one included. */
static void note_concurrency(struct running *running)
{
    const struct concurrency_hold *hold = &running->hold;
    const struct concurrency_scope *scope = &hold->scope;
    struct invocation_record *record = &running->record;
    record->concurrency[0] = scope->account->running;
    record->concurrency[1] = scope->function->running;
    record->concurrency[2] = scope->resource->running;
    record->concurrency[3] = hold->version.executed->running;
    record->unreserved = scope->unreserved->running;
    record->claimed = (uint32_t)scope->account_reserved + scope->unreserved->running;
    record->allocated = (uint32_t)hold->version.allocated;
    record->provisioned = hold->version.provisioned->running;
    record->is_provisioned = hold->is_provisioned;
}

static void save_record(struct lambda *lambda, const struct invocation_record *record)
{
    CLEANUP(buffer_clear) struct buffer bytes = { 0 };
    invocation_record_encode(record, &bytes);
    journal_append(lambda->parts.journal, JOURNAL_INVOCATION, buffer_text(&bytes));
    invocation_record_publish(lambda, record);
}

static void on_done(const struct invocation_result *result, void *owner)
{
    struct running *running = owner;
    running->record.is_error = result->end != INVOCATION_OK;
    running->record.started_ms = result->started_ms;
    running->record.duration_ms = result->duration_ms;
    concurrency_give_back(&running->hold);
    if (running->resets == running->lambda->resets) {
        const struct invocation_log_place place = { running->log_group, running->trace_id };
        save_record(running->lambda, &running->record);
        invocation_log_save(running->lambda, &running->record, &place, result);
    }
    const struct invocation_run run = { running->record.version, running->trace_id };
    running->order.on_end(result, &run, running->order.owner);
    arena_clear(&running->texts);
    free(running);
}

static void on_stream(struct text content_type, void *owner)
{
    struct running *running = owner;
    running->order.on_stream(content_type, running->record.version, running->order.owner);
}

static void on_chunk(struct text bytes, void *owner)
{
    struct running *running = owner;
    running->order.on_chunk(bytes, running->order.owner);
}

static bool throttle(struct lambda *lambda, const struct target *target,
                     enum concurrency_verdict verdict, struct error *error)
{
    struct arena texts = { 0 };
    struct invocation_record record;
    fill_record(&texts, target, "", &record);
    record.is_throttled = true;
    save_record(lambda, &record);
    arena_clear(&texts);
    return error_set(error,
                     verdict == CONCURRENCY_FUNCTION_FULL ? &LAMBDA_THROTTLED_FUNCTION
                                                          : &LAMBDA_THROTTLED_ACCOUNT,
                     "Rate Exceeded.");
}

static bool stop_loop(struct lambda *lambda, const struct target *target, struct error *error)
{
    struct metric_point point = { &target->key, "RecursiveInvocationsDropped", "Count", 1 };
    metric_point_publish(lambda, &point);
    return error_set(error, &LAMBDA_RECURSIVE_INVOCATION,
                     "Lambda stopped this invocation of %s: one chain of events has run the "
                     "function %d times. If that is meant, PutFunctionRecursionConfig allows it.",
                     target->key.name, LINEAGE_MAX);
}

static void submit(struct running *running, const struct target_version *version,
                   const struct target *target, const struct invocation_order *order,
                   const char *trace_id)
{
    struct invocation invocation = {
        .request_id = order->request_id,
        .invoked_arn = target->arn,
        .client_context = order->client_context,
        .trace_id = trace_id,
        .payload = order->payload,
        .on_stream = order->on_stream ? on_stream : NULL,
        .on_chunk = order->on_chunk ? on_chunk : NULL,
        .flow = order->flow,
        .on_done = on_done,
        .owner = running,
    };
    const struct sandbox_plan *plan =
        running->hold.is_provisioned ? &version->provisioned_plan : &version->plan;
    attached_submit(running->lambda, plan, &invocation);
}

bool invocation_start(struct lambda *lambda, const struct target *target,
                      const struct invocation_order *order, struct error *error)
{
    struct concurrency_hold hold;
    int count;
    CLEANUP(freep) char *trace_id = lineage_extend(order->trace_id, target->lineage_hash, &count);
    if (count >= LINEAGE_MAX && target->stops_loops)
        return stop_loop(lambda, target, error);
    const struct target_version *version = target_draw(target);
    if (!settle_may_run(version->is_pending, error))
        return false;
    enum concurrency_verdict verdict =
        concurrency_take(&target->concurrency, &version->concurrency, &hold);
    if (verdict != CONCURRENCY_TAKEN)
        return throttle(lambda, target, verdict, error);
    struct running *running = xcalloc(1, sizeof(*running));
    running->lambda = lambda;
    running->resets = lambda->resets;
    running->order = *order;
    running->hold = hold;
    fill_record(&running->texts, target, version->plan.version, &running->record);
    running->trace_id = arena_copy(&running->texts, text_from(trace_id));
    running->log_group = arena_copy(&running->texts, text_from(version->plan.log_group));
    note_concurrency(running);
    submit(running, version, target, order, trace_id);
    return true;
}
