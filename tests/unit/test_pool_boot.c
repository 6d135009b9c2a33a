/*
 * Boots that last longer than they may: who is charged, and for how long. Lambda's ten seconds are
 * long: tests/api/test_lambda_robust.py waits for them, this file for three.
 */
#include <unistd.h>

#include "runtime/pool_parts.h"
#include "support/pool_bench.h"
#include "support/suite.h"

#define PYTHON "python3.12"

enum { BOOT_MAX_MS = 3000 };

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
    bench.pool->host.boot_max_ms = BOOT_MAX_MS;
    struct sandbox_plan slow_plan = bench_function(
        &bench, PYTHON, "index.py", "import time\ntime.sleep(4)\ndef handler(e, c): pass");
    struct sandbox_plan slower_plan = bench_function(
        &bench, PYTHON, "index.py", "import time\ntime.sleep(60)\ndef handler(e, c): pass");
    slower_plan.timeout_ms = 1000;
    bench_submit(&bench, &slow_plan, TEXT("{}"), &slow);
    bench_submit(&bench, &slower_plan, TEXT("{}"), &slower);
    bench_wait(&bench, &slow);
    bench_wait(&bench, &slower);
    ck_assert_int_eq(slow.result.end, INVOCATION_OK);
    ck_assert_double_lt(number_behind(slow.log, "\tBilled Duration: "), /* nothing twice */
                        slow.result.duration_ms + slow.result.init_ms);
    ck_assert_int_eq(slower.result.end, INVOCATION_TIMEOUT);
    ck_assert_double_eq(slower.result.duration_ms, 1000);
    ck_assert_double_ge(number_behind(slower.init_log, "\nINIT_REPORT Init Duration: "),
                        BOOT_MAX_MS + 1000);
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
    bench_submit(&late->bench, &late->plan, TEXT("{\"sleep\":0}"), &late->ending);
}

/* It comes between the kill and the end of a process that nobody waited for. */
START_TEST(a_boot_that_nobody_waited_for_is_charged_to_nobody)
{
    struct late_boot late = { 0 };
    struct bench *bench = &late.bench;
    struct ending first;
    struct ending second;
    bench_init(bench, 2);
    bench->pool->host.boot_max_ms = BOOT_MAX_MS;
    late.plan = bench_function(bench, PYTHON, "index.py",
                               "import os, time\n"
                               "if os.path.exists(os.environ['LAMBDA_TASK_ROOT'] + '/slow'):\n"
                               "  time.sleep(60)\n"
                               "def handler(e, c):\n  time.sleep(e['sleep'])");
    bench_invoke(bench, &late.plan, "{\"sleep\":0}", &first);
    ending_clear(&first);
    bench_write(late.plan.code_directory, "slow", "", 0644);
    bench_submit(bench, &late.plan, TEXT("{\"sleep\":0.3}"), &first);
    bench_submit(bench, &late.plan, TEXT("{\"sleep\":0}"), &second);
    bench_wait(bench, &second); /* in the first process, while another boots */
    ending_clear(&first);
    ending_clear(&second);
    bench_submit(bench, &late.plan, TEXT("{\"sleep\":3.5}"), &first);
    loop_wake(bench->loop);
    loop_turn(bench->loop);
    struct loop_timer *next = loop_timer_start(bench->loop, BOOT_MAX_MS, 0, submit_to_late, &late);
    sleep(BOOT_MAX_MS / 1000); /* the boot's time is over then, and both are due: the boot first */
    loop_turn(bench->loop);
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
