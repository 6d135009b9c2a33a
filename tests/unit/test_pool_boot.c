/*
 * Boots that last longer than they may: who is charged, and for how long.
 */
#include "support/pool_bench.h"
#include "support/suite.h"

#define PYTHON "python3.12"

static double number_behind(const char *text, const char *label)
{
    const char *at = strstr(text, label);
    ck_assert_msg(at, "no '%s' in '%s'", label, text);
    return strtod(at + strlen(label), NULL);
}

START_TEST(a_slow_boot_is_followed_by_the_functions_timeout)
{
    struct bench bench;
    struct ending slow;
    struct ending slower;
    bench_init(&bench, 2);
    struct sandbox_plan slow_plan = bench_function(
        &bench, PYTHON, "index.py", BENCH_WAIT_FOR "wait_for('go')\ndef handler(e, c): pass");
    struct sandbox_plan slower_plan = bench_function(
        &bench, PYTHON, "index.py", BENCH_WAIT_FOR "wait_for('never')\ndef handler(e, c): pass");
    slower_plan.timeout_ms = 1000;
    bench_submit(&bench, &slow_plan, TEXT("{}"), &slow);
    bench_submit(&bench, &slower_plan, TEXT("{}"), &slower);
    bench_turn(&bench); /* they boot */
    bench_pass(BENCH_BOOT_MAX_MS);
    bench_turn(&bench);
    bench_write(slow_plan.code_directory, "go", "", 0644);
    bench_wait(&bench, &slow);
    bench_wait(&bench, &slower);
    ck_assert_int_eq(slow.result.end, INVOCATION_OK);
    ck_assert_double_lt(number_behind(slow.log, "\tBilled Duration: "), /* nothing twice */
                        slow.result.duration_ms + slow.result.init_ms);
    ck_assert_int_eq(slower.result.end, INVOCATION_TIMEOUT);
    ck_assert_double_eq(slower.result.duration_ms, 1000);
    ck_assert_double_ge(number_behind(slower.log, "INIT_REPORT Init Duration: "),
                        BENCH_BOOT_MAX_MS + 1000);
    ending_clear(&slow);
    ending_clear(&slower);
    bench_clear(&bench);
}
END_TEST

struct late_boot {
    struct bench bench;
    struct sandbox_plan plan;
    struct ending ending;
};

static void submit_to_late(void *owner)
{
    struct late_boot *late = owner;
    bench_submit(&late->bench, &late->plan, TEXT("{}"), &late->ending);
}

/* It comes between the kill and the end of a process that nobody waited for. */
START_TEST(a_boot_that_nobody_waited_for_is_charged_to_nobody)
{
    struct late_boot late = { 0 };
    struct bench *bench = &late.bench;
    struct ending first;
    struct ending second;
    bench_init(bench, 2);
    late.plan = bench_function(bench, PYTHON, "index.py",
                               BENCH_WAIT_FOR "if is_there('slow'):\n"
                                              "  wait_for('never')\n"
                                              "def handler(e, c):\n"
                                              "  if 'for' in e:\n"
                                              "    wait_for(e['for'])\n");
    bench_invoke(bench, &late.plan, "{}", &first);
    ending_clear(&first);
    bench_write(late.plan.code_directory, "slow", "", 0644);
    bench_lane(bench)->cold_ms = 0; /* another process always pays */
    bench_hold_clock();             /* its boot lasts as long as the test says */
    bench_submit(bench, &late.plan, TEXT("{\"for\":\"one\"}"), &first);
    bench_submit(bench, &late.plan, TEXT("{}"), &second);
    bench_turn(bench);
    const struct member *booting = MEMBER(bench->pool->all.before, in_all);
    pid_t pid = sandbox_pid(booting->sandbox);
    ck_assert(booting->is_starting);
    bench_write(late.plan.code_directory, "one", "", 0644);
    bench_wait(bench, &second); /* in the first process, while another boots */
    ending_clear(&first);
    ending_clear(&second);
    bench_submit(bench, &late.plan, TEXT("{\"for\":\"two\"}"), &first);
    bench_turn(bench);
    struct loop_timer *next =
        loop_timer_start(bench->loop, BENCH_BOOT_MAX_MS, 0, submit_to_late, &late);
    bench_release_clock();
    bench_pass(BENCH_BOOT_MAX_MS); /* the boot's time is over, and both are due: the boot first */
    bench_hold_clock();            /* the next boot's is never over */
    while (sandbox_pid(booting->sandbox) == pid)
        loop_turn(bench->loop);
    bench_write(late.plan.code_directory, "two", "", 0644);
    bench_wait(bench, &first);
    bench_wait(bench, &late.ending);
    loop_timer_stop(&next);
    ck_assert_int_eq(late.ending.result.end, INVOCATION_OK);
    ending_clear(&first);
    ending_clear(&late.ending);
    bench_clear(bench);
}
END_TEST

SUITE("pool boot", a_slow_boot_is_followed_by_the_functions_timeout,
      a_boot_that_nobody_waited_for_is_charged_to_nobody)
