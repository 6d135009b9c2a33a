/*
 * What an earlier server left is known by its age and by the directory that it was given.
 */
#include "support/suite.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/strays.h"
#include "xalloc.h"

static int never[2];     /* nobody writes to it */
static char runtime[64]; /* the server's that is tested here, while others may be elsewhere */

static void set_up(void)
{
    ck_assert_int_eq(pipe2(never, O_CLOEXEC), 0);
    snprintf(runtime, sizeof(runtime), "/tmp/coalmine-strays-%d/sandboxes/runtime", (int)getpid());
}

/* A process that waits, with this last argument and this one variable. */
static pid_t start_waiting(const char *argument, const char *variable)
{
    pid_t pid;
    const char *arguments[] = { "sh", "-c", "read line", "sh", argument, NULL };
    const char *environment[] = { variable, NULL };
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, never[0], STDIN_FILENO);
    int failure =
        posix_spawn(&pid, "/bin/sh", &actions, NULL, (char **)arguments, (char **)environment);
    ck_assert_int_eq(failure, 0);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static int64_t ticks(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    int64_t per_second = sysconf(_SC_CLK_TCK);
    return now.tv_sec * per_second + now.tv_nsec / (1000 * 1000 * 1000 / per_second);
}

/* What is started before and after it differs in age. */
static void pass_a_tick(void)
{
    int64_t start = ticks();
    while (ticks() < start + 2)
        ;
}

static bool is_alive(pid_t pid)
{
    return waitpid(pid, NULL, WNOHANG) == 0;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* Stands for a server that starts, then boots a sandbox. */
static int judge(void)
{
    pid_t own = start_waiting(runtime, "A=1");
    strays_kill_predecessors(runtime);
    bool is_spared = is_alive(own);
    end(own);
    return is_spared ? EXIT_SUCCESS : EXIT_FAILURE;
}

START_TEST(test_predecessors)
{
    set_up();
    CLEANUP(freep) char *variable = xformat("LAMBDA_RUNTIME_DIR=%s", runtime);
    CLEANUP(freep) char *below = xformat("%s/x", runtime);
    CLEANUP(freep) char *longer = xformat("LAMBDA_RUNTIME_DIR=%ss", runtime);
    CLEANUP(freep) char *misnamed = xformat("RUNTIME_DIR=%s", runtime);
    const struct {
        const char *argument;
        const char *variable;
        bool is_left;
    } cases[] = {
        { runtime, "A=1", true },
        { "", variable, true },
        { below, longer, false }, /* another server's */
        { "/tmp", misnamed, false },
    };
    pid_t pids[COUNT_OF(cases)];
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        pids[i] = start_waiting(cases[i].argument, cases[i].variable);
    pass_a_tick();
    pid_t server = fork();
    if (server == 0) {
        pass_a_tick();
        _exit(judge());
    }
    int status;
    ck_assert_int_eq(waitpid(server, &status, 0), server);
    ck_assert_msg(status == 0, "it kills what it has started itself");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (cases[i].is_left) {
            ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
            continue;
        }
        ck_assert_msg(is_alive(pids[i]), "case %zu", i);
        end(pids[i]);
    }
}
END_TEST

/* A server that is started again at once is no older than what the first has left. Where two forks
 * always take longer than a tick, as under valgrind, there is no such server. */
START_TEST(test_predecessors_of_the_same_tick)
{
    enum { TOO_LATE = 2, TRIES = 100 };
    int status = TOO_LATE << 8;
    pid_t left = 0;
    set_up();
    for (int i = 0; i < TRIES && WEXITSTATUS(status) == TOO_LATE; i++) {
        pass_a_tick();
        int64_t tick = ticks();
        left = start_waiting(runtime, "A=1");
        pid_t server = fork();
        if (server == 0)
            _exit(ticks() == tick ? judge() : TOO_LATE);
        ck_assert_int_eq(waitpid(server, &status, 0), server);
        if (WEXITSTATUS(status) == TOO_LATE)
            end(left);
    }
    if (WEXITSTATUS(status) == TOO_LATE)
        return;
    ck_assert_msg(status == 0, "it kills what it has started itself");
    ck_assert_int_eq(waitpid(left, &status, 0), left);
    ck_assert(WIFSIGNALED(status));
}
END_TEST

SUITE("strays", test_predecessors, test_predecessors_of_the_same_tick)
