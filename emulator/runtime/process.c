/*
 * Starting, killing and reaping. Between vfork() and exec the child runs in the parent's memory:
 * it makes nothing but system calls, and all signals stay blocked until its handlers are reset.
 */
#include "runtime/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "runtime/storage.h"

enum {
    EVENTS_FD = 3,
    ANSWERS_FD = 4,
    FIRST_OTHER_FD = 5,
    FIRST_OWN_FD = 10, /* pipes of the parent start here */
    FILES_MAX = 1024,  /* RLIMIT_NOFILE on Lambda */
    SIGNAL_STATUS = 128,
    NOT_STARTED = 127,
};

static void reset_signals(void)
{
    struct sigaction standard = { .sa_handler = SIG_DFL };
    for (int number = 1; number < NSIG; number++)
        sigaction(number, &standard, NULL); /* those that cannot be changed answer an error */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool place_descriptors(const struct process_plan *plan)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0)
        return false;
    if (dup2(plan->log_fd, STDOUT_FILENO) < 0 || dup2(plan->log_fd, STDERR_FILENO) < 0)
        return false;
    if (plan->events_fd >= 0 && dup2(plan->events_fd, EVENTS_FD) < 0)
        return false;
    if (plan->answers_fd >= 0 && dup2(plan->answers_fd, ANSWERS_FD) < 0)
        return false;
    close_range(plan->answers_fd >= 0 ? FIRST_OTHER_FD : EVENTS_FD, ~0U, CLOSE_RANGE_CLOEXEC);
    return true;
}

/* First: it leaves the directory that the parent was in. */
static bool enter_storage(const struct storage *storage)
{
    int failure = storage ? storage_enter(storage) : 0;
    errno = failure;
    return failure == 0;
}

/* What Lambda allows, or as many as this process may have itself: it cannot give more. */
static bool limit_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return false;
    if (files.rlim_max > FILES_MAX)
        files.rlim_max = FILES_MAX;
    files.rlim_cur = files.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &files) == 0;
}

NORETURN static void become(const struct process_plan *plan, pid_t parent, volatile int *failure)
{
    setsid();
    bool has_storage = enter_storage(plan->storage);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* after it: entering a user namespace takes it back */
    if (getppid() != parent)
        _exit(NOT_STARTED); /* it died before the line above */
    /* The limit comes last: with a thousand connections open, /dev/null would be past it. */
    if (has_storage && place_descriptors(plan) && limit_files() &&
        (!plan->directory || chdir(plan->directory) == 0)) {
        reset_signals();
        execve(plan->arguments[0], plan->arguments, plan->environment);
    }
    *failure = errno;
    _exit(NOT_STARTED);
}

int process_start(const struct process_plan *plan, pid_t *pid_out)
{
    volatile int failure = 0;
    pid_t parent = getpid();
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = vfork();
    if (pid == 0)
        become(plan, parent, &failure);
    int fork_failure = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pid < 0)
        return fork_failure;
    if (failure) {
        process_wait(pid);
        return failure;
    }
    *pid_out = pid;
    return 0;
}

void process_kill(pid_t pid)
{
    if (kill(-pid, SIGKILL) != 0)
        kill(pid, SIGKILL);
}

bool process_is_over(pid_t pid, int *status_out)
{
    int status;
    if (waitpid(pid, &status, WNOHANG) != pid)
        return false;
    *status_out = status;
    return true;
}

pid_t process_find_orphan(void)
{
    siginfo_t ended = { 0 };
    if (getpid() != 1 || waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0)
        return 0;
    bool is_ours = ended.si_pid && getsid(ended.si_pid) == getsid(0);
    return is_ours ? 0 : ended.si_pid;
}

