/*
 * Which environment runs what, and who waits for whom.
 */
#include "support/suite.h"

#include <sys/epoll.h>
#include <sys/wait.h>

#include "clock.h"
#include "support/limits.h"
#include "support/pool_bench.h"

#define NODE "nodejs20.x"

/* Counts what its process has run, and takes its time if asked to. Those that wait, and those that
 * boot with broken code, go on when there is a file "go". */
static const char counter_js[] =
    "let count = 0;\n"
    "const fs = require('fs'), root = process.env.LAMBDA_TASK_ROOT;\n"
    "const isThere = (name) => fs.existsSync(root + '/' + name);\n"
    "while (isThere('broken') && !isThere('go'));\n"
    "if (isThere('broken')) process.exit(1);\n"
    "exports.handler = async (event) => {\n"
    "  count++;\n"
    "  while (event.wait && !isThere('go'));\n"
    "  if (event.exit) process.exit(1);\n"
    "  if (event.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));\n"
    "  return { count };\n"
    "};\n";

/* From now on who waits is no reason to start a process, whatever the machine has to do besides. */
static void make_boots_expensive(const struct bench *bench)
{
    bench_lane(bench)->cold_ms = 1e6;
    bench->pool->cpu_count = 1;
}

/* Two at once, until both are at work and have ended: on a busy machine the first could be over
 * before the second process is there. */
static void run_two_at_once(struct bench *bench, const struct sandbox_plan *plan,
                            struct ending *first, struct ending *second)
{
    bench_submit(bench, plan, TEXT("{\"wait\":1}"), first);
    bench_submit(bench, plan, TEXT("{\"wait\":1}"), second);
    ck_assert_uint_eq(pool_pending(bench->pool), 2);
    const struct link *busy = &bench_lane(bench)->busy;
    while (busy->after == busy->before)
        loop_turn(bench->loop);
    bench_write(plan->code_directory, "go", "", 0644);
    bench_wait(bench, first);
    bench_wait(bench, second);
}

START_TEST(two_at_once_use_two_environments)
{
    struct bench bench;
    struct ending first;
    struct ending second;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    run_two_at_once(&bench, &plan, &first, &second);
    ck_assert_str_eq(first.payload, "{\"count\":1}");
    ck_assert_str_eq(second.payload, "{\"count\":1}");
    ck_assert_str_ne(first.log_stream, second.log_stream);
    ck_assert_uint_eq(pool_pending(bench.pool), 0);
    ending_clear(&first);
    ending_clear(&second);
    bench_clear(&bench);
}
END_TEST

START_TEST(at_the_ceiling_invocations_wait_their_turn)
{
    struct bench bench;
    struct ending endings[4];
    bench_init(&bench, 1);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    for (int i = 0; i < 4; i++)
        bench_submit(&bench, &plan, TEXT("{\"sleep\":20}"), &endings[i]);
    for (int i = 0; i < 4; i++) {
        CLEANUP(freep) char *expected = xformat("{\"count\":%d}", i + 1);
        bench_wait(&bench, &endings[i]);
        ck_assert_str_eq(endings[i].payload, expected);
        ck_assert_str_eq(endings[i].log_stream, endings[0].log_stream);
    }
    for (int i = 0; i < 4; i++)
        ending_clear(&endings[i]);
    bench_clear(&bench);
}
END_TEST

/* More than are sent ahead, behind one that turns out to be slow and has them given back; then one
 * of another function, and one that came after it. */
