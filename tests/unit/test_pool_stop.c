/* What becomes of an invocation that the server's stop breaks off. */
#include "support/suite.h"

#include "support/pool_bench.h"

START_TEST(it_keeps_what_it_has_printed)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 1);
    struct sandbox_plan plan =
        bench_function(&bench, "nodejs20.x", "index.js",
                       "exports.handler = () => { console.log('at work'); for (;;); };");
    bench_submit(&bench, &plan, TEXT("{}"), &ending);
    while (link_is_alone(&bench_lane(&bench)->busy))
        bench_turn(&bench);
    bench_await_print(bench_busy(bench_lane(&bench)));
    bench_clear(&bench);
    ck_assert_int_eq(ending.result.end, INVOCATION_EXIT);
    ck_assert_msg(strstr(ending.log, "\tat work\nRequestId: ") != NULL, "%s", ending.log);
    ending_clear(&ending);
}
END_TEST

SUITE("pool_stop", it_keeps_what_it_has_printed)
