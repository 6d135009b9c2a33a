/*
 * A real pool on a real loop, with functions written on the spot below the test's directory.
 */
#ifndef COALMINE_POOL_BENCH_H
#define COALMINE_POOL_BENCH_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "loop/loop.h"
#include "runtime/pool_parts.h"
#include "runtime/sandbox_parts.h"
#include "support/directory.h"
#include "xalloc.h"

/* Longer than Check waits: where a test is not about time, no slowness of the machine ends a boot
 * or an invocation. */
enum { BENCH_BOOT_MAX_MS = 700 * 1000, BENCH_TIMEOUT_MS = 900 * 1000 };
enum { BENCH_FUNCTIONS_MAX = 8 };

/* Python by which a function waits for a file of that name in its code: what bench_write() gives.
 */
#define BENCH_WAIT_FOR                                                                             \
    "import os, time\n"                                                                            \
    "def is_there(name):\n"                                                                        \
    "  return os.path.exists(os.environ['LAMBDA_TASK_ROOT'] + '/' + name)\n"                       \
    "def wait_for(name):\n"                                                                        \
    "  while not is_there(name):\n"                                                                \
    "    time.sleep(0.005)\n"

/* The monotonic clock is the bench's. */
static struct {
    int64_t passed_ms;    /* that it is ahead of the machine's */
    struct timespec held; /* what it says while it is held */
    bool is_held;
} bench_clock;

/* Instead of the C library's, for libuv as well. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE)
        return result;
    now->tv_sec += bench_clock.passed_ms / 1000;
    now->tv_nsec += bench_clock.passed_ms % 1000 * 1000000;
    now->tv_sec += now->tv_nsec / 1000000000;
    now->tv_nsec %= 1000000000;
    if (bench_clock.is_held)
        *now = bench_clock.held;
    return result;
}

/* Lets time pass without a turn of the loop, and without any passing for processes: what is due by
 * then is due, however slow the machine is. */
static inline void bench_pass(int ms)
{
    bench_clock.passed_ms += ms;
}

/* No time passes, however long the machine keeps this process waiting. */
static inline void bench_hold_clock(void)
{
    clock_gettime(CLOCK_MONOTONIC, &bench_clock.held);
    bench_clock.is_held = true;
}

static inline void bench_release_clock(void)
{
    bench_clock.is_held = false;
}

struct bench {
    const char *directory;
    struct loop *loop;
    struct schedule *schedule;
    struct pool *pool;
    int function_count;
    char *code[BENCH_FUNCTIONS_MAX];
    char *key[BENCH_FUNCTIONS_MAX];
};

/* What came of an invocation, copied. */
struct ending {
    bool is_done;
    struct invocation_result result;
    char *payload;
    char *log;
    char *init_log;
    char *log_stream;
    char *error_type;
};

/* A bench in the directory that it has already. */
static inline void bench_open(struct bench *bench, int ceiling)
{
    struct error error = { 0 };
    CLEANUP(freep) char *workspace = xformat("%s/workspace", bench->directory);
    bench->loop = loop_create();
    bench->schedule = schedule_create(bench->loop);
    struct pool_settings settings = { .directory = workspace,
                                      .ceiling = ceiling,
                                      .schedule = bench->schedule,
                                      .keepalive_ms = 600 * 1000,
                                      .is_isolated = true };
    bench->pool = pool_create(bench->loop, &settings, &error);
    ck_assert_msg(bench->pool != NULL, "%s", error.message);
    bench->pool->host.boot_max_ms = BENCH_BOOT_MAX_MS;
}

static inline void bench_init(struct bench *bench, int ceiling)
{
    *bench = (struct bench){ .directory = test_directory() };
    bench_open(bench, ceiling);
}

static inline void bench_clear(struct bench *bench)
{
    pool_destroy(bench->pool);
    schedule_destroy(bench->schedule);
    loop_destroy(bench->loop);
    for (int i = 0; i < bench->function_count; i++) {
        free(bench->code[i]);
        free(bench->key[i]);
    }
    bench_clock.is_held = false;
    bench_clock.passed_ms = 0; /* Check looks at it too */
}

