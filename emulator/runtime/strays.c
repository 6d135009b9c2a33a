/*
 * Looks through /proc until nothing is found: a process can fork while it is looked for.
 */
#include "runtime/strays.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "compiler.h"
#include "text.h"
#include "xalloc.h"

enum {
    ROUNDS_MAX = 4,
    READ_SIZE = 64 * 1024,
    FILE_MAX = 1024 * 1024,
    /* Of /proc/PID/stat, how many stand behind the name before that: see proc(5). */
    FIELDS_BEFORE_PARENT = 1,
    FIELDS_BEFORE_BIRTH = 19,
};

/* Whom to kill: who fulfils `is_meant`. */
struct quarry {
    bool (*is_meant)(const struct quarry *quarry, pid_t pid);
    pid_t leader;         /* of a session */
    const char *variable; /* "NAME=VALUE" */
    const char *argument;
    int64_t birth; /* as birth_of() tells it */
};

/* A file of the process; nothing is read if that has ended, or is another user's. */
static void read_file(pid_t pid, const char *name, struct buffer *out)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
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

/* In "environ" and "cmdline", whose entries end in NUL. */
static bool has_entry(pid_t pid, const char *name, const char *entry)
{
    CLEANUP(buffer_clear) struct buffer file = { .ceiling = FILE_MAX };
    read_file(pid, name, &file);
    struct text rest = buffer_text(&file);
    while (rest.size)
        if (text_equal(text_cut(&rest, '\0'), entry))
            return true;
    return false;
}

/* INT64_MAX if it has ended. */
static int64_t field_of(pid_t pid, int fields_before)
{
    CLEANUP(buffer_clear) struct buffer file = { .ceiling = FILE_MAX };
    read_file(pid, "stat", &file);
    struct text rest = buffer_text(&file);
    const char *name_end = rest.size ? memrchr(rest.data, ')', rest.size) : NULL;
    if (!name_end)
        return INT64_MAX;
    rest = (struct text){ name_end, (size_t)(rest.data + rest.size - name_end) };
    for (int i = 0; i <= fields_before; i++)
        text_cut(&rest, ' ');
    int64_t value;
    return text_to_int64(text_cut(&rest, ' '), &value) ? value : INT64_MAX;
}

/* When it was started, in clock ticks since this machine was. */
static int64_t birth_of(pid_t pid)
{
    return field_of(pid, FIELDS_BEFORE_BIRTH);
}

static bool is_ours(pid_t pid)
{
    int64_t ancestor = pid;
    while (ancestor > 1 && ancestor != getpid() && ancestor != INT64_MAX)
        ancestor = field_of((pid_t)ancestor, FIELDS_BEFORE_PARENT);
    return ancestor == getpid();
}

static bool is_left_by_leader(const struct quarry *quarry, pid_t pid)
{
    return getsid(pid) == quarry->leader || has_entry(pid, "environ", quarry->variable);
}

static bool is_left_by_predecessor(const struct quarry *quarry, pid_t pid)
{
    int64_t birth = birth_of(pid);
    return birth <= quarry->birth &&
           (has_entry(pid, "cmdline", quarry->argument) ||
            has_entry(pid, "environ", quarry->variable)) &&
           (birth < quarry->birth || !is_ours(pid)); /* they may share a tick */
}

/* How many were there. */
static int kill_once(const struct quarry *quarry)
{
    int count = 0;
    DIR *directory = opendir("/proc");
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        int64_t pid;
        if (!text_to_int64(text_from(entry->d_name), &pid) || pid == getpid() ||
            !quarry->is_meant(quarry, (pid_t)pid))
            continue;
        count += kill((pid_t)pid, SIGKILL) == 0;
    }
    if (directory)
        closedir(directory);
    return count;
}

static void kill_all(const struct quarry *quarry)
{
    for (int i = 0; i < ROUNDS_MAX && kill_once(quarry); i++)
        ;
}

void strays_kill(pid_t leader, const char *variable)
{
    struct quarry quarry = { .is_meant = is_left_by_leader,
                             .leader = leader,
                             .variable = variable };
    kill_all(&quarry);
}

void strays_kill_predecessors(const char *runtime_directory)
{
    CLEANUP(freep) char *variable = xformat("LAMBDA_RUNTIME_DIR=%s", runtime_directory);
    struct quarry quarry = { .is_meant = is_left_by_predecessor,
                             .variable = variable,
                             .argument = runtime_directory,
                             .birth = birth_of(getpid()) };
    kill_all(&quarry);
}
