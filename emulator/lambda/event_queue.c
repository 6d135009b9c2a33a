/*
 * The rows of lambda_event are the queue; in memory is only which of them run right now. A pump
 * takes what is due, and runs again when something falls due, comes in, or ends. Of one function no
 * more than a share runs at once, as many as of any other: the pump passes its further events by,
 * and comes back for them when one of its own has ended.
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
    SHARE_MAX = 256,   /* of one function at once; the rest waits on disk */
    RUNNING_MAX = 512, /* half an account's concurrency is left to callers who wait for answers */
    ROWS_MAX = 1000,   /* that one pump looks at: the loop has other things to do */
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

/* A function of which events run. */
struct share {
    struct share *next;
    struct function_key function; /* in `texts` */
    struct arena texts;
    int running_count;
    bool has_passed; /* events behind `passed` were passed by */
    struct lambda_event_position passed;
};

struct running_event {
    struct running_event *next;
    struct event_queue *queue;
    struct share *share;
    uint64_t resets; /* when it began to run */
    struct lambda_event event;
    struct arena texts;
};

struct event_queue {
    struct lambda *lambda;
    struct schedule_entry entry;
    struct running_event *running;
    int running_count;
    struct share *shares;
    /* Of the last that was taken up or passed by: a pump goes on behind it. */
    struct lambda_event_position passed;
    /* The first place of an event that came in this turn, which the disk may still refuse. */
    int64_t unsaved_from;
    int rows_left;    /* for the pump that is under way */
    bool begins_anew; /* nothing is known of what stands there: the next pump looks at all */
    bool was_refused; /* a write, or reading: it is tried again, but not at once */
    bool is_pumping;
    bool is_stopped;
};

/* The options of the event's qualifier, defaults filled in. */
struct retry_policy {
    int retries;
    int64_t age_max_ms;
};