START_TEST(at_the_ceiling_nobody_loses_a_turn_to_what_is_sent_ahead)
{
    enum { COUNT = 20 };
    struct bench bench;
    struct ending endings[COUNT];
    struct ending other;
    struct ending again;
    bench_init(&bench, 1);
    struct sandbox_plan one = bench_function(&bench, NODE, "index.js", counter_js);
    struct sandbox_plan two = bench_function(&bench, NODE, "index.js", counter_js);
    bench_invoke(&bench, &one, "{}", &endings[0]);
    bench_lane(&bench)->handler_ms = 0.001;
    for (int i = 1; i < COUNT; i++)
        bench_submit(&bench, &one, i == 1 ? TEXT("{\"wait\":1}") : TEXT("{}"), &endings[i]);
    bench_submit(&bench, &two, TEXT("{}"), &other);
    bench_submit(&bench, &one, TEXT("{}"), &again);
    while (bench_busy(bench_lane(&bench))->ahead.count)
        loop_turn(bench.loop);
    bench_write(one.code_directory, "go", "", 0644);
    bench_wait(&bench, &again);
    ck_assert_msg(other.is_done, "the lane that had nothing was overtaken");
    ck_assert_str_eq(again.payload, "{\"count\":1}");
    for (int i = 0; i < COUNT; i++) {
        CLEANUP(freep) char *expected = xformat("{\"count\":%d}", i + 1);
        ck_assert_str_eq(endings[i].payload, expected);
        ending_clear(&endings[i]);
    }
    ending_clear(&other);
    ending_clear(&again);
    bench_clear(&bench);
}
END_TEST

START_TEST(at_the_ceiling_idle_environments_of_others_make_room)
{
    struct bench bench;
    struct ending busy;
    struct ending other;
    struct ending again;
    bench_init(&bench, 1);
    struct sandbox_plan one = bench_function(&bench, NODE, "index.js", counter_js);
    struct sandbox_plan two = bench_function(&bench, NODE, "index.js", counter_js);
    bench_submit(&bench, &one, TEXT("{\"sleep\":100}"), &busy);
    bench_submit(&bench, &two, TEXT("{}"), &other);
    bench_submit(&bench, &one, TEXT("{}"), &again);
    bench_wait(&bench, &again);
    ck_assert_msg(other.is_done, "the lane that had nothing was overtaken");
    ck_assert_str_eq(busy.payload, "{\"count\":1}");
    ck_assert_str_eq(other.payload, "{\"count\":1}");
    ck_assert_str_eq(again.payload, "{\"count\":1}");
    ending_clear(&busy);
    ending_clear(&other);
    ending_clear(&again);
    bench_clear(&bench);
}
END_TEST

/* One at work, which ends when there is a file "go", and one of another function that waits. */
static void fill_up(struct bench *bench, struct sandbox_plan plans[2], struct ending endings[2])
{
    static const char *const events[] = { "{\"wait\":1}", "{}" };
    bench_init(bench, 1);
    bench->pool->stuck_us = 0;
    for (int i = 0; i < 2; i++) {
        plans[i] = bench_function(bench, NODE, "index.js", counter_js);
        bench_submit(bench, &plans[i], text_from(events[i]), &endings[i]);
    }
}

/* The first may call the second, and wait for its answer. */
START_TEST(where_nothing_moves_a_function_without_a_process_gets_one_beyond_the_ceiling)
{
    struct bench bench;
    struct sandbox_plan plans[2];
    struct ending endings[2];
    fill_up(&bench, plans, endings);
    bench.pool->is_ceiling_soft = true;
    bench_wait(&bench, &endings[1]);
    ck_assert(!endings[0].is_done);
    ck_assert_int_eq(bench.pool->count, 2);
    bench_write(plans[0].code_directory, "go", "", 0644);
    bench_wait(&bench, &endings[0]);
    pool_return_excess(bench.pool);
    ck_assert_int_eq(bench.pool->count, 1);
    for (int i = 0; i < 2; i++)
        ending_clear(&endings[i]);
    bench_clear(&bench);
}
END_TEST

