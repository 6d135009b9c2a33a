/* schedule and clock: what is due happens at its time, however time runs. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "loop/schedule.h"
#include "support/suite.h"

enum { MINUTE_MS = 60 * 1000, EVENTS_MAX = 16 };

static int64_t step_s;  /* by which the machine's clock was set */
static int64_t held_ms; /* what the machine's clock says, 0 if it runs */

/* Instead of the C library's. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME && held_ms != 0)
        *now = (struct timespec){ held_ms / 1000, held_ms % 1000 * 1000000 };
    else if (clock == CLOCK_REALTIME)
        now->tv_sec += step_s;
    return result;
}

static struct loop *loop;
static struct schedule *schedule;
static int64_t epoch_ms;
static struct {
    int name;
    int64_t at_ms;
} events[EVENTS_MAX];
static int event_count;
static bool is_finished;
static bool is_working;
static struct schedule_entry entries[4];

static void start(enum clock_mode mode, double scale)
{
    loop = loop_create();
    schedule = schedule_create(loop);
    clock_set_mode(mode, scale);
    epoch_ms = clock_now_ms();
    event_count = 0;
    is_finished = false;
    memset(entries, 0, sizeof(entries));
}

static void end(void)
{
    schedule_destroy(schedule);
    loop_destroy(loop);
}

static void on_event(void *owner)
{
    events[event_count].name = (int)((struct schedule_entry *)owner - entries);
    events[event_count++].at_ms = clock_now_ms() - epoch_ms;
}

static void set(int name, int64_t after_ms)
{
    schedule_set(schedule, &entries[name], epoch_ms + after_ms, on_event, &entries[name]);
}

static void on_finished(void *owner UNUSED)
{
    is_finished = true;
}

static void advance(int64_t by_ms)
{
    is_finished = false;
    schedule_advance(schedule, by_ms, on_finished, NULL);
    loop_run_until(loop, &is_finished);
}

START_TEST(what_falls_due_on_the_way_happens_in_order_at_its_own_time)
{
    start(CLOCK_FROZEN, 0);
    set(0, 3 * MINUTE_MS);
    set(1, 1 * MINUTE_MS);
    set(2, 2 * MINUTE_MS);
    set(3, 6 * MINUTE_MS);
    set(2, 4 * MINUTE_MS); /* put off */
    advance(5 * MINUTE_MS);
    ck_assert_int_eq(event_count, 3);
    static const int names[] = { 1, 0, 2 };
    static const int64_t minutes[] = { 1, 3, 4 };
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(events[i].name, names[i]);
        ck_assert_int_eq(events[i].at_ms, minutes[i] * MINUTE_MS);
    }
    ck_assert_int_eq(clock_now_ms() - epoch_ms, 5 * MINUTE_MS);
    schedule_clear(schedule, &entries[3]);
    advance(5 * MINUTE_MS);
    ck_assert_int_eq(event_count, 3);
    end();
}
END_TEST

/* Sets itself again each minute, as an alarm does. */
static void on_minute(void *owner)
{
    on_event(owner);
    schedule_set(schedule, owner, clock_now_ms() + MINUTE_MS, on_minute, owner);
}

START_TEST(what_sets_itself_again_is_lived_through)
{
    start(CLOCK_FROZEN, 0);
    schedule_set(schedule, &entries[0], epoch_ms + MINUTE_MS, on_minute, &entries[0]);
    advance(10 * MINUTE_MS);
    ck_assert_int_eq(event_count, 10);
    ck_assert_int_eq(events[9].at_ms, 10 * MINUTE_MS);
    end();
}
END_TEST

static void on_worked(void *owner UNUSED)
{
    is_working = false;
}

static void nothing(void *owner UNUSED)
{
}

static void on_start_work(void *owner)
{
    on_event(owner);
    is_working = true;
    loop_work(loop, nothing, on_worked, NULL);
}

static bool is_busy(void *owner UNUSED)
{
    return is_working;
}

