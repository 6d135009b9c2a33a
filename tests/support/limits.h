/*
 * What this test's process may have: so little of it that what needs more is refused.
 */
#ifndef COALMINE_LIMITS_H
#define COALMINE_LIMITS_H

#include <check.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

/* RLIMIT_NOFILE: descriptors are smaller than this, those that are open stay. RLIMIT_FSIZE: files
 * grow to this size, and a write that would pass it ends there. Gives the limit that there was. */
static inline rlim_t limit_set(int resource, rlim_t value)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(resource, &limit), 0);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = value;
    ck_assert_int_eq(setrlimit(resource, &limit), 0);
    return before;
}

/* Where there is no descriptor to be had, no file may be made either: false under valgrind, which
 * takes the descriptor away when the file is there. */
static inline bool limit_keeps_files_away(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_lt(fd, 0);
    return unlink(path) != 0;
}

/* From now on there is no descriptor to be had; gives the limit that there was. */
static inline rlim_t limit_use_up_descriptors(void)
{
    int next = dup(STDIN_FILENO);
    ck_assert_int_ge(next, 0);
    close(next);
    return limit_set(RLIMIT_NOFILE, (rlim_t)next);
}

#endif
