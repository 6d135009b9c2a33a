/*
 * A shim for LD_PRELOAD that makes system calls fail when a test says so. FAULT_CONTROL names a
 * file of 32-bit numbers, one per call below, that is mapped: 0 lets the call through, a positive
 * number is the errno it fails with, -1 makes a write short, -2 kills the process instead of it, -3
 * has a sync wait until the number is another. Calls on files fail only below FAULT_DIRECTORY, so
 * that sockets and pipes go on; writes and syncs only where the last number says.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

enum fault { FAULT_WRITE, FAULT_SYNC, FAULT_OPEN, FAULT_FORK, FAULT_MALLOC, FAULT_WHERE, FAULTS };

enum { SHORT = -1, DEATH = -2, WAIT = -3, WAIT_US = 1000 };

/* What the names of files have in common, by FAULT_WHERE; at PAGES they end with it: a database
 * without its log. */
enum { PAGES = 4 };
static const char *const places[] = {
    "/", "/journal-", "/coalmine.db", "/telemetry.db", [PAGES] = "/coalmine.db", "/code"
};

static volatile int32_t *control;
static const char *directory = "";

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fdatasync)(int);
static int (*real_fsync)(int);
static int (*real_syncfs)(int);
static int (*real_open)(const char *, int, ...);
static void *(*real_malloc)(size_t);
/* Jumped to by the assembly below. */
pid_t (*fault_real_vfork)(void);
pid_t fault_vfork_failure(void);

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("FAULT_CONTROL");
    *(void **)&real_write = dlsym(RTLD_NEXT, "write");
    *(void **)&real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    *(void **)&real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    *(void **)&real_fsync = dlsym(RTLD_NEXT, "fsync");
    *(void **)&real_syncfs = dlsym(RTLD_NEXT, "syncfs");
    *(void **)&real_open = dlsym(RTLD_NEXT, "open64");
    *(void **)&real_malloc = dlsym(RTLD_NEXT, "malloc");
    *(void **)&fault_real_vfork = dlsym(RTLD_NEXT, "vfork");
    if (getenv("FAULT_DIRECTORY"))
        directory = getenv("FAULT_DIRECTORY");
    int fd = path ? real_open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped =
        fd < 0 ? MAP_FAILED : mmap(NULL, FAULTS * sizeof(*control), PROT_READ, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED)
        control = mapped;
    if (fd >= 0)
        close(fd);
}

static int32_t wanted(enum fault fault)
{
    return control ? control[fault] : 0;
}

/* Files at that place below the directory. */
static int is_at(int fd, int32_t place)
{
    char link[64];
    char path[4096];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof(path) - 1);
    if (size < 0)
        return 0;
    path[size] = '\0';
    const char *found = strstr(path, places[place]);
    return strncmp(path, directory, strlen(directory)) == 0 && found &&
           (place != PAGES || strcmp(found, places[place]) == 0);
}

/* The size to write, or -1 with errno set. */
static ssize_t allowed_size(int fd, size_t size)
{
    int32_t fault = wanted(FAULT_WRITE);
    if (fault == 0 || !is_at(fd, wanted(FAULT_WHERE)))
        return (ssize_t)size;
    if (fault == DEATH)
        raise(SIGKILL);
    if (fault == SHORT)
        return (ssize_t)(size > 1 ? size / 2 : size);
    errno = fault;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    ssize_t allowed = allowed_size(fd, size);
    return allowed < 0 ? -1 : real_write(fd, bytes, (size_t)allowed);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset)
{
    ssize_t allowed = allowed_size(fd, size);
    return allowed < 0 ? -1 : real_pwrite(fd, bytes, (size_t)allowed, offset);
}

static int sync_with(int (*function)(int), int fd)
{
    int32_t fault = wanted(FAULT_SYNC);
    if (fault == 0 || !is_at(fd, wanted(FAULT_WHERE)))
        return function(fd);
    if (fault == WAIT) {
        while (wanted(FAULT_SYNC) == WAIT)
            usleep(WAIT_US);
        return function(fd);
    }
    errno = fault;
    return -1;
}

int fdatasync(int fd)
{
    return sync_with(real_fdatasync, fd);
}

int fsync(int fd)
{
    return sync_with(real_fsync, fd);
}

int syncfs(int fd)
{
    return sync_with(real_syncfs, fd);
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    int32_t fault = wanted(FAULT_OPEN);
    if (fault == 0 || strncmp(path, directory, strlen(directory)) != 0)
        return real_open(path, flags, mode);
    errno = fault;
    return -1;
}

void *malloc(size_t size)
{
    static _Thread_local int is_starting;
    if (!real_malloc) {
        if (is_starting++)
            return NULL;
        *(void **)&real_malloc = dlsym(RTLD_NEXT, "malloc");
        is_starting--;
    }
    return wanted(FAULT_MALLOC) ? NULL : real_malloc(size);
}

int fault_vfork_wanted(void);
int fault_vfork_wanted(void)
{
    return wanted(FAULT_FORK) != 0;
}

pid_t fault_vfork_failure(void)
{
    errno = wanted(FAULT_FORK);
    return -1;
}

/* vfork() returns twice into its caller's frame: it may be jumped to, never called through. */
__asm__(".globl vfork\n"
        ".type vfork, @function\n"
        "vfork:\n"
        "    sub $8, %rsp\n"
        "    call fault_vfork_wanted@PLT\n"
        "    add $8, %rsp\n"
        "    test %eax, %eax\n"
        "    jne fault_vfork_failure@PLT\n"
        "    mov fault_real_vfork@GOTPCREL(%rip), %rax\n"
        "    jmp *(%rax)\n"
        ".size vfork, .-vfork\n");
