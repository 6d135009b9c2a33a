/*
 * A directory for the files of one test. It goes when the test's process ends, and so does not have
 * to be thought of where a test ends early.
 */
#ifndef COALMINE_TEST_DIRECTORY_H
#define COALMINE_TEST_DIRECTORY_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/package.h"

static char test_directory_path[32];
static pid_t test_directory_owner;

static void test_directory_remove(void)
{
    if (getpid() == test_directory_owner) /* not a child that the test has forked */
        package_remove(test_directory_path);
}

/* Makes it, empty; what an earlier call has made goes. The path is valid as long as the process. */
static inline char *test_directory(void)
{
    if (test_directory_owner)
        test_directory_remove();
    else
        ck_assert_int_eq(atexit(test_directory_remove), 0);
    test_directory_owner = getpid();
    snprintf(test_directory_path, sizeof(test_directory_path), "/tmp/coalmine-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(test_directory_path));
    return test_directory_path;
}

#endif