START_TEST(work_that_a_due_time_began_is_waited_for)
{
    start(CLOCK_FROZEN, 0);
    schedule_wait_for(schedule, is_busy, NULL);
    schedule_set(schedule, &entries[0], epoch_ms + MINUTE_MS, on_start_work, &entries[0]);
    set(1, 2 * MINUTE_MS);
    advance(3 * MINUTE_MS);
    ck_assert(!is_working);
    ck_assert_int_eq(event_count, 2);
    end();
}
END_TEST

START_TEST(without_advancing_it_follows_the_clock)
{
    start(CLOCK_SCALED, 60000); /* a minute is a millisecond */
    schedule_set(schedule, &entries[0], epoch_ms + MINUTE_MS, on_finished, NULL);
    loop_run_until(loop, &is_finished);
    ck_assert_int_ge(clock_now_ms() - epoch_ms, MINUTE_MS);
    clock_set_mode(CLOCK_REAL, 1);
    end();
}
END_TEST

START_TEST(a_standing_clock_comes_to_nothing)
{
    start(CLOCK_FROZEN, 0);
    ck_assert_int_eq(clock_wait_ms(epoch_ms + 1), -1);
    ck_assert_int_eq(clock_wait_ms(epoch_ms), 0);
    end();
}
END_TEST

START_TEST(a_mode_changes_without_a_jump)
{
    static const struct {
        enum clock_mode mode;
        double scale;
        int64_t passed_ms; /* of service time, in three milliseconds of the machine's */
    } rows[] = { { CLOCK_SCALED, 10, 30 },
                 { CLOCK_REAL, 1, 3 },
                 { CLOCK_SCALED, 0.5, 1 },
                 { CLOCK_FROZEN, 0, 0 } };
    start(CLOCK_FROZEN, 0);
    held_ms = epoch_ms;
    int64_t expected_ms = epoch_ms + MINUTE_MS;
    clock_set_now_ms(expected_ms);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        clock_set_mode(rows[i].mode, rows[i].scale);
        ck_assert_int_eq(clock_now_ms(), expected_ms);
        held_ms += 3;
        expected_ms += rows[i].passed_ms;
        ck_assert_int_eq(clock_now_ms(), expected_ms);
    }
    held_ms = 0;
    end();
}
END_TEST

START_TEST(the_wait_for_a_time_is_as_long_as_the_clock_is_slow)
{
    static const struct {
        double scale;
        int64_t wait_ms; /* for a minute */
    } rows[] = { { 1, MINUTE_MS }, { 10, MINUTE_MS / 10 }, { 7, 8572 }, { 0.5, 2 * MINUTE_MS } };
    start(CLOCK_FROZEN, 0);
    held_ms = epoch_ms;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        clock_set_mode(CLOCK_SCALED, rows[i].scale);
        ck_assert_int_eq(clock_wait_ms(clock_now_ms() + MINUTE_MS), rows[i].wait_ms);
    }
    clock_set_mode(CLOCK_SCALED, 1e-300); /* more than a number of milliseconds can say */
    ck_assert_int_gt(clock_wait_ms(clock_now_ms() + 1), INT64_C(1000) * 365 * 24 * 60 * MINUTE_MS);
    held_ms = 0;
    end();
}
END_TEST

static void look(void)
{
    loop_wake(loop);
    loop_turn(loop);
}

static void set_flag(void *flag)
{
    *(bool *)flag = true;
}

START_TEST(advances_follow_one_another)
{
    bool is_first_done = false;
    start(CLOCK_FROZEN, 0);
    schedule_advance(schedule, 2 * MINUTE_MS, set_flag, &is_first_done);
    schedule_advance(schedule, 3 * MINUTE_MS, on_finished, NULL);
    loop_run_until(loop, &is_finished);
    ck_assert(is_first_done);
    ck_assert_int_eq(clock_now_ms() - epoch_ms, 5 * MINUTE_MS);
    end();
}
END_TEST

