/* Environments that are kept warm: booted ahead, replaced, let go, and never too many. */
#include "runtime/keep.h"
#include "support/suite.h"

#include "support/limits.h"
#include "support/pool_bench.h"

#define NODE "nodejs20.x"

/* Who waits goes on when there is a file "go". */
static const char counter_js[] =
    "let count = 0;\n"
    "const fs = require('fs'), go = process.env.LAMBDA_TASK_ROOT + '/go';\n"
    "const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));\n"
    "exports.handler = async (event) => {\n"
    "  if (event.exit) process.exit(1);\n"
    "  if (event.sleep) await sleep(event.sleep);\n"
    "  while (event.wait && !fs.existsSync(go)) await sleep(5);\n"
    "  return { count: ++count };\n"
    "};\n";

static const struct {
    int ceiling;
    int kept;
    int64_t count;
    int fit;
} fits[] = {
    { 16, 0, 5, 5 }, { 16, 0, 100, 12 }, { 16, 10, 5, 2 }, { 16, 12, 5, 0 },  { 16, 14, 5, 0 },
    { 2, 0, 5, 1 },  { 1, 0, 5, 0 },     { 3, 0, 3, 2 },   { 8, 0, 1e12, 6 },
};

START_TEST(a_part_of_the_ceiling_stays_for_others)
{
    for (size_t i = 0; i < COUNT_OF(fits); i++)
        ck_assert_int_eq(keep_fit(fits[i].ceiling, fits[i].kept, fits[i].count), fits[i].fit);
}
END_TEST

/* What was told last, and a condition to wait for. */
struct watcher {
    struct pool_kept kept;
    bool is_ready;
    bool has_failed;
};

static void on_change(const struct pool_kept *kept, void *owner)
{
    struct watcher *watcher = owner;
    watcher->kept = *kept;
    watcher->is_ready = kept->ready >= kept->wanted;
    watcher->has_failed = kept->has_failed;
}

static struct pool_kept keep(struct bench *bench, const struct sandbox_plan *plan, int64_t count,
                             struct watcher *watcher)
{
    struct pool_keep order = { count, on_change, watcher };
    *watcher = (struct watcher){ 0 };
    return pool_keep(bench->pool, plan, &order);
}

