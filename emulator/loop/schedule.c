#include "loop/schedule.h"

#include <assert.h>
#include <stddef.h>

#include "clock.h"
#include "xalloc.h"

enum {
    BUSY_MAX = 8,
    STEP_MS = 1000, /* by which a clock is set, not adjusted */
    US_PER_MS = 1000,
};

struct advance {
    struct advance *next;
    int64_t by_ms;
    int64_t target_ms; /* of the first, which is under way */
    void (*on_done)(void *owner);
    void *owner;
};

struct waiter {
    struct waiter *next;
    void (*on_done)(void *owner);
    void *owner;
};

struct schedule {
    struct loop *loop;
    struct schedule_entry *entries; /* few: those of one kind share one, set to the first of them */
    struct loop_timer *timer;
    int64_t ahead_ms; /* true time, of monotonic time */
    struct advance *advances;
    struct waiter *waiters; /* for what is due by now */
    struct {
        bool (*is_busy)(void *owner);
        void *owner;
    } busy[BUSY_MAX];
    int busy_count;
};

/* The first that becomes due; NULL if nothing is set. */
static struct schedule_entry *find_first(const struct schedule *schedule)
{
    struct schedule_entry *first = NULL;
    for (struct schedule_entry *entry = schedule->entries; entry; entry = entry->next)
        if (!first || entry->due_ms < first->due_ms)
            first = entry;
    return first;
}

static void remove_entry(struct schedule *schedule, struct schedule_entry *entry)
{
    struct schedule_entry **link = &schedule->entries;
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    entry->next = NULL;
    entry->is_set = false;
}

/* Runs what is due by now; true if anything was. What that sets anew waits for the next round. */
static bool run_due(struct schedule *schedule)
{
    int64_t now_ms = clock_now_ms();
    struct schedule_entry *first = find_first(schedule);
    if (!first || first->due_ms > now_ms)
        return false;
    remove_entry(schedule, first);
    first->function(first->owner);
    return true;
}

static void on_timer(void *owner)
{
    struct schedule *schedule = owner;
    loop_timer_stop(&schedule->timer);
    loop_wake(schedule->loop); /* the hook does the rest */
}

/* A lapse that had begun would last until the time that was left. */
static void make_all_due(struct schedule *schedule)
{
    int64_t now_ms = clock_now_ms();
    for (struct schedule_entry *entry = schedule->entries; entry; entry = entry->next)
        if (entry->due_ms > now_ms)
            entry->due_ms = now_ms;
}

/* Nobody says that the machine's clock was set. */
static void notice_step(struct schedule *schedule)
{
    int64_t ahead_ms = clock_true_ms() - clock_monotonic_us() / US_PER_MS;
    if (ahead_ms < schedule->ahead_ms - STEP_MS && clock_get_mode() != CLOCK_FROZEN)
        make_all_due(schedule);
    schedule->ahead_ms = ahead_ms;
}

static void set_timer(struct schedule *schedule)
{
    notice_step(schedule);
    const struct schedule_entry *first = find_first(schedule);
    int64_t wait_ms = first ? clock_wait_ms(first->due_ms) : -1;
    loop_timer_stop(&schedule->timer);
    if (wait_ms >= 0)
        schedule->timer = loop_timer_start(schedule->loop, wait_ms, 0, on_timer, schedule);
}

static bool must_wait(const struct schedule *schedule)
{
    for (int i = 0; i < schedule->busy_count; i++)
        if (schedule->busy[i].is_busy(schedule->busy[i].owner))
            return true;
    return false;
}

/* The first, if there is one. */
static void begin_advance(struct schedule *schedule)
{
    if (schedule->advances)
        schedule->advances->target_ms = clock_now_ms() + schedule->advances->by_ms;
}

static void finish_advance(struct schedule *schedule)
{
    struct advance *advance = schedule->advances;
    schedule->advances = advance->next;
    if (clock_now_ms() < advance->target_ms)
        clock_set_now_ms(advance->target_ms);
    begin_advance(schedule);
    advance->on_done(advance->owner);
    free(advance);
    set_timer(schedule);
    loop_wake(schedule->loop); /* whoever waits for a turn to end sees it */
}

