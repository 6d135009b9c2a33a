#include "rollout/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "xalloc.h"

extern char **environ;

enum { POLL_MS = 50 };

struct run {
    const struct command *command;
    struct buffer *output;
    int output_fd;
    pid_t pid;
    const char *ended_by; /* NULL: by itself */
};

static char **make_environment(const char *const *extras)
{
    size_t count = 0;
    size_t extra_count = 0;
    while (environ[count])
        count++;
    while (extras && extras[extra_count])
        extra_count++;
    char **list = xcalloc(count + extra_count + 1, sizeof(*list));
    /* What comes first is what getenv() finds. */
    for (size_t i = 0; i < extra_count; i++)
        list[i] = (char *)extras[i];
    for (size_t i = 0; i < count; i++)
        list[extra_count + i] = environ[i];
    return list;
}

static int spawn(struct run *run, int input, int output)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t defaults;
    char *const arguments[] = { (char *)"sh", (char *)"-c", (char *)run->command->line, NULL };
    CLEANUP(freep) char **environment = make_environment(run->command->extras);
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE); /* our caller may ignore it; the command's pipes need it */
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0); /* Ctrl-C is ours to hand on */
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    int failure = posix_spawn(&run->pid, "/bin/sh", &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failure;
}

/* A file in memory: nobody need see to it that it is read, or how much of it. */
static int make_input(struct text input)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0)
        return -1;
    if (file_write(fd, input) && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    close(fd);
    return -1;
}

/* What comes last tells most: where there is no room for it, half of what came before goes. */
static void keep(struct buffer *output, const char *bytes, size_t size)
{
    if (output->ceiling && output->size + size > output->ceiling)
        buffer_drop(output, output->size / 2);
    buffer_add(output, bytes, size);
}

/* False at the output's end. */
static bool take_output(struct run *run)
{
    char chunk[4096];
    ssize_t size = read(run->output_fd, chunk, sizeof(chunk));
    if (size > 0)
        keep(run->output, chunk, (size_t)size);
    return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool has_ended(struct run *run, int *status_out)
{
    return waitpid(run->pid, status_out, WNOHANG) == run->pid;
}

/* Until the command has ended; what it left running in the background is not waited for. */
static int follow(struct run *run)
{
    int status = 0;
    bool is_open = true;
    int64_t deadline_us = clock_monotonic_us() + run->command->timeout_ms * 1000;
    while (!has_ended(run, &status)) {
        struct pollfd poll_fd = { run->output_fd, POLLIN, 0 };
        if (poll(&poll_fd, is_open ? 1 : 0, POLL_MS) > 0)
            is_open = take_output(run);
        if (run->ended_by)
            continue;
        if (clock_monotonic_us() > deadline_us)
            run->ended_by = "it took too long";
        else if (run->command->should_stop && run->command->should_stop(run->command->owner))
            run->ended_by = "it was interrupted";
        if (run->ended_by)
            kill(-run->pid, SIGKILL);
    }
    struct pollfd rest = { run->output_fd, POLLIN, 0 };
    while (is_open && poll(&rest, 1, 0) > 0)
        is_open = take_output(run);
    return status;
}

/* How it ended is a line of its own, behind what it said. */
static bool judge(const struct run *run, int status)
{
    const struct buffer *said = run->output;
    const char *gap = said->size && said->data[said->size - 1] != '\n' ? "\n" : "";
    char end[64] = "";
    if (run->ended_by)
        snprintf(end, sizeof(end), "%s%s", gap, run->ended_by);
    else if (WIFSIGNALED(status))
        snprintf(end, sizeof(end), "%sended by signal %d", gap, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        snprintf(end, sizeof(end), "%sexit status %d", gap, WEXITSTATUS(status));
    keep(run->output, end, strlen(end));
    return !run->ended_by && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool command_run(const struct command *command, struct buffer *output)
{
    struct run run = { .command = command, .output = output };
    int ends[2];
    int input = make_input(command->input);
    if (input < 0)
        return buffer_add_format(output, "no input: %s", strerror(errno)) && false;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        close(input);
        return buffer_add_format(output, "no pipe: %s", strerror(errno)) && false;
    }
    fcntl(ends[1], F_SETFL, 0); /* the command's end waits as usual */
    int failure = spawn(&run, input, ends[1]);
    close(input);
    close(ends[1]);
    run.output_fd = ends[0];
    bool is_good = failure == 0 && judge(&run, follow(&run));
    if (failure)
        buffer_add_format(output, "cannot start /bin/sh: %s", strerror(failure));
    close(ends[0]);
    return is_good;
}
