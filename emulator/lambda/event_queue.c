/*
 * The rows of lambda_event are the queue; in memory is only which of them run right now. A pump
 * takes what is due, and runs again when something falls due, comes in, or ends.
 */
#include "lambda/event_queue.h"

#include <assert.h>
#include <stdlib.h>

#include "clock.h"
#include "lambda/delivery.h"
#include "lambda/event_invoke_config.h"
#include "lambda/faults.h"
#include "lambda/invocation.h"
#include "lambda/lineage.h"
#include "lambda/metric_point.h"
#include "log.h"
#include "xalloc.h"

enum {
    RUNNING_MAX = 256, /* at once; the rest waits on disk */
    RETRIES_DEFAULT = 2,
    AGE_DEFAULT_S = 21600,
    MS_PER_SECOND = 1000,
    FIRST_RETRY_MS = 60 * 1000,
    SECOND_RETRY_MS = 120 * 1000,
    THROTTLE_MIN_MS = 1000,
    THROTTLE_MAX_MS = 300 * 1000,
    DOUBLINGS_MAX = 9,
    RETRY_MS = 1000,
};

struct running_event {
    struct running_event *next;
    struct event_queue *queue;
    uint64_t resets; /* when it began to run */
    struct lambda_event event;
    struct arena texts;
};

struct event_queue {
    struct lambda *lambda;
    struct schedule_entry entry;
    struct running_event *running;
    int running_count;
    /* The last that was taken up, in order of falling due: a pump goes on behind it. */
    int64_t passed_due_ms;
    int64_t passed_place;
    bool begins_anew; /* what does not run may stand before it: the next pump looks at all */
    bool was_refused; /* a write: it is tried again, but not at once */
    bool is_pumping;
    bool is_stopped;
};

/* The options of the event's qualifier, defaults filled in. */
struct policy {
    int retries;
    int64_t age_max_ms;
};

static struct policy policy_of(struct lambda *lambda, const struct lambda_event *event)
{
    struct arena arena = { 0 };
    struct event_invoke_config config;
    struct policy policy = { RETRIES_DEFAULT, (int64_t)AGE_DEFAULT_S * MS_PER_SECOND };
    const char *qualifier = function_qualifier(&event->function);
    if (event_invoke_config_find(lambda->parts.store, &event->function.key, qualifier, &arena,
                                 &config)) {
        if (config.maximum_retry_attempts >= 0)
            policy.retries = config.maximum_retry_attempts;
        if (config.maximum_event_age_s >= 0)
            policy.age_max_ms = (int64_t)config.maximum_event_age_s * MS_PER_SECOND;
    }
    arena_clear(&arena);
    return policy;
}

static void begin_writing(struct event_queue *queue)
{
    store_begin_call(queue->lambda->parts.store);
}

/* A write that is refused leaves the event on disk as it was: it will run again. */
static void end_writing(struct event_queue *queue)
{
    CLEANUP(error_clear) struct error error = { 0 };
    if (store_end_call(queue->lambda->parts.store, true, &error))
        return;
    queue->was_refused = true;
    log_error("lambda", "the queue of events: %s", error.message);
}

static void pump(void *owner);

static void refresh(struct event_queue *queue)
{
    schedule_set(queue->lambda->parts.schedule, &queue->entry, clock_now_ms(), pump, queue);
}

/* Something has ended, or was written behind the pump's back. */
static void look_again(struct event_queue *queue)
{
    if (queue->was_refused)
        event_queue_retry(queue);
    else
        refresh(queue);
}

/* An event that falls due then was written. Of those of one moment any may come first: a place is
 * given again when its event was the last and has gone. */
static void note_due(struct event_queue *queue, int64_t due_ms)
{
    queue->begins_anew |= due_ms <= queue->passed_due_ms;
}

static void count(struct event_queue *queue, const struct lambda_event *event, const char *name)
{
    struct metric_point point = { &event->function.key, name, "Count", 1 };
    metric_point_publish(queue->lambda, &point);
}

static void finish(struct event_queue *queue, const struct delivery *delivery)
{
    begin_writing(queue);
    lambda_event_delete(queue->lambda->parts.store, delivery->event->place);
    delivery_send(queue->lambda, delivery);
    end_writing(queue);
    if (delivery->condition != DELIVERY_SUCCESS)
        count(queue, delivery->event, "AsyncEventsDropped");
}

static void drop(struct event_queue *queue, const struct lambda_event *event, const char *why)
{
    log_warn("lambda", "an event for %s is lost: %s", event->function.key.name, why);
    begin_writing(queue);
    lambda_event_delete(queue->lambda->parts.store, event->place);
    end_writing(queue);
    count(queue, event, "AsyncEventsDropped");
}

