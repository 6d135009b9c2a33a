/*
 * A shim for LD_PRELOAD that makes system calls fail when a test says so. FAULT_CONTROL names a
 * file of 32-bit numbers that is mapped: first one per call of enum fault, where 0 lets the call
 * through, a positive number is the errno it fails with, -1 makes a write short, -2 kills the
 * process instead of it, -3 has a write or a sync wait until the number is another. Calls on files
 * fail only below FAULT_DIRECTORY, so that sockets and pipes go on; writes and syncs only where
 * FAULT_WHERE says.
 *
 * The numbers from NTH_KIND on let one single call fail: of the calls of that kind, which are
 * counted in NTH_SEEN, the one of that number, or that one and all behind it. BAD_CLOSES
 * counts what was closed and was not open. By AHEAD_S seconds the monotonic clocks are ahead.
 */
#include <dirent.h>
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum fault { FAULT_WRITE, FAULT_SYNC, FAULT_OPEN, FAULT_FORK, FAULT_MALLOC, FAULT_WHERE, FAULTS };

enum { SHORT = -1, DEATH = -2, WAIT = -3, WAIT_US = 1000 };

enum {
    NTH_KIND = FAULTS,
    NTH_NUMBER,
    NTH_FAULT,
    NTH_LASTS,
    NTH_SEEN,
    BAD_CLOSES,
    AHEAD_S,
    NUMBERS
};

/* tests/support/faults.py has the same list. */
enum kind {
    KIND_NONE,
    KIND_OPEN,
    KIND_READ,
    KIND_WRITE,
    KIND_SYNC,
    KIND_CLOSE,
    KIND_RENAME,
    KIND_MKDIR,
    KIND_UNLINK,
    KIND_TRUNCATE,
    KIND_PIPE,
    KIND_DUPLICATE,
    KIND_FORK,
    KIND_MAP,
    KIND_MODE,
    KIND_LINK,
    KIND_STAT,
    KIND_LIST,
    KIND_SOCKET,
};

/* What the names of files have in common, by FAULT_WHERE; at PAGES they end with it: a database
 * without its log. */
enum { PAGES = 4 };
static const char *const places[] = {
    "/", "/journal-", "/coalmine.db", "/telemetry.db", [PAGES] = "/coalmine.db", "/code"
};

static volatile int32_t *control;
static const char *directory = "";

#define CALLS(EACH)                                                                                \
    EACH(open64)                                                                                   \
    EACH(openat64)                                                                                 \
    EACH(fopen64)                                                                                  \
    EACH(read)                                                                                     \
    EACH(pread64)                                                                                  \
    EACH(write)                                                                                    \
    EACH(pwrite64)                                                                                 \
    EACH(fdatasync)                                                                                \
    EACH(fsync)                                                                                    \
    EACH(syncfs)                                                                                   \
    EACH(close)                                                                                    \
    EACH(rename)                                                                                   \
    EACH(renameat)                                                                                 \
    EACH(mkdir)                                                                                    \
    EACH(mkdirat)                                                                                  \
    EACH(mkdtemp)                                                                                  \
    EACH(unlink)                                                                                   \
    EACH(unlinkat)                                                                                 \
    EACH(rmdir)                                                                                    \
    EACH(ftruncate64)                                                                              \
    EACH(truncate64)                                                                               \
    EACH(pipe2)                                                                                    \
    EACH(socketpair)                                                                               \
    EACH(fcntl64)                                                                                  \
    EACH(fork)                                                                                     \
    EACH(mmap64)                                                                                   \
    EACH(chmod)                                                                                    \
    EACH(fchmod)                                                                                   \
    EACH(fchmodat)                                                                                 \
    EACH(linkat)                                                                                   \
    EACH(symlinkat)                                                                                \
    EACH(stat64)                                                                                   \
    EACH(lstat64)                                                                                  \
    EACH(fstat64)                                                                                  \
    EACH(fstatat64)                                                                                \
    EACH(access)                                                                                   \
    EACH(opendir)                                                                                  \
    EACH(fdopendir)                                                                                \
    EACH(readdir64)                                                                                \
    EACH(scandirat64)                                                                              \
    EACH(socket)                                                                                   \
    EACH(clock_gettime)                                                                            \
    EACH(accept4)

#define DECLARE(name) static __typeof__(name) *real_##name;
#define FIND(name) *(void **)&real_##name = dlsym(RTLD_NEXT, #name);

CALLS(DECLARE)
static void *(*real_malloc)(size_t);
/* Jumped to by the assembly below. */
pid_t (*fault_real_vfork)(void);
pid_t fault_vfork_failure(void);
int fault_vfork_wanted(void);