START_TEST(kept_environments_boot_ahead_and_serve_warm)
{
    struct bench bench;
    struct watcher watcher;
    struct ending ending;
    bench_init(&bench, 8);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    struct pool_kept kept = keep(&bench, &plan, 2, &watcher);
    ck_assert_int_eq(kept.wanted, 2);
    ck_assert_int_eq(kept.ready, 0);
    ck_assert(!watcher.is_ready);
    loop_run_until(bench.loop, &watcher.is_ready);
    ck_assert_int_eq(watcher.kept.ready, 2);
    ck_assert_uint_eq(pool_pending(bench.pool), 0);
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_str_eq(ending.payload, "{\"count\":1}");
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(one_that_ends_after_it_has_run_is_replaced)
{
    struct bench bench;
    struct watcher watcher;
    struct ending ending;
    bench_init(&bench, 8);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    keep(&bench, &plan, 1, &watcher);
    loop_run_until(bench.loop, &watcher.is_ready);
    bench_invoke(&bench, &plan, "{\"exit\":1}", &ending);
    ck_assert_int_eq(ending.result.end, INVOCATION_EXIT);
    ck_assert(!watcher.is_ready);
    loop_run_until(bench.loop, &watcher.is_ready);
    ck_assert(!watcher.has_failed);
    ck_assert_int_eq(watcher.kept.ready, 1);
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

static const char *const broken[] = {
    "throw new Error('no');",
    "exports.handler = async () => 1; setImmediate(() => process.exit(0));",
};

START_TEST(one_that_cannot_boot_or_stay_ends_the_keeping)
{
    struct bench bench;
    bench_init(&bench, 8);
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        struct watcher watcher;
        struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", broken[i]);
        keep(&bench, &plan, 2, &watcher);
        loop_run_until(bench.loop, &watcher.has_failed);
        ck_assert_msg(watcher.has_failed, "case %zu", i);
    }
    bench_clear(&bench);
}
END_TEST

/* No descriptor is to be had for a while. */
START_TEST(one_for_which_the_machine_has_no_room_is_tried_again)
{
    struct bench bench;
    struct watcher watcher;
    struct ending ending;
    bench_init(&bench, 8);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    struct sandbox_plan other = bench_function(&bench, NODE, "index.js", counter_js);
    bench_invoke(&bench, &other, "{}", &ending);
    ending_clear(&ending);
    rlim_t usual = limit_use_up_descriptors();
    keep(&bench, &plan, 1, &watcher);
    bench_invoke(&bench, &other, "{\"sleep\":300}", &ending);
    ending_clear(&ending);
    ck_assert_int_eq(watcher.kept.ready, 0);
    ck_assert(!watcher.has_failed);
    limit_set(RLIMIT_NOFILE, usual);
    loop_run_until(bench.loop, &watcher.is_ready);
    ck_assert_int_eq(watcher.kept.ready, 1);
    bench_clear(&bench);
}
END_TEST

START_TEST(others_run_beside_kept_environments_and_never_push_them_out)
{
    struct bench bench;
    struct watcher watcher;
    struct ending ending;
    bench_init(&bench, 2);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    ck_assert_int_eq(keep(&bench, &plan, 9, &watcher).wanted, 1);
    loop_run_until(bench.loop, &watcher.is_ready);
    bench_invoke(&bench, &plan, "{}", &ending);
    ending_clear(&ending);
    for (int i = 0; i < 3; i++) {
        struct sandbox_plan other = bench_function(&bench, NODE, "index.js", counter_js);
        bench_invoke(&bench, &other, "{}", &ending);
        ck_assert_str_eq(ending.payload, "{\"count\":1}");
        ending_clear(&ending);
    }
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_str_eq(ending.payload, "{\"count\":2}");
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

/* Its environment would make no room for those who wait longer. */
START_TEST(at_the_ceiling_a_kept_environment_yields_to_nobody)
{
    struct bench bench;
    struct watcher watcher;
    struct ending busy;
    struct ending waiting;
    struct ending first;
    struct ending second;
    bench_init(&bench, 2);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    struct sandbox_plan other = bench_function(&bench, NODE, "index.js", counter_js);
    struct sandbox_plan third = bench_function(&bench, NODE, "index.js", counter_js);
    keep(&bench, &plan, 1, &watcher);
    loop_run_until(bench.loop, &watcher.is_ready);
    bench_submit(&bench, &other, TEXT("{\"wait\":1}"), &busy);
    bench_submit(&bench, &plan, TEXT("{\"sleep\":100}"), &first);
    bench_submit(&bench, &third, TEXT("{}"), &waiting);
    bench_submit(&bench, &plan, TEXT("{}"), &second);
    bench_wait(&bench, &second);
    ck_assert_str_eq(second.payload, "{\"count\":2}");
    ck_assert(!busy.is_done && !waiting.is_done);
    bench_write(other.code_directory, "go", "", 0644);
    bench_wait(&bench, &waiting);
    ck_assert(busy.is_done);
    ending_clear(&busy);
    ending_clear(&waiting);
    ending_clear(&first);
    ending_clear(&second);
    bench_clear(&bench);
}
END_TEST

START_TEST(what_a_smaller_order_lets_go_makes_room_for_another)
{
    struct bench bench;
    struct watcher watcher;
    struct watcher other_watcher;
    struct ending busy[2];
    bench_init(&bench, 4);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    struct sandbox_plan other = bench_function(&bench, NODE, "index.js", counter_js);
    struct sandbox_plan third = bench_function(&bench, NODE, "index.js", counter_js);
    keep(&bench, &plan, 2, &watcher);
    loop_run_until(bench.loop, &watcher.is_ready);
    for (int i = 0; i < 2; i++)
        bench_submit(&bench, &third, TEXT("{\"wait\":1}"), &busy[i]);
    bench_turn(&bench);
    ck_assert_int_eq(keep(&bench, &other, 1, &other_watcher).wanted, 1);
    keep(&bench, &plan, 1, &watcher);
    loop_run_until(bench.loop, &other_watcher.is_ready);
    ck_assert(!busy[0].is_done && !busy[1].is_done);
    bench_write(third.code_directory, "go", "", 0644);
    for (int i = 0; i < 2; i++) {
        bench_wait(&bench, &busy[i]);
        ending_clear(&busy[i]);
    }
    bench_clear(&bench);
}
END_TEST

START_TEST(a_smaller_order_leaves_its_environment_to_one_that_came_just_now)
{
    struct bench bench;
    struct watcher watcher;
    struct ending ending;
    bench_init(&bench, 4);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    keep(&bench, &plan, 1, &watcher);
    loop_run_until(bench.loop, &watcher.is_ready);
    bench_invoke(&bench, &plan, "{}", &ending);
    ending_clear(&ending);
    bench_submit(&bench, &plan, TEXT("{}"), &ending);
    keep(&bench, &plan, 0, &watcher);
    bench_wait(&bench, &ending);
    ck_assert_str_eq(ending.payload, "{\"count\":2}");
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(a_smaller_order_lets_go_and_a_retired_key_keeps_nothing)
{
    struct bench bench;
    struct watcher watcher;
    struct watcher other_watcher;
    bench_init(&bench, 4);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    struct sandbox_plan other = bench_function(&bench, NODE, "index.js", counter_js);
    ck_assert_int_eq(keep(&bench, &plan, 9, &watcher).wanted, 3);
    loop_run_until(bench.loop, &watcher.is_ready);
    ck_assert_int_eq(keep(&bench, &other, 3, &other_watcher).wanted, 0);
    struct pool_kept kept = keep(&bench, &plan, 1, &watcher);
    ck_assert_int_eq(kept.ready, 1);
    ck_assert_int_eq(keep(&bench, &other, 3, &other_watcher).wanted, 2);
    loop_run_until(bench.loop, &other_watcher.is_ready);
    pool_retire(bench.pool, plan.key);
    ck_assert_int_eq(keep(&bench, &other, 3, &other_watcher).wanted, 3);
    loop_run_until(bench.loop, &other_watcher.is_ready);
    ck_assert_int_eq(other_watcher.kept.ready, 3);
    bench_clear(&bench);
}
END_TEST

SUITE("pool_keep", a_part_of_the_ceiling_stays_for_others,
      kept_environments_boot_ahead_and_serve_warm, one_that_ends_after_it_has_run_is_replaced,
      one_that_cannot_boot_or_stay_ends_the_keeping,
      one_for_which_the_machine_has_no_room_is_tried_again,
      others_run_beside_kept_environments_and_never_push_them_out,
      at_the_ceiling_a_kept_environment_yields_to_nobody,
      what_a_smaller_order_lets_go_makes_room_for_another,
      a_smaller_order_leaves_its_environment_to_one_that_came_just_now,
      a_smaller_order_lets_go_and_a_retired_key_keeps_nothing)