/* Puts the event off, unless it would be too old by then: then `delivery` is its end. */
static void put_off(struct event_queue *queue, struct lambda_event *event, int64_t delay_ms,
                    struct delivery *delivery)
{
    struct policy policy = policy_of(queue->lambda, event);
    event->due_ms = clock_now_ms() + delay_ms;
    if (event->due_ms > event->queued_ms + policy.age_max_ms) {
        delivery->condition = DELIVERY_EVENT_AGE_EXCEEDED;
        finish(queue, delivery);
        return;
    }
    begin_writing(queue);
    lambda_event_put_off(queue->lambda->parts.store, event);
    note_due(queue, event->due_ms);
    end_writing(queue);
}

static void free_running(struct running_event *running)
{
    arena_clear(&running->texts);
    free(running);
}

static void forget_running(struct running_event *running)
{
    struct running_event **link = &running->queue->running;
    while (*link != running)
        link = &(*link)->next;
    *link = running->next;
    running->queue->running_count--;
}

static void on_end(const struct invocation_result *result, const char *version, void *owner)
{
    struct running_event *running = owner;
    struct event_queue *queue = running->queue;
    struct lambda_event *event = &running->event;
    struct delivery delivery = { event, DELIVERY_SUCCESS, event->attempts + 1, result, version };
    forget_running(running);
    if (running->resets != queue->lambda->resets) {
        log_debug("lambda", "an event for %s went with a reset", event->function.key.name);
    } else if (queue->is_stopped && result->end == INVOCATION_EXIT) {
        log_info("lambda", "an event for %s is run again at the next start",
                 event->function.key.name);
    } else if (result->end == INVOCATION_OK) {
        finish(queue, &delivery);
    } else if (event->attempts >= policy_of(queue->lambda, event).retries) {
        delivery.condition = DELIVERY_RETRIES_EXHAUSTED;
        finish(queue, &delivery);
    } else {
        event->attempts++;
        put_off(queue, event, event->attempts == 1 ? FIRST_RETRY_MS : SECOND_RETRY_MS, &delivery);
    }
    free_running(running);
    look_again(queue);
}

/* A throttled event waits from a second on, doubling up to five minutes (section 7.1, Q4). */
static void put_off_throttled(struct event_queue *queue, struct lambda_event *event)
{
    struct delivery delivery = { event, DELIVERY_EVENT_AGE_EXCEEDED, event->attempts, NULL, NULL };
    int doublings = event->throttles < DOUBLINGS_MAX ? event->throttles : DOUBLINGS_MAX;
    int64_t delay_ms = (int64_t)THROTTLE_MIN_MS << doublings;
    event->throttles++;
    put_off(queue, event, delay_ms < THROTTLE_MAX_MS ? delay_ms : THROTTLE_MAX_MS, &delivery);
}

static void publish_age(struct event_queue *queue, const struct lambda_event *event)
{
    int64_t age_ms = clock_now_ms() - event->queued_ms;
    struct metric_point point = { &event->function.key, "AsyncEventAge", "Milliseconds",
                                  age_ms > 0 ? (double)age_ms : 0 }; /* a clock can be set back */
    metric_point_publish(queue->lambda, &point);
}

static void start(struct event_queue *queue, struct running_event *running,
                  const struct target *target)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct lambda_event *event = &running->event;
    struct invocation_order order = { .request_id = event->request_id,
                                      .trace_id = event->trace_id,
                                      .payload = event->payload,
                                      .on_end = on_end,
                                      .owner = running };
    running->next = queue->running;
    queue->running = running;
    queue->running_count++;
    publish_age(queue, event);
    if (invocation_start(queue->lambda, target, &order, &error))
        return;
    forget_running(running);
    if (error.fault == &LAMBDA_RECURSIVE_INVOCATION) {
        struct delivery delivery = { event, DELIVERY_RETRIES_EXHAUSTED, event->attempts, NULL,
                                     NULL };
        finish(queue, &delivery);
    } else {
        put_off_throttled(queue, event);
    }
    free_running(running);
}

/* A function without concurrency. What its destination gets goes on with the chain of events:
 * nothing runs that could slow down a circle of such functions, so it is stopped here. */
static void finish_unrunnable(struct event_queue *queue, struct running_event *running,
                              const struct target *target)
{
    int count;
    struct lambda_event *event = &running->event;
    CLEANUP(freep)
    char *trace_id = lineage_extend(event->trace_id, target->lineage_hash, &count);
    event->trace_id = arena_copy(&running->texts, text_from(trace_id));
    struct delivery delivery = { event, DELIVERY_ZERO_RESERVED_CONCURRENCY, event->attempts, NULL,
                                 NULL };
    if (count < LINEAGE_MAX)
        finish(queue, &delivery);
    else
        drop(queue, event, "functions without concurrency are each other's destinations");
}

