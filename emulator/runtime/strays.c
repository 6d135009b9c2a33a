/*
 * Looks through /proc until nothing is found: a process can fork while it is looked for.
 */
#include "runtime/strays.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "buffer.h"
#include "compiler.h"
#include "text.h"

enum { ROUNDS_MAX = 4, READ_SIZE = 64 * 1024, ENVIRONMENT_MAX = 1024 * 1024 };

static void read_environment(pid_t pid, struct buffer *out)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    char *room;
    ssize_t count = 1;
    while (count > 0 && (room = buffer_reserve(out, READ_SIZE))) {
        count = read(fd, room, READ_SIZE);
        buffer_commit(out, count > 0 ? (size_t)count : 0);
    }
    close(fd);
}

/* Entries end in NUL. */
static bool has_variable(struct text environment, const char *variable)
{
    while (environment.size)
        if (text_equal(text_cut(&environment, '\0'), variable))
            return true;
    return false;
}

static bool is_stray(pid_t pid, pid_t leader, const char *variable)
{
    CLEANUP(buffer_clear) struct buffer environment = { .ceiling = ENVIRONMENT_MAX };
    if (pid == getpid())
        return false;
    if (getsid(pid) == leader)
        return true;
    read_environment(pid, &environment);
    return has_variable(buffer_text(&environment), variable);
}

/* How many were there. */
static int kill_all(pid_t leader, const char *variable)
{
    int count = 0;
    DIR *directory = opendir("/proc");
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        int64_t pid;
        if (!text_to_int64(text_from(entry->d_name), &pid) ||
            !is_stray((pid_t)pid, leader, variable))
            continue;
        count += kill((pid_t)pid, SIGKILL) == 0;
    }
    if (directory)
        closedir(directory);
    return count;
}

void strays_kill(pid_t leader, const char *variable)
{
    for (int i = 0; i < ROUNDS_MAX && kill_all(leader, variable); i++)
        ;
}
