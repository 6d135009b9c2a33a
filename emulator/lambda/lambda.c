/*
 * The service's life: create, replay, reset, destroy.
 */
#include "lambda/lambda.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "arn.h"
#include "lambda/attached.h"
#include "lambda/code.h"
#include "lambda/code_link.h"
#include "lambda/concurrency.h"
#include "lambda/delivery.h"
#include "lambda/event_queue.h"
#include "lambda/function.h"
#include "lambda/function_view.h"
#include "lambda/hot_reload.h"
#include "lambda/metric_set.h"
#include "lambda/provision.h"
#include "lambda/qualifier.h"
#include "lambda/settle.h"
#include "lambda/state.h"
#include "lambda/target.h"
#include "log.h"
#include "random.h"
#include "xalloc.h"

struct lambda *lambda_create(const struct lambda_parts *parts, struct error *error)
{
    struct lambda *lambda = xcalloc(1, sizeof(*lambda));
    lambda->parts = *parts;
    lambda->removal_delay_ms = CODE_REMOVAL_DELAY_MS;
    lambda->code_directory = xformat("%s/code", store_directory(parts->store));
    if (mkdir(lambda->code_directory, 0700) != 0 && errno != EEXIST) {
        error_set(error, NULL, "cannot make %s: %s", lambda->code_directory, strerror(errno));
        lambda_destroy(lambda);
        return NULL;
    }
    lambda->link_secret = code_link_secret(parts->store, error);
    if (!lambda->link_secret) {
        lambda_destroy(lambda);
        return NULL;
    }
    code_sweep(lambda);
    lambda->events = event_queue_create(lambda);
    lambda->attachments = attached_create(lambda);
    settle_refresh(lambda);
    provisions_refresh(lambda);
    concurrency_warn(lambda);
    return lambda;
}

void lambda_destroy(struct lambda *lambda)
{
    if (!lambda)
        return;
    event_queue_destroy(lambda->events);
    attachments_destroy(lambda->attachments);
    hot_reload_forget(lambda);
    settle_stop(lambda);
    provisions_stop(lambda);
    provisions_clear(lambda);
    code_garbage_clear(lambda);
    targets_forget(lambda);
    function_views_forget(lambda);
    metric_sets_forget(lambda);
    map_clear(&lambda->streams, free);
    map_clear(&lambda->in_flight, free);
    map_clear(&lambda->code_bounds, free);
    free(lambda->code_directory);
    free(lambda->link_secret);
    free(lambda);
}

void lambda_disown_running(struct lambda *lambda)
{
    lambda->resets++;
}

/* A package under way would be taken for half-made, and who waits still needs its function's. */
static bool needs_all_code(const struct lambda *lambda)
{
    return lambda->uploads || lambda->looks || pool_pending(lambda->parts.pool);
}

void lambda_reset(struct lambda *lambda)
{
    targets_forget(lambda);
    metric_sets_forget(lambda);
    hot_reload_forget(lambda);
    code_garbage_clear(lambda);
    settle_refresh(lambda);
    provisions_clear(lambda);
    if (needs_all_code(lambda))
        code_release_all(lambda);
    else
        code_sweep(lambda);
}

void lambda_forget(struct lambda *lambda)
{
    targets_forget(lambda);
    event_queue_undone(lambda->events);
    settle_retry(lambda);
    provisions_refresh(lambda);
}

bool lambda_saved(struct lambda *lambda)
{
    return event_queue_saved(lambda->events);
}

void lambda_stop_events(struct lambda *lambda)
{
    event_queue_stop(lambda->events);
}

/* The function that an ARN of the order's account and region names; false for anything else. */
static bool read_function(const struct lambda_event_order *order, struct arena *arena,
                          struct function_name *name_out)
{
    const char *prefix =
        arena_format(arena, "arn:%s:lambda:%s:%s:function:", arn_partition(order->region),
                     order->region, order->account);
    if (!text_starts_with(text_from(order->target_arn), prefix))
        return false;
    struct text rest = text_from(order->target_arn + strlen(prefix));
    const char *name = arena_copy(arena, text_cut(&rest, ':'));
    *name_out = (struct function_name){ { order->account, order->region, name },
                                        rest.data ? arena_copy(arena, rest) : NULL };
    return true;
}

/* Whether there is something to run: the function, and the version or alias that is named. */
static bool has_target(const struct lambda *lambda, const struct function_name *name)
{
    return qualifier_exists(lambda->parts.store, &name->key, name->qualifier);
}

static void queue_event(struct lambda *lambda, const struct lambda_event_order *order,
                        const struct function_name *name)
{
    char request_id[UUID_SIZE];
    random_uuid_aside(request_id);
    struct lambda_event event = { .function = *name,
                                  .request_id = request_id,
                                  .trace_id = order->trace_id,
                                  .payload = order->payload };
    event_queue_put(lambda, &event);
}

enum lambda_event_verdict lambda_send_event(struct lambda *lambda,
                                            const struct lambda_event_order *order)
{
    struct arena arena = { 0 };
    struct function_name name;
    enum lambda_event_verdict verdict = LAMBDA_EVENT_OTHER_TARGET;
    if (read_function(order, &arena, &name)) {
        bool exists = has_target(lambda, &name);
        verdict = exists ? LAMBDA_EVENT_QUEUED : LAMBDA_EVENT_NO_FUNCTION;
        if (exists)
            queue_event(lambda, order, &name);
    }
    arena_clear(&arena);
    return verdict;
}

bool lambda_has_function(struct lambda *lambda, const char *account, const char *region,
                         const char *arn)
{
    const struct lambda_event_order order = { .account = account,
                                              .region = region,
                                              .target_arn = arn };
    struct arena arena = { 0 };
    struct function_name name;
    bool exists = read_function(&order, &arena, &name) && has_target(lambda, &name);
    arena_clear(&arena);
    return exists;
}

cJSON *lambda_deliveries(struct lambda *lambda)
{
    return delivery_list(lambda->parts.store);
}

void lambda_finish_uploads(struct lambda *lambda)
{
    while (lambda->uploads || lambda->looks)
        loop_turn(lambda->parts.loop);
}

void lambda_replay(struct lambda *lambda, struct text record)
{
    struct arena arena = { 0 };
    struct invocation_record decoded;
    if (invocation_record_decode(record, &arena, &decoded))
        invocation_record_publish(lambda, &decoded);
    else
        log_warn("lambda", "a journal record of an invocation cannot be read; it is left out");
    arena_clear(&arena);
}
