/*
 * Walks a process tree through /proc/<pid>/task/<pid>/children, level by level. One process is
 * measured by what is resident. Several share pages, a fork everything at first, so that each is
 * measured by its share (Pss); that costs a walk through its page tables.
 */
#include "runtime/memory_use.h"

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "text.h"

/* More than TASKS_MAX, so that too many can be seen; a file that names so many children. */
enum { PROCESSES_MAX = TASKS_MAX + 1, FILE_MAX = 12 * PROCESSES_MAX, KB_PER_MB = 1024 };

struct tree {
    pid_t pids[PROCESSES_MAX];
    size_t count;
};

/* Reads a file of /proc, which comes by the page; the text is empty if it is gone. */
static struct text read_proc(pid_t pid, const char *format, char bytes_out[FILE_MAX])
{
    char path[64];
    snprintf(path, sizeof(path), format, (int)pid, (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return (struct text){ "", 0 };
    size_t size = 0;
    ssize_t count;
    while ((count = read(fd, bytes_out + size, FILE_MAX - 1 - size)) > 0)
        size += (size_t)count;
    close(fd);
    bytes_out[size] = '\0';
    return (struct text){ bytes_out, size };
}

static int64_t find_number(const char *file, const char *name)
{
    const char *found = strstr(file, name);
    return found ? strtoll(found + strlen(name), NULL, 10) : 0;
}

static void add_children(struct tree *tree, pid_t pid)
{
    char bytes[FILE_MAX];
    struct text children = read_proc(pid, "/proc/%d/task/%d/children", bytes);
    while (children.size && tree->count < PROCESSES_MAX) {
        int64_t child;
        if (text_to_int64(text_cut(&children, ' '), &child))
            tree->pids[tree->count++] = (pid_t)child;
    }
}

/* All below `pid`, itself too, without the first generations. */
static void find_tree(pid_t pid, int generations, struct tree *tree)
{
    size_t first = 0; /* of those whose children are not looked up yet */
    *tree = (struct tree){ .pids = { pid }, .count = 1 };
    while (generations-- > 0) {
        size_t end = tree->count;
        for (; first < end; first++)
            add_children(tree, tree->pids[first]);
    }
    tree->count -= first;
    memmove(tree->pids, tree->pids + first, tree->count * sizeof(*tree->pids));
    for (size_t i = 0; i < tree->count; i++)
        add_children(tree, tree->pids[i]);
}

static int64_t share_of(pid_t pid, int64_t resident_kb)
{
    char bytes[FILE_MAX];
    int64_t share_kb = find_number(read_proc(pid, "/proc/%d/smaps_rollup", bytes).data, "Pss:");
    return share_kb ? share_kb : resident_kb;
}

static int round_up(int64_t kb)
{
    return (int)((kb + KB_PER_MB - 1) / KB_PER_MB);
}

struct memory_use memory_use_of(pid_t pid, int generations)
{
    char bytes[FILE_MAX];
    struct tree tree;
    int64_t now_kb = 0;
    int64_t peak_kb = 0;
    int64_t tasks = 0;
    find_tree(pid, generations, &tree);
    if (tree.count > TASKS_MAX) /* measuring so many would take its time, and they have to go */
        return (struct memory_use){ .tasks = (int)tree.count };
    for (size_t i = 0; i < tree.count; i++) {
        const char *status = read_proc(tree.pids[i], "/proc/%d/status", bytes).data;
        int64_t resident_kb = find_number(status, "VmRSS:");
        int64_t most_kb = find_number(status, "VmHWM:");
        tasks += find_number(status, "Threads:");
        now_kb += tree.count > 1 ? share_of(tree.pids[i], resident_kb) : resident_kb;
        peak_kb = most_kb > peak_kb ? most_kb : peak_kb;
    }
    peak_kb = now_kb > peak_kb ? now_kb : peak_kb;
    return (struct memory_use){ .now_mb = round_up(now_kb),
                                .peak_mb = round_up(peak_kb),
                                .tasks = (int)tasks };
}
