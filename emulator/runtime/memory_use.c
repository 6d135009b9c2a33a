/*
 * Walks a process tree through /proc/<pid>/task/<pid>/children and adds up VmRSS and VmHWM.
 */
#include "runtime/memory_use.h"

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "text.h"

enum { FILE_MAX = 4096, DEPTH_MAX = 16, KB_PER_MB = 1024 };

struct sum {
    int64_t now_kb;
    int64_t peak_kb;
};

/* Reads a small file of /proc; the text is empty if it is gone. */
static struct text read_proc(pid_t pid, const char *format, char bytes_out[FILE_MAX])
{
    char path[64];
    snprintf(path, sizeof(path), format, (int)pid, (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return (struct text){ "", 0 };
    ssize_t size = read(fd, bytes_out, FILE_MAX - 1);
    close(fd);
    size = size < 0 ? 0 : size;
    bytes_out[size] = '\0';
    return (struct text){ bytes_out, (size_t)size };
}

static int64_t find_kb(const char *status, const char *name)
{
    const char *found = strstr(status, name);
    return found ? strtoll(found + strlen(name), NULL, 10) : 0;
}

static void add_process(pid_t pid, struct sum *sum)
{
    char bytes[FILE_MAX];
    struct text status = read_proc(pid, "/proc/%d/status", bytes);
    if (status.size == 0)
        return;
    sum->now_kb += find_kb(status.data, "VmRSS:");
    sum->peak_kb += find_kb(status.data, "VmHWM:");
}

static void add_tree(pid_t pid, int generations, int depth, struct sum *sum)
{
    char bytes[FILE_MAX];
    if (generations <= 0)
        add_process(pid, sum);
    if (depth == DEPTH_MAX)
        return;
    struct text children = read_proc(pid, "/proc/%d/task/%d/children", bytes);
    while (children.data && children.size) {
        int64_t child;
        if (text_to_int64(text_cut(&children, ' '), &child))
            add_tree((pid_t)child, generations - 1, depth + 1, sum);
    }
}

struct memory_use memory_use_of(pid_t pid, int generations)
{
    struct sum sum = { 0, 0 };
    add_tree(pid, generations, 0, &sum);
    return (struct memory_use){ .now_mb = (int)((sum.now_kb + KB_PER_MB - 1) / KB_PER_MB),
                                .peak_mb = (int)((sum.peak_kb + KB_PER_MB - 1) / KB_PER_MB) };
}