/* Who waits for it may need it again. */
START_TEST(beyond_the_ceiling_what_rests_makes_no_room_for_one_that_has_processes)
{
    struct bench bench;
    struct sandbox_plan plans[2];
    struct ending endings[2];
    struct ending another;
    fill_up(&bench, plans, endings);
    bench.pool->is_ceiling_soft = true;
    bench_wait(&bench, &endings[1]);
    ending_clear(&endings[1]);
    bench_submit(&bench, &plans[0], TEXT("{}"), &another);
    while (!another.is_done && !lane_is_overdue(bench_lane(&bench)))
        loop_turn(bench.loop);
    int ticks = bench_lane(&bench)->pressed_ticks;
    while (!another.is_done && bench_lane(&bench)->pressed_ticks == ticks)
        loop_turn(bench.loop);
    ck_assert_int_eq(bench_lane(&bench)->count, 1);
    bench_invoke(&bench, &plans[1], "{}", &endings[1]);
    ck_assert_str_eq(endings[1].payload, "{\"count\":2}");
    bench_write(plans[0].code_directory, "go", "", 0644);
    bench_wait(&bench, &another);
    for (int i = 0; i < 2; i++)
        ending_clear(&endings[i]);
    ending_clear(&another);
    bench_clear(&bench);
}
END_TEST

START_TEST(a_ceiling_that_was_asked_for_holds_though_nothing_moves)
{
    struct bench bench;
    struct sandbox_plan plans[2];
    struct ending endings[2];
    fill_up(&bench, plans, endings);
    const struct lane *last = LANE(bench.pool->lanes.before, in_lanes);
    while (last->pressed_ticks < 2)
        loop_turn(bench.loop);
    ck_assert_int_eq(bench.pool->count, 1);
    bench_write(plans[0].code_directory, "go", "", 0644);
    for (int i = 0; i < 2; i++) {
        bench_wait(&bench, &endings[i]);
        ending_clear(&endings[i]);
    }
    bench_clear(&bench);
}
END_TEST

START_TEST(short_invocations_queue_rather_than_start_processes)
{
    struct bench bench;
    struct ending endings[8];
    bench_init(&bench, 0);
    struct sandbox_plan plan =
        bench_function(&bench, NODE, "index.js", "exports.handler = async () => 1;");
    for (int i = 0; i < 4; i++) {
        bench_invoke(&bench, &plan, "{}", &endings[0]);
        ending_clear(&endings[0]);
    }
    make_boots_expensive(&bench);
    for (int i = 0; i < 8; i++)
        bench_submit(&bench, &plan, TEXT("{}"), &endings[i]);
    for (int i = 0; i < 8; i++) {
        bench_wait(&bench, &endings[i]);
        ck_assert_double_lt(endings[i].result.init_ms, 0);
        ending_clear(&endings[i]);
    }
    bench_clear(&bench);
}
END_TEST

static void be_slow_suddenly(int cpu_count)
{
    struct bench bench;
    struct ending slow;
    struct ending quick;
    bench_init(&bench, 0);
    bench.pool->cpu_count = cpu_count;
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    for (int i = 0; i < 20; i++) {
        bench_invoke(&bench, &plan, "{}", &quick);
        ending_clear(&quick);
    }
    bench_submit(&bench, &plan, TEXT("{\"sleep\":600000}"), &slow);
    bench_submit(&bench, &plan, TEXT("{}"), &quick);
    bench_wait(&bench, &quick);
    ck_assert(!slow.is_done);
    ending_clear(&quick);
    bench_clear(&bench);
    ck_assert(slow.is_done);
    ck_assert_int_eq(slow.result.end, INVOCATION_EXIT);
    ending_clear(&slow);
}

START_TEST(a_sudden_slow_handler_does_not_hold_others_up)
{
    be_slow_suddenly(2); /* a processor has nothing to do */
    be_slow_suddenly(1); /* none has, but two boots are long enough to wait */
}
END_TEST