int process_wait(pid_t pid)
{
    int status = 0;
    pid_t found;
    while ((found = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
        ;
    return found == pid ? status : -1;
}

/* As Go names them, in which Lambda's supervisor is written. */
static const struct {
    const char *reason;
    int number;
    bool is_exit_status; /* programs exit with 128 + number: node's client, a shell with pipefail */
} killing_signals[] = {
    { "signal: killed", SIGKILL, false },
    { "signal: segmentation fault", SIGSEGV, false },
    { "signal: aborted", SIGABRT, false },
    { "signal: bus error", SIGBUS, false },
    { "signal: illegal instruction", SIGILL, false },
    { "signal: floating point exception", SIGFPE, false },
    { "signal: trace/breakpoint trap", SIGTRAP, false },
    { "signal: bad system call", SIGSYS, false },
    { "signal: terminated", SIGTERM, false },
    { "signal: interrupt", SIGINT, false },
    { "signal: quit", SIGQUIT, false },
    { "signal: alarm clock", SIGALRM, false },
    { "signal: user defined signal 1", SIGUSR1, false },
    { "signal: user defined signal 2", SIGUSR2, false },
    { "signal: hangup", SIGHUP, true },
    { "signal: broken pipe", SIGPIPE, true },
};

static const char *signal_reason(int number, bool is_wrapped)
{
    for (size_t i = 0; i < COUNT_OF(killing_signals); i++)
        if (killing_signals[i].number == number)
            return is_wrapped && killing_signals[i].is_exit_status ? NULL
                                                                   : killing_signals[i].reason;
    return NULL;
}

const char *process_exit_reason(int status, bool is_wrapped, char text_out[PROCESS_REASON_SIZE])
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NULL;
    const char *reason = NULL;
    if (WIFSIGNALED(status))
        reason = signal_reason(WTERMSIG(status), false);
    else if (is_wrapped && WEXITSTATUS(status) > SIGNAL_STATUS)
        reason = signal_reason(WEXITSTATUS(status) - SIGNAL_STATUS, true);
    if (reason)
        return reason;
    if (WIFSIGNALED(status))
        snprintf(text_out, PROCESS_REASON_SIZE, "signal: signal %d", WTERMSIG(status));
    else
        snprintf(text_out, PROCESS_REASON_SIZE, "exit status %d", WEXITSTATUS(status));
    return text_out;
}

bool process_is_shortage(int reason)
{
    return reason == EMFILE || reason == ENFILE || reason == EAGAIN || reason == ENOMEM;
}

void process_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void process_make_nonblocking(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

bool process_move_up(int *fd)
{
    if (*fd >= FIRST_OWN_FD)
        return true;
    int higher = fcntl(*fd, F_DUPFD_CLOEXEC, FIRST_OWN_FD);
    if (higher < 0)
        return false;
    close(*fd);
    *fd = higher;
    return true;
}

bool process_pipe(int *read_out, int *write_out)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    if (!process_move_up(&ends[0]) || !process_move_up(&ends[1])) {
        int failure = errno;
        close(ends[0]);
        close(ends[1]);
        errno = failure;
        return false;
    }
    *read_out = ends[0];
    *write_out = ends[1];
    return true;
}

/* Reads until the other side closes; false past the time. */
static bool read_all(int fd, int timeout_ms, struct buffer *output)
{
    int64_t end_us = clock_monotonic_us() + (int64_t)timeout_ms * 1000;
    for (;;) {
        int64_t left_ms = (end_us - clock_monotonic_us()) / 1000;
        struct pollfd ready = { .fd = fd, .events = POLLIN };
        if (left_ms <= 0)
            return false;
        if (poll(&ready, 1, (int)left_ms) <= 0)
            continue;
        char bytes[1024];
        ssize_t count = read(fd, bytes, sizeof(bytes));
        if (count == 0)
            return true;
        if (count < 0 && errno != EINTR)
            return false;
        if (count > 0)
            buffer_add(output, bytes, (size_t)count);
    }
}

bool process_run(char *const *arguments, int timeout_ms, struct buffer *output)
{
    char *const environment[] = { NULL };
    int read_end;
    int write_end;
    pid_t pid = 0;
    if (!process_pipe(&read_end, &write_end))
        return false;
    struct process_plan plan = { .arguments = arguments,
                                 .environment = environment,
                                 .log_fd = write_end,
                                 .events_fd = -1,
                                 .answers_fd = -1 };
    int reason = process_start(&plan, &pid);
    process_close(&write_end);
    bool ended = reason == 0 && read_all(read_end, timeout_ms, output);
    process_close(&read_end);
    if (reason == 0 && !ended)
        process_kill(pid);
    bool is_good = reason == 0 && process_wait(pid) == 0 && ended;
    errno = reason;
    return is_good;
}