/* One step of the advance under way; true if something happened. */
static bool step(struct schedule *schedule)
{
    const struct schedule_entry *first = find_first(schedule);
    if (!first || first->due_ms > schedule->advances->target_ms) {
        finish_advance(schedule);
        return true;
    }
    if (clock_now_ms() < first->due_ms)
        clock_set_now_ms(first->due_ms);
    return run_due(schedule);
}

/* Nothing is due. True if anybody waited for that. */
static bool tell_waiters(struct schedule *schedule)
{
    bool did_something = schedule->waiters != NULL;
    while (schedule->waiters) {
        struct waiter *waiter = schedule->waiters;
        schedule->waiters = waiter->next;
        waiter->on_done(waiter->owner);
        free(waiter);
    }
    return did_something;
}

static bool before_sleep(void *owner)
{
    struct schedule *schedule = owner;
    if (schedule->advances && !must_wait(schedule))
        return step(schedule);
    bool did_something = false;
    while (run_due(schedule))
        did_something = true;
    did_something |= tell_waiters(schedule);
    if (did_something || (!schedule->timer && schedule->entries))
        set_timer(schedule);
    return did_something;
}

struct schedule *schedule_create(struct loop *loop)
{
    struct schedule *schedule = xcalloc(1, sizeof(*schedule));
    schedule->loop = loop;
    schedule->ahead_ms = INT64_MIN + STEP_MS;
    loop_before_sleep(loop, before_sleep, schedule);
    return schedule;
}

void schedule_destroy(struct schedule *schedule)
{
    if (!schedule)
        return;
    loop_forget_hook(schedule->loop, schedule);
    loop_timer_stop(&schedule->timer);
    while (schedule->advances) {
        struct advance *next = schedule->advances->next;
        free(schedule->advances);
        schedule->advances = next;
    }
    while (schedule->waiters) {
        struct waiter *next = schedule->waiters->next;
        free(schedule->waiters);
        schedule->waiters = next;
    }
    free(schedule);
}

void schedule_set(struct schedule *schedule, struct schedule_entry *entry, int64_t due_ms,
                  void (*function)(void *owner), void *owner)
{
    if (entry->is_set)
        remove_entry(schedule, entry);
    *entry = (struct schedule_entry){ .next = schedule->entries,
                                      .is_set = true,
                                      .due_ms = due_ms,
                                      .function = function,
                                      .owner = owner };
    schedule->entries = entry;
    set_timer(schedule);
}

void schedule_clear(struct schedule *schedule, struct schedule_entry *entry)
{
    if (entry->is_set)
        remove_entry(schedule, entry);
}

void schedule_clock_changed(struct schedule *schedule, int64_t before_ms)
{
    int64_t now_ms = clock_now_ms();
    if (now_ms < before_ms)
        make_all_due(schedule);
    if (schedule->advances)
        schedule->advances->target_ms += now_ms - before_ms;
    set_timer(schedule);
}

void schedule_wait_for(struct schedule *schedule, bool (*is_busy)(void *owner), void *owner)
{
    assert(schedule->busy_count < BUSY_MAX);
    schedule->busy[schedule->busy_count].is_busy = is_busy;
    schedule->busy[schedule->busy_count++].owner = owner;
}

void schedule_advance(struct schedule *schedule, int64_t by_ms, void (*on_done)(void *owner),
                      void *owner)
{
    struct advance *advance = xcalloc(1, sizeof(*advance));
    struct advance **last = &schedule->advances;
    *advance = (struct advance){ .by_ms = by_ms, .on_done = on_done, .owner = owner };
    while (*last)
        last = &(*last)->next;
    *last = advance;
    if (advance == schedule->advances)
        begin_advance(schedule);
    loop_wake(schedule->loop);
}

void schedule_when_done(struct schedule *schedule, void (*on_done)(void *owner), void *owner)
{
    struct waiter *waiter = xcalloc(1, sizeof(*waiter));
    *waiter = (struct waiter){ .next = schedule->waiters, .on_done = on_done, .owner = owner };
    schedule->waiters = waiter;
    loop_wake(schedule->loop);
}