/* The next boot begins before the end of the last is told. */
START_TEST(a_boot_that_failed_has_its_own_log_while_the_next_begins)
{
    struct bench bench;
    struct ending endings[2];
    bench_init(&bench, 1);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", "process.exit(3);");
    for (int i = 0; i < 2; i++)
        bench_submit(&bench, &plan, TEXT("{}"), &endings[i]);
    for (int i = 0; i < 2; i++) {
        bench_wait(&bench, &endings[i]);
        ck_assert_ptr_nonnull(strstr(endings[i].init_log, "INIT_START "));
        ck_assert_ptr_nonnull(strstr(endings[i].log, "INIT_REPORT "));
        ending_clear(&endings[i]);
    }
    bench_clear(&bench);
}
END_TEST

START_TEST(without_descriptors_for_another_process_invocations_wait)
{
    struct bench bench;
    struct ending first;
    struct ending second;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    bench_invoke(&bench, &plan, "{\"sleep\":100}", &first);
    ending_clear(&first);
    limit_use_up_descriptors();
    bench_submit(&bench, &plan, TEXT("{\"sleep\":300}"), &first);
    bench_submit(&bench, &plan, TEXT("{}"), &second);
    bench_wait(&bench, &second);
    ck_assert_str_eq(second.payload, "{\"count\":3}");
    ending_clear(&first);
    ending_clear(&second);
    bench_clear(&bench);
}
END_TEST

/* The timer that looks after those who wait becomes due in the turn that brings an invocation. */
START_TEST(one_that_came_just_now_has_the_idle_environment)
{
    struct bench bench;
    struct ending first;
    struct ending booting;
    struct ending second;
    bench_init(&bench, 2);
    struct sandbox_plan one = bench_function(&bench, NODE, "index.js", counter_js);
    struct sandbox_plan two = bench_function(&bench, NODE, "index.js", counter_js);
    bench_invoke(&bench, &one, "{}", &first);
    bench_submit(&bench, &two, TEXT("{}"), &booting);
    bench_turn(&bench); /* the timer runs: 25 ms */
    bench_pass(30);
    bench_submit(&bench, &one, TEXT("{}"), &second);
    bench_wait(&bench, &second);
    bench_wait(&bench, &booting);
    ck_assert_str_eq(second.payload, "{\"count\":2}");
    ck_assert_str_eq(second.log_stream, first.log_stream);
    ending_clear(&first);
    ending_clear(&booting);
    ending_clear(&second);
    bench_clear(&bench);
}
END_TEST

/* An invocation that comes in the middle of a turn: behind what a turn begins with, and before the
 * ends of processes are seen to. */
struct late {
    uv_async_t async;
    struct bench *bench;
    const struct sandbox_plan *plan;
    struct ending ending;
};

static void on_late(uv_async_t *async)
{
    struct late *late = async->data;
    bench_submit(late->bench, late->plan, TEXT("{}"), &late->ending);
}

/* Those that wait in the plan's code go on; in the turn that sees what has come of it, an answer or
 * the end of the process with that id (0: none ends), the invocation comes first. */
static void submit_late(struct late *late, struct bench *bench, const struct sandbox_plan *plan,
                        const struct sandbox_plan *late_plan, pid_t ending)
{
    siginfo_t info;
    struct epoll_event heard[2]; /* the invocation, and behind it what comes then */
    *late = (struct late){ .bench = bench, .plan = late_plan };
    uv_async_init(loop_uv(bench->loop), &late->async, on_late);
    late->async.data = late;
    uv_async_send(&late->async);
    bench_write(plan->code_directory, "go", "", 0644);
    if (ending)
        ck_assert_int_eq(waitid(P_PID, (id_t)ending, &info, WEXITED | WNOWAIT), 0);
    while (!ending && epoll_wait(uv_backend_fd(loop_uv(bench->loop)), heard, 2, -1) < 2)
        ;
    loop_turn(bench->loop);
}