static inline void bench_write(const char *directory, const char *name, const char *content,
                               mode_t mode)
{
    CLEANUP(freep) char *path = xformat("%s/%s", directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

/* A function of one file; more can be written to plan.code_directory. */
static inline struct sandbox_plan bench_function(struct bench *bench, const char *runtime,
                                                 const char *file, const char *content)
{
    int i = bench->function_count++;
    bench->code[i] = xformat("%s/code%d", bench->directory, i);
    bench->key[i] = xformat("function %d", i);
    ck_assert_int_eq(mkdir(bench->code[i], 0755), 0);
    bench_write(bench->code[i], file, content, 0755);
    return (struct sandbox_plan){ .key = bench->key[i],
                                  .storage_mb = 512,
                                  .runtime = runtime,
                                  .handler = "index.handler",
                                  .code_directory = bench->code[i],
                                  .function_name = "hello",
                                  .version = "3",
                                  .region = "us-east-1",
                                  .account = "000000000000",
                                  .log_group = "/aws/lambda/hello",
                                  .memory_mb = 512,
                                  .timeout_ms = BENCH_TIMEOUT_MS };
}

/* Without the NULs that keep the lines of one event together. */
static inline char *copy_log(const struct invocation_result *result)
{
    size_t size = 0;
    char *copy = xmalloc(result->log_size + 1);
    for (size_t i = 0; i < result->log_size; i++)
        if (result->log[i])
            copy[size++] = result->log[i];
    copy[size] = '\0';
    return copy;
}

static inline void on_bench_done(const struct invocation_result *result, void *owner)
{
    struct ending *ending = owner;
    ck_assert(!ending->is_done);
    ending->is_done = true;
    ending->result = *result;
    ending->payload = xstrndup(result->payload, result->payload_size);
    ending->log = copy_log(result);
    ending->init_log = xstrndup(result->init_log.data, result->init_log.size);
    ending->log_stream = xstrdup(result->log_stream);
    ending->error_type = result->error_type ? xstrdup(result->error_type) : NULL;
}

static inline void ending_clear(struct ending *ending)
{
    free(ending->payload);
    free(ending->log);
    free(ending->init_log);
    free(ending->log_stream);
    free(ending->error_type);
    *ending = (struct ending){ 0 };
}

#define REQUEST_ID "8f5bd2a1-0001-4000-8000-000000000001"
#define INVOKED_ARN "arn:aws:lambda:us-east-1:000000000000:function:hello:live"

static inline void bench_submit_as(struct bench *bench, const struct sandbox_plan *plan,
                                   const char *request_id, struct text payload,
                                   struct ending *ending)
{
    struct invocation invocation = { .request_id = request_id,
                                     .invoked_arn = INVOKED_ARN,
                                     .payload = payload,
                                     .on_done = on_bench_done,
                                     .owner = ending };
    *ending = (struct ending){ 0 };
    pool_submit(bench->pool, plan, &invocation);
    ck_assert(!ending->is_done);
}

static inline void bench_submit(struct bench *bench, const struct sandbox_plan *plan,
                                struct text payload, struct ending *ending)
{
    bench_submit_as(bench, plan, REQUEST_ID, payload, ending);
}

static inline void bench_wait(struct bench *bench, struct ending *ending)
{
    loop_run_until(bench->loop, &ending->is_done);
    ck_assert(ending->is_done);
}

/* A turn that sleeps for nothing. */
static inline void bench_turn(const struct bench *bench)
{
    loop_wake(bench->loop);
    loop_turn(bench->loop);
}

/* That of the function that was called first. */
static inline struct lane *bench_lane(const struct bench *bench)
{
    return LANE(bench->pool->lanes.after, in_lanes);
}

/* The one of the lane that began last. */
static inline struct sandbox *bench_busy(const struct lane *lane)
{
    ck_assert(!link_is_alone((struct link *)&lane->busy));
    return MEMBER(lane->busy.after, in_lane)->sandbox;
}

/* Turns the loop until it has read a line of the invocation, which is not over by then. */
static inline void bench_await_line(const struct bench *bench, const struct sandbox *sandbox,
                                    const struct ending *ending)
{
    while (!ending->is_done && sandbox->log.lines.size == 0)
        loop_turn(bench->loop);
    ck_assert(!ending->is_done);
}

/* Until its process has printed something, without a turn of the loop. */
static inline void bench_await_print(const struct sandbox *sandbox)
{
    struct pollfd printed = { .fd = sandbox->process.log_fd, .events = POLLIN };
    while (poll(&printed, 1, -1) != 1)
        ck_assert_int_eq(errno, EINTR); /* a process has ended */
}

/* Submits and waits. */
static inline void bench_invoke(struct bench *bench, const struct sandbox_plan *plan,
                                const char *payload, struct ending *ending)
{
    bench_submit(bench, plan, text_from(payload), ending);
    bench_wait(bench, ending);
}

#endif