/* Other libraries may call before our turn to start has come. */
static void find_calls(void)
{
    if (real_accept4)
        return;
    CALLS(FIND)
    *(void **)&fault_real_vfork = dlsym(RTLD_NEXT, "vfork");
}

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("FAULT_CONTROL");
    find_calls();
    if (getenv("FAULT_DIRECTORY"))
        directory = getenv("FAULT_DIRECTORY");
    int fd = path ? real_open64(path, O_RDWR | O_CLOEXEC) : -1;
    void *mapped = fd < 0 ? MAP_FAILED
                          : real_mmap64(NULL, NUMBERS * sizeof(*control), PROT_READ | PROT_WRITE,
                                        MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED)
        control = mapped;
    if (fd >= 0)
        real_close(fd);
}

static int32_t wanted(enum fault fault)
{
    return control ? control[fault] : 0;
}

static int is_counted(enum kind kind)
{
    return control && control[NTH_KIND] == (int32_t)kind;
}

/* What the N-th call of this kind is to do, or 0. */
static int32_t nth(enum kind kind)
{
    find_calls();
    if (!is_counted(kind))
        return 0;
    int32_t seen = __atomic_add_fetch(&control[NTH_SEEN], 1, __ATOMIC_SEQ_CST);
    int32_t number = control[NTH_NUMBER];
    return seen == number || (control[NTH_LASTS] && seen > number) ? control[NTH_FAULT] : 0;
}