START_TEST(one_that_came_just_now_does_not_cost_an_older_one_its_turn)
{
    struct bench bench;
    struct ending busy;
    struct ending other;
    struct ending again;
    struct late late;
    bench_init(&bench, 1);
    struct sandbox_plan one = bench_function(&bench, NODE, "index.js", counter_js);
    struct sandbox_plan two = bench_function(&bench, NODE, "index.js", counter_js);
    bench_invoke(&bench, &one, "{}", &busy);
    ending_clear(&busy);
    bench_submit(&bench, &one, TEXT("{\"wait\":1}"), &busy);
    bench_submit(&bench, &two, TEXT("{}"), &other);
    bench_submit(&bench, &one, TEXT("{\"sleep\":100}"), &again);
    bench_turn(&bench);
    submit_late(&late, &bench, &one, &two, 0);
    bench_wait(&bench, &busy);
    bench_wait(&bench, &other);
    ck_assert(!again.is_done);
    bench_wait(&bench, &again);
    bench_wait(&bench, &late.ending);
    ending_clear(&busy);
    ending_clear(&other);
    ending_clear(&again);
    ending_clear(&late.ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(one_that_came_just_now_is_not_charged_with_a_boot_that_fails)
{
    struct bench bench;
    struct ending first;
    struct ending second;
    struct late late;
    bench_init(&bench, 2);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    bench_invoke(&bench, &plan, "{}", &first);
    ending_clear(&first);
    bench_write(plan.code_directory, "broken", "", 0644);
    bench_lane(&bench)->cold_ms = 0; /* another process always pays */
    bench_submit(&bench, &plan, TEXT("{\"sleep\":300}"), &first);
    bench_submit(&bench, &plan, TEXT("{}"), &second);
    bench_wait(&bench, &second); /* in the first process, while another boots */
    const struct member *booting = MEMBER(bench.pool->all.before, in_all);
    ck_assert(booting->is_starting);
    submit_late(&late, &bench, &plan, &plan, sandbox_pid(booting->sandbox));
    bench_wait(&bench, &late.ending);
    ck_assert_str_eq(late.ending.payload, "{\"count\":4}");
    ending_clear(&first);
    ending_clear(&second);
    ending_clear(&late.ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(one_that_came_just_now_starts_no_process_when_another_ends)
{
    struct bench bench;
    struct ending exiting;
    struct ending other;
    struct late late;
    bench_init(&bench, 2);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    bench_submit(&bench, &plan, TEXT("{\"wait\":1,\"exit\":1}"), &exiting);
    bench_submit(&bench, &plan, TEXT("{}"), &other);
    bench_wait(&bench, &other);
    const struct sandbox *last = bench_busy(bench_lane(&bench));
    submit_late(&late, &bench, &plan, &plan, sandbox_pid(last));
    bench_wait(&bench, &late.ending);
    bench_wait(&bench, &exiting);
    ck_assert_str_eq(late.ending.payload, "{\"count\":2}");
    ck_assert_int_eq(lane_active(bench_lane(&bench)), 0);
    ending_clear(&exiting);
    ending_clear(&other);
    ending_clear(&late.ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(at_the_ceiling_one_that_came_just_now_keeps_its_idle_environment)
{
    struct bench bench;
    struct ending ending;
    struct ending again;
    bench_init(&bench, 2);
    struct sandbox_plan one = bench_function(&bench, NODE, "index.js", counter_js);
    struct sandbox_plan two = bench_function(&bench, NODE, "index.js", counter_js);
    struct sandbox_plan three = bench_function(&bench, NODE, "index.js", counter_js);
    bench_invoke(&bench, &one, "{}", &ending);
    ending_clear(&ending);
    bench_invoke(&bench, &two, "{}", &ending);
    ending_clear(&ending);
    bench_submit(&bench, &three, TEXT("{}"), &ending);
    bench_submit(&bench, &one, TEXT("{}"), &again);
    bench_wait(&bench, &ending);
    bench_wait(&bench, &again);
    ck_assert_str_eq(again.payload, "{\"count\":2}");
    ending_clear(&ending);
    ending_clear(&again);
    bench_clear(&bench);
}
END_TEST

START_TEST(one_that_came_just_now_has_the_idle_environment_whose_time_is_over)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    bench_invoke(&bench, &plan, "{}", &ending);
    ending_clear(&ending);
    clock_set_now_ms(clock_now_ms() + 600 * 1000);
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_str_eq(ending.payload, "{\"count\":2}");
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(a_retired_key_stops_what_rests_even_if_one_came_just_now)
{
    struct bench bench;
    struct ending first;
    struct ending second;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    run_two_at_once(&bench, &plan, &first, &second);
    ending_clear(&first);
    ending_clear(&second);
    ck_assert_int_eq(bench.pool->count, 2);
    bench_submit(&bench, &plan, TEXT("{}"), &first);
    pool_retire(bench.pool, plan.key);
    ck_assert_int_eq(bench.pool->count, 1);
    bench_wait(&bench, &first);
    ck_assert_str_eq(first.payload, "{\"count\":2}");
    ck_assert_int_eq(bench.pool->count, 0);
    ending_clear(&first);
    bench_clear(&bench);
}
END_TEST

START_TEST(a_retired_key_stops_what_is_down_when_nobody_waits_any_more)
{
    struct bench bench;
    struct ending busy;
    struct ending ending;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    for (int i = 0; i < 5; i++) {
        bench_invoke(&bench, &plan, "{}", &ending);
        ending_clear(&ending);
    }
    bench_submit(&bench, &plan, TEXT("{\"wait\":1}"), &busy);
    bench_invoke(&bench, &plan, "{\"exit\":1}", &ending);
    ending_clear(&ending);
    make_boots_expensive(&bench);
    bench_submit(&bench, &plan, TEXT("{}"), &ending);
    pool_retire(bench.pool, plan.key);
    bench_write(plan.code_directory, "go", "", 0644);
    bench_wait(&bench, &busy);
    bench_wait(&bench, &ending);
    ck_assert_str_eq(ending.log_stream, busy.log_stream);
    ck_assert_int_eq(bench.pool->count, 0);
    ending_clear(&busy);
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(a_retired_key_lets_the_busy_one_finish)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    bench_invoke(&bench, &plan, "{}", &ending);
    ending_clear(&ending);
    bench_submit(&bench, &plan, TEXT("{\"sleep\":100}"), &ending);
    pool_retire(bench.pool, plan.key);
    bench_wait(&bench, &ending);
    ck_assert_str_eq(ending.payload, "{\"count\":2}");
    ending_clear(&ending);
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_str_eq(ending.payload, "{\"count\":1}");
    ending_clear(&ending);
    pool_retire_all(bench.pool);
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_str_eq(ending.payload, "{\"count\":1}");
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

SUITE("pool_turns", two_at_once_use_two_environments, at_the_ceiling_invocations_wait_their_turn,
      at_the_ceiling_nobody_loses_a_turn_to_what_is_sent_ahead,
      at_the_ceiling_idle_environments_of_others_make_room,
      where_nothing_moves_a_function_without_a_process_gets_one_beyond_the_ceiling,
      beyond_the_ceiling_what_rests_makes_no_room_for_one_that_has_processes,
      a_ceiling_that_was_asked_for_holds_though_nothing_moves,
      short_invocations_queue_rather_than_start_processes,
      a_sudden_slow_handler_does_not_hold_others_up,
      a_boot_that_failed_has_its_own_log_while_the_next_begins,
      without_descriptors_for_another_process_invocations_wait,
      one_that_came_just_now_has_the_idle_environment,
      one_that_came_just_now_does_not_cost_an_older_one_its_turn,
      one_that_came_just_now_is_not_charged_with_a_boot_that_fails,
      one_that_came_just_now_starts_no_process_when_another_ends,
      at_the_ceiling_one_that_came_just_now_keeps_its_idle_environment,
      one_that_came_just_now_has_the_idle_environment_whose_time_is_over,
      a_retired_key_stops_what_rests_even_if_one_came_just_now,
      a_retired_key_stops_what_is_down_when_nobody_waits_any_more,
      a_retired_key_lets_the_busy_one_finish)