static struct retry_policy policy_of(struct lambda *lambda, const struct lambda_event *event)
{
    struct arena arena = { 0 };
    struct event_invoke_config config;
    struct retry_policy policy = { RETRIES_DEFAULT, (int64_t)AGE_DEFAULT_S * MS_PER_SECOND };
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

/* Looks again, but not at once, for the disk may refuse again. */
static void try_again(struct event_queue *queue)
{
    queue->begins_anew = true;
    schedule_set(queue->lambda->parts.schedule, &queue->entry, clock_now_ms() + RETRY_MS, pump,
                 queue);
}

/* Something has ended, or was written behind the pump's back. */
static void look_again(struct event_queue *queue)
{
    if (queue->was_refused)
        try_again(queue);
    else
        refresh(queue);
}

static bool is_behind(const struct lambda_event_position *position,
                      const struct lambda_event_position *other)
{
    return position->due_ms > other->due_ms ||
           (position->due_ms == other->due_ms && position->place > other->place);
}

/* Goes back, if need be, so that this position is the next one behind. */
static void go_back_for(struct lambda_event_position *passed,
                        const struct lambda_event_position *position)
{
    if (!is_behind(position, passed))
        *passed = (struct lambda_event_position){ position->due_ms, position->place - 1 };
}

/* An event was written. Mostly it stands behind all others; but a clock can be set back, and a
 * place is given again when its event was the last and has gone. */
static void note_position(struct event_queue *queue, int64_t due_ms, int64_t place)
{
    const struct lambda_event_position position = { due_ms, place };
    go_back_for(&queue->passed, &position);
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
    struct retry_policy policy = policy_of(queue->lambda, event);
    event->due_ms = clock_now_ms() + delay_ms;
    if (event->due_ms > event->queued_ms + policy.age_max_ms) {
        delivery->condition = DELIVERY_EVENT_AGE_EXCEEDED;
        finish(queue, delivery);
        return;
    }
    begin_writing(queue);
    lambda_event_put_off(queue->lambda->parts.store, event);
    note_position(queue, event->due_ms, event->place);
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
    running->share->running_count--;
}

static void on_end(const struct invocation_result *result, const struct invocation_run *run,
                   void *owner)
{
    struct running_event *running = owner;
    struct event_queue *queue = running->queue;
    struct lambda_event *event = &running->event;
    struct delivery delivery = { event, DELIVERY_SUCCESS, event->attempts + 1, result,
                                 run->version };
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

static struct share *find_share(const struct event_queue *queue,
                                const struct function_key *function)
{
    struct share *share = queue->shares;
    while (share && !function_key_equal(&share->function, function))
        share = share->next;
    return share;
}

static struct share *obtain_share(struct event_queue *queue, const struct function_key *function)
{
    struct share *share = find_share(queue, function);
    if (share)
        return share;
    share = xcalloc(1, sizeof(*share));
    share->function = (struct function_key){
        arena_copy(&share->texts, text_from(function->account)),
        arena_copy(&share->texts, text_from(function->region)),
        arena_copy(&share->texts, text_from(function->name)),
    };
    share->next = queue->shares;
    queue->shares = share;
    return share;
}

static void forget_unused_shares(struct event_queue *queue)
{
    struct share **link = &queue->shares;
    while (*link) {
        struct share *share = *link;
        if (share->running_count || share->has_passed) {
            link = &share->next;
            continue;
        }
        *link = share->next;
        arena_clear(&share->texts);
        free(share);
    }
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
    running->share = obtain_share(queue, &event->function.key);
    running->share->running_count++;
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
    if (!target && !error.fault) {
        log_error("lambda", "an event waits: %s", error.message);
        queue->was_refused = true;
    } else if (!target) {
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
    struct store *store = queue->lambda->parts.store;
    uint64_t failures = store_failures(store);
    if (lambda_event_find(store, place, &running->texts, &running->event)) {
        take_up(queue, running);
        return;
    }
    queue->was_refused |= store_failures(store) != failures;
    free_running(running);
}

static void begin_anew(struct event_queue *queue)
{
    queue->begins_anew = false;
    queue->was_refused = false;
    queue->passed = (struct lambda_event_position){ INT64_MIN, 0 };
    for (struct share *share = queue->shares; share; share = share->next)
        share->has_passed = false;
}

/* Nothing is put off for longer than a throttle: what falls due after that was written when the
 * clock was ahead (it was set back, or moved before a restart). */
static bool is_due(int64_t due_ms)
{
    int64_t now_ms = clock_now_ms();
    return due_ms <= now_ms || due_ms > now_ms + THROTTLE_MAX_MS;
}

static bool has_room(const struct event_queue *queue)
{
    return !queue->is_stopped && queue->running_count < RUNNING_MAX && queue->rows_left > 0;
}

/* Whether an event has to wait for others of its function, that run or were passed by before. */
static bool pass_by(struct event_queue *queue, const struct function_key *function,
                    const struct lambda_event_position *position)
{
    struct share *share = find_share(queue, function);
    if (!share || (!share->has_passed && share->running_count < SHARE_MAX))
        return false;
    if (!share->has_passed)
        share->passed = *position;
    share->has_passed = true;
    go_back_for(&share->passed, position);
    return true;
}

static bool next_row(struct event_queue *queue, struct lambda_event_position *position,
                     struct arena *arena, struct function_key *function_out)
{
    struct store *store = queue->lambda->parts.store;
    uint64_t failures = store_failures(store);
    queue->rows_left--;
    bool found = lambda_event_next(store, position, arena, function_out);
    queue->was_refused |= store_failures(store) != failures;
    return found;
}

/* The next event that nobody has looked at. False if there is none now. */
static bool take_next(struct event_queue *queue)
{
    struct arena texts = { 0 };
    struct function_key function;
    struct lambda_event_position position = queue->passed;
    bool is_taken = false;
    while (!is_taken && has_room(queue) && next_row(queue, &position, &texts, &function)) {
        bool is_ready = is_due(position.due_ms);
        if (position.place >= queue->unsaved_from)
            break; /* event_queue_saved() goes on here */
        if (!is_ready && !is_running(queue, position.place)) {
            schedule_set(queue->lambda->parts.schedule, &queue->entry, position.due_ms, pump,
                         queue);
            break;
        }
        queue->passed = position;
        is_taken =
            is_ready && !pass_by(queue, &function, &position) && !is_running(queue, position.place);
        if (is_taken)
            load_and_take_up(queue, position.place);
        arena_clear(&texts);
    }
    arena_clear(&texts);
    return is_taken;
}

/* The next event of the function's that was passed by. False if there is none, or no room. */
static bool take_passed(struct event_queue *queue, struct share *share)
{
    struct arena texts = { 0 };
    struct function_key function;
    bool is_taken = false;
    while (!is_taken && share->has_passed && share->running_count < SHARE_MAX && has_room(queue)) {
        share->has_passed = next_row(queue, &share->passed, &texts, &function) &&
                            !is_behind(&share->passed, &queue->passed);
        is_taken = share->has_passed && function_key_equal(&function, &share->function) &&
                   !is_running(queue, share->passed.place);
        if (is_taken)
            load_and_take_up(queue, share->passed.place);
        arena_clear(&texts);
    }
    return is_taken;
}

static bool take_passed_of_each(struct event_queue *queue)
{
    bool is_taken = false;
    for (struct share *share = queue->shares; share; share = share->next)
        is_taken |= take_passed(queue, share);
    return is_taken;
}

static void pump(void *owner)
{
    struct event_queue *queue = owner;
    if (queue->begins_anew || !queue->running_count)
        begin_anew(queue);
    queue->is_pumping = true;
    queue->rows_left = ROWS_MAX;
    bool goes_on = true;
    while (goes_on) {
        goes_on = take_next(queue);
        goes_on |= take_passed_of_each(queue);
    }
    queue->is_pumping = false;
    forget_unused_shares(queue);
    if (queue->begins_anew || queue->was_refused)
        look_again(queue);
    else if (queue->rows_left <= 0)
        refresh(queue);
}

bool event_queue_saved(struct event_queue *queue)
{
    if (queue->unsaved_from == INT64_MAX)
        return false;
    queue->unsaved_from = INT64_MAX;
    refresh(queue);
    return true;
}

void event_queue_undone(struct event_queue *queue)
{
    queue->unsaved_from = INT64_MAX;
    try_again(queue);
}

void event_queue_put(struct lambda *lambda, const struct lambda_event *event)
{
    struct lambda_event fresh = *event;
    fresh.queued_ms = clock_now_ms();
    fresh.due_ms = fresh.queued_ms;
    fresh.place = lambda_event_insert(lambda->parts.store, &fresh);
    note_position(lambda->events, fresh.due_ms, fresh.place);
    if (fresh.place < lambda->events->unsaved_from)
        lambda->events->unsaved_from = fresh.place;
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
    queue->unsaved_from = INT64_MAX;
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
    begin_anew(queue);
    forget_unused_shares(queue);
    free(queue);
}