/* True with errno set if the call is to fail. */
static int fails(enum kind kind)
{
    int32_t fault = nth(kind);
    if (fault == DEATH)
        raise(SIGKILL);
    if (fault > 0)
        errno = fault;
    return fault > 0;
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

/* As fails(), of calls on a descriptor. */
static int fails_on(enum kind kind, int fd)
{
    return is_counted(kind) && is_at(fd, 0) && fails(kind);
}

/* As fails(), of opening a file. What is read of each process there is is not counted: there are
 * as many as the machine has. */
static int fails_to_open(const char *path)
{
    int is_of_process = strncmp(path, "/proc/", 6) == 0 && !strstr(path, "/ns/");
    return !is_of_process && fails(KIND_OPEN);
}

static void wait_while_told(enum fault fault)
{
    while (wanted(fault) == WAIT)
        usleep(WAIT_US);
}

/* The size to write, or -1 with errno set. */
static ssize_t allowed_size(int fd, size_t size)
{
    int32_t fault = wanted(FAULT_WRITE);
    if (fault && !is_at(fd, wanted(FAULT_WHERE)))
        fault = 0;
    else if (!fault && is_counted(KIND_WRITE) && is_at(fd, 0))
        fault = nth(KIND_WRITE);
    if (fault == DEATH)
        raise(SIGKILL);
    if (fault == WAIT) {
        wait_while_told(FAULT_WRITE);
        fault = 0;
    }
    if (fault == SHORT)
        return (ssize_t)(size > 1 ? size / 2 : size);
    errno = fault ? fault : errno;
    return fault ? -1 : (ssize_t)size;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    find_calls();
    ssize_t allowed = allowed_size(fd, size);
    return allowed < 0 ? -1 : real_write(fd, bytes, (size_t)allowed);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset)
{
    find_calls();
    ssize_t allowed = allowed_size(fd, size);
    return allowed < 0 ? -1 : real_pwrite64(fd, bytes, (size_t)allowed, offset);
}

static int sync_with(int (*function)(int), int fd)
{
    int32_t fault = wanted(FAULT_SYNC);
    if (fails_on(KIND_SYNC, fd))
        return -1;
    if (fault == 0 || !is_at(fd, wanted(FAULT_WHERE)))
        return function(fd);
    if (fault == WAIT) {
        wait_while_told(FAULT_SYNC);
        return function(fd);
    }
    errno = fault;
    return -1;
}

int fdatasync(int fd)
{
    find_calls();
    return sync_with(real_fdatasync, fd);
}

int fsync(int fd)
{
    find_calls();
    return sync_with(real_fsync, fd);
}

int syncfs(int fd)
{
    find_calls();
    return sync_with(real_syncfs, fd);
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    int32_t fault = wanted(FAULT_OPEN);
    if (fails_to_open(path))
        return -1;
    if (fault == 0 || strncmp(path, directory, strlen(directory)) != 0)
        return real_open64(path, flags, mode);
    errno = fault;
    return -1;
}

int openat64(int at, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return fails_to_open(path) ? -1 : real_openat64(at, path, flags, mode);
}

/* It is closed all the same, as Linux does it. */
int close(int fd)
{
    find_calls();
    int has_failed = fails_on(KIND_CLOSE, fd);
    int failure = errno;
    int result = real_close(fd);
    if (result != 0 && errno == EBADF && control)
        __atomic_add_fetch(&control[BAD_CLOSES], 1, __ATOMIC_SEQ_CST);
    if (has_failed)
        errno = failure;
    return has_failed ? -1 : result;
}

int fcntl64(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return command == F_DUPFD_CLOEXEC && fails(KIND_DUPLICATE)
               ? -1
               : real_fcntl64(fd, command, argument);
}

struct dirent64 *readdir64(DIR *list)
{
    find_calls();
    return fails_on(KIND_LIST, dirfd(list)) ? NULL : real_readdir64(list);
}

#define WRAP(kind, type, name, parameters, arguments, failure)                                     \
    type name parameters                                                                           \
    {                                                                                              \
        return fails(kind) ? (failure) : real_##name arguments;                                    \
    }

#define WRAP_ON(kind, type, name, parameters, arguments)                                           \
    type name parameters                                                                           \
    {                                                                                              \
        find_calls();                                                                              \
        return fails_on(kind, fd) ? -1 : real_##name arguments;                                    \
    }

WRAP(KIND_OPEN, FILE *, fopen64, (const char *path, const char *mode), (path, mode), NULL)
WRAP_ON(KIND_READ, ssize_t, read, (int fd, void *bytes, size_t size), (fd, bytes, size))
WRAP_ON(KIND_READ, ssize_t, pread64, (int fd, void *bytes, size_t size, off_t offset),
        (fd, bytes, size, offset))
WRAP(KIND_RENAME, int, rename, (const char *from, const char *to), (from, to), -1)
WRAP(KIND_RENAME, int, renameat, (int at, const char *from, int to_at, const char *to),
     (at, from, to_at, to), -1)
WRAP(KIND_MKDIR, int, mkdir, (const char *path, mode_t mode), (path, mode), -1)
WRAP(KIND_MKDIR, int, mkdirat, (int at, const char *path, mode_t mode), (at, path, mode), -1)
WRAP(KIND_MKDIR, char *, mkdtemp, (char *path), (path), NULL)
WRAP(KIND_UNLINK, int, unlink, (const char *path), (path), -1)
WRAP(KIND_UNLINK, int, unlinkat, (int at, const char *path, int flags), (at, path, flags), -1)
WRAP(KIND_UNLINK, int, rmdir, (const char *path), (path), -1)
WRAP(KIND_TRUNCATE, int, ftruncate64, (int fd, off_t size), (fd, size), -1)
WRAP(KIND_TRUNCATE, int, truncate64, (const char *path, off_t size), (path, size), -1)
WRAP(KIND_PIPE, int, pipe2, (int ends[2], int flags), (ends, flags), -1)
WRAP(KIND_PIPE, int, socketpair, (int domain, int type, int protocol, int ends[2]),
     (domain, type, protocol, ends), -1)
WRAP(KIND_FORK, pid_t, fork, (void), (), -1)
WRAP(KIND_MAP, void *, mmap64,
     (void *at, size_t size, int protection, int flags, int fd, off_t offset),
     (at, size, protection, flags, fd, offset), MAP_FAILED)
WRAP(KIND_MODE, int, chmod, (const char *path, mode_t mode), (path, mode), -1)
WRAP(KIND_MODE, int, fchmod, (int fd, mode_t mode), (fd, mode), -1)
WRAP(KIND_MODE, int, fchmodat, (int at, const char *path, mode_t mode, int flags),
     (at, path, mode, flags), -1)
WRAP(KIND_LINK, int, linkat, (int at, const char *from, int to_at, const char *to, int flags),
     (at, from, to_at, to, flags), -1)
WRAP(KIND_LINK, int, symlinkat, (const char *target, int at, const char *path), (target, at, path),
     -1)
WRAP(KIND_STAT, int, stat64, (const char *path, struct stat64 *status), (path, status), -1)
WRAP(KIND_STAT, int, lstat64, (const char *path, struct stat64 *status), (path, status), -1)
WRAP(KIND_STAT, int, fstat64, (int fd, struct stat64 *status), (fd, status), -1)
WRAP(KIND_STAT, int, fstatat64, (int at, const char *path, struct stat64 *status, int flags),
     (at, path, status, flags), -1)
WRAP(KIND_STAT, int, access, (const char *path, int mode), (path, mode), -1)
WRAP(KIND_LIST, DIR *, opendir, (const char *path), (path), NULL)
WRAP(KIND_LIST, DIR *, fdopendir, (int fd), (fd), NULL)
WRAP(KIND_LIST, int, scandirat64,
     (int at, const char *path, struct dirent64 ***names, int (*is_wanted)(const struct dirent64 *),
      int (*compare)(const struct dirent64 **, const struct dirent64 **)),
     (at, path, names, is_wanted, compare), -1)
WRAP(KIND_SOCKET, int, socket, (int domain, int type, int protocol), (domain, type, protocol), -1)
WRAP(KIND_SOCKET, int, accept4, (int fd, __SOCKADDR_ARG from, socklen_t *size, int flags),
     (fd, from, size, flags), -1)

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

static int vfork_error;

int fault_vfork_wanted(void)
{
    int32_t fault = wanted(FAULT_FORK) ? wanted(FAULT_FORK) : nth(KIND_FORK);
    vfork_error = fault > 0 ? fault : 0;
    return vfork_error != 0;
}

pid_t fault_vfork_failure(void)
{
    errno = vfork_error;
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

int clock_gettime(clockid_t clock, struct timespec *time)
{
    find_calls();
    int result = real_clock_gettime(clock, time);
    if (control && (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE))
        time->tv_sec += control[AHEAD_S];
    return result;
}