/* Runs an event that is due, or ends it at once. Takes `running`. */
static void take_up(struct event_queue *queue, struct running_event *running)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct lambda *lambda = queue->lambda;
    struct lambda_event *event = &running->event;
    struct delivery delivery = { event, DELIVERY_EVENT_AGE_EXCEEDED, event->attempts, NULL, NULL };
    const struct target *target = target_get(lambda, &event->function, &error);
    if (!target) {
        drop(queue, event, error.message);
    } else if (clock_now_ms() - event->queued_ms > policy_of(lambda, event).age_max_ms) {
        finish(queue, &delivery);
    } else if (target->concurrency.reserved == 0) {
        finish_unrunnable(queue, running, target);
    } else {
        start(queue, running, target);
        return;
    }
    free_running(running);
}

/* What runs since before a reset has no place any more: that may be another event's by now. */
static bool is_running(const struct event_queue *queue, int64_t place)
{
    const struct running_event *running = queue->running;
    while (running && (running->event.place != place || running->resets != queue->lambda->resets))
        running = running->next;
    return running != NULL;
}

static void load_and_take_up(struct event_queue *queue, int64_t place)
{
    struct running_event *running = xcalloc(1, sizeof(*running));
    running->queue = queue;
    running->resets = queue->lambda->resets;
    if (lambda_event_find(queue->lambda->parts.store, place, &running->texts, &running->event))
        take_up(queue, running);
    else
        free_running(running);
}

static void begin_anew(struct event_queue *queue)
{
    queue->begins_anew = false;
    queue->was_refused = false;
    queue->passed_due_ms = INT64_MIN;
    queue->passed_place = 0;
}

/* Nothing is put off for longer than a throttle: what falls due after that was written when the
 * clock was ahead (it was set back, or moved before a restart). */
static bool is_due(int64_t due_ms)
{
    int64_t now_ms = clock_now_ms();
    return due_ms <= now_ms || due_ms > now_ms + THROTTLE_MAX_MS;
}

static void pump(void *owner)
{
    struct event_queue *queue = owner;
    if (queue->begins_anew || !queue->running_count)
        begin_anew(queue);
    int64_t due_ms = queue->passed_due_ms;
    int64_t place = queue->passed_place;
    queue->is_pumping = true;
    while (!queue->is_stopped && queue->running_count < RUNNING_MAX &&
           lambda_event_next(queue->lambda->parts.store, &due_ms, &place)) {
        bool runs = is_running(queue, place);
        if (!runs && !is_due(due_ms)) {
            schedule_set(queue->lambda->parts.schedule, &queue->entry, due_ms, pump, queue);
            break;
        }
        queue->passed_due_ms = due_ms;
        queue->passed_place = place;
        if (!runs)
            load_and_take_up(queue, place);
    }
    queue->is_pumping = false;
    if (queue->begins_anew || queue->was_refused)
        look_again(queue);
}

void event_queue_retry(struct event_queue *queue)
{
    queue->begins_anew = true;
    schedule_set(queue->lambda->parts.schedule, &queue->entry, clock_now_ms() + RETRY_MS, pump,
                 queue);
}

void event_queue_put(struct lambda *lambda, const struct lambda_event *event)
{
    struct lambda_event fresh = *event;
    fresh.queued_ms = clock_now_ms();
    fresh.due_ms = fresh.queued_ms;
    lambda_event_insert(lambda->parts.store, &fresh);
    note_due(lambda->events, fresh.due_ms);
    count(lambda->events, event, "AsyncEventsReceived");
    if (!lambda->events->is_pumping)
        refresh(lambda->events);
}

/* While events run, a clock that is advanced waits for them: they may be due again soon. Those from
 * before a reset never are. */
static bool is_busy(void *owner)
{
    const struct event_queue *queue = owner;
    const struct running_event *running = queue->running;
    while (running && running->resets != queue->lambda->resets)
        running = running->next;
    return running != NULL;
}

void event_queue_stop(struct event_queue *queue)
{
    queue->is_stopped = true;
    schedule_clear(queue->lambda->parts.schedule, &queue->entry);
}

struct event_queue *event_queue_create(struct lambda *lambda)
{
    struct event_queue *queue = xcalloc(1, sizeof(*queue));
    queue->lambda = lambda;
    schedule_wait_for(lambda->parts.schedule, is_busy, queue);
    refresh(queue);
    return queue;
}

void event_queue_destroy(struct event_queue *queue)
{
    if (!queue)
        return;
    event_queue_stop(queue);
    assert(!queue->running); /* the pool has ended them all */
    free(queue);
}
