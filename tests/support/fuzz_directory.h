/* A directory for the files of a fuzz target; it goes when the target ends. */
#ifndef COALMINE_FUZZ_DIRECTORY_H
#define COALMINE_FUZZ_DIRECTORY_H

#include <stdio.h>

#include "runtime/package.h"
#include "support/fuzz.h"

static char fuzz_directory_path[] = "/tmp/coalmine-fuzz-XXXXXX";

static void fuzz_directory_remove(void)
{
    package_remove(fuzz_directory_path);
}

/* Makes it, empty; called once. The path is valid as long as the process. */
static inline char *fuzz_directory(void)
{
    fuzz_assert(mkdtemp(fuzz_directory_path));
    fuzz_assert(atexit(fuzz_directory_remove) == 0);
    return fuzz_directory_path;
}

#endif