START_TEST(an_advance_goes_on_from_the_time_that_is_set_meanwhile)
{
    static const int64_t steps_ms[] = { 1000 * MINUTE_MS, -1000 * MINUTE_MS };
    for (size_t i = 0; i < COUNT_OF(steps_ms); i++) {
        start(CLOCK_FROZEN, 0);
        schedule_wait_for(schedule, is_busy, NULL);
        is_working = true;
        schedule_advance(schedule, 3 * MINUTE_MS, on_finished, NULL);
        look();
        clock_set_now_ms(epoch_ms + steps_ms[i]);
        schedule_clock_changed(schedule, epoch_ms);
        is_working = false;
        loop_wake(loop);
        loop_run_until(loop, &is_finished);
        ck_assert_int_eq(clock_now_ms() - epoch_ms, steps_ms[i] + 3 * MINUTE_MS);
        clock_set_now_ms(epoch_ms);
        end();
    }
}
END_TEST

/* The last one waits in vain, and is freed: LeakSanitizer would tell. */
START_TEST(what_is_due_is_waited_for_without_the_work_that_goes_on)
{
    bool is_done = false;
    start(CLOCK_FROZEN, 0);
    schedule_wait_for(schedule, is_busy, NULL);
    is_working = true;
    schedule_advance(schedule, 3 * MINUTE_MS, on_finished, NULL);
    set(0, MINUTE_MS);
    set(1, 5 * MINUTE_MS);
    clock_set_now_ms(epoch_ms + 2 * MINUTE_MS);
    schedule_clock_changed(schedule, epoch_ms);
    schedule_when_done(schedule, set_flag, &is_done);
    ck_assert(!is_done && event_count == 0);
    loop_run_until(loop, &is_done);
    ck_assert(event_count == 1 && events[0].name == 0 && !is_finished);
    schedule_when_done(schedule, set_flag, &is_done);
    is_working = false;
    clock_set_now_ms(epoch_ms);
    end();
}
END_TEST

START_TEST(when_time_goes_back_all_that_is_set_is_looked_at)
{
    start(CLOCK_FROZEN, 0);
    set(0, 3 * MINUTE_MS);
    set(1, 1 * MINUTE_MS);
    clock_set_now_ms(epoch_ms + MINUTE_MS / 2);
    schedule_clock_changed(schedule, epoch_ms);
    look();
    ck_assert_int_eq(event_count, 0);
    clock_set_now_ms(epoch_ms - 1000 * MINUTE_MS);
    schedule_clock_changed(schedule, epoch_ms + MINUTE_MS / 2);
    look();
    ck_assert_int_eq(event_count, 2);
    clock_set_now_ms(epoch_ms);
    end();
}
END_TEST

static void on_last(void *owner)
{
    on_event(owner);
    is_finished = true;
}

static void on_step(void *owner UNUSED)
{
    step_s = -60LL * 60 * 24;
    set(2, -60LL * 60 * 24 * 1000); /* due at once: somebody goes on as ever */
}

START_TEST(nobody_waits_longer_when_the_machine_s_clock_is_set_back)
{
    start(CLOCK_REAL, 1);
    struct loop_timer *stepping = loop_timer_start(loop, 0, 0, on_step, NULL);
    set(0, MINUTE_MS);
    schedule_set(schedule, &entries[1], epoch_ms + 60LL * MINUTE_MS, on_last, &entries[1]);
    loop_run_until(loop, &is_finished);
    loop_timer_stop(&stepping);
    end();
}
END_TEST

SUITE("schedule", nobody_waits_longer_when_the_machine_s_clock_is_set_back,
      what_falls_due_on_the_way_happens_in_order_at_its_own_time,
      what_sets_itself_again_is_lived_through, work_that_a_due_time_began_is_waited_for,
      without_advancing_it_follows_the_clock, a_standing_clock_comes_to_nothing,
      a_mode_changes_without_a_jump, the_wait_for_a_time_is_as_long_as_the_clock_is_slow,
      when_time_goes_back_all_that_is_set_is_looked_at, advances_follow_one_another,
      an_advance_goes_on_from_the_time_that_is_set_meanwhile,
      what_is_due_is_waited_for_without_the_work_that_goes_on)
