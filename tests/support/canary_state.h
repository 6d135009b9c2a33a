/*
 * A state directory of canary's for one test.
 */
#ifndef COALMINE_CANARY_STATE_H
#define COALMINE_CANARY_STATE_H

#include <stdlib.h>
#include <unistd.h>

#include "support/suite.h"
#include "xalloc.h"

/* In memory where that is to be had: each step is written durably. */
static inline char *make_state(void)
{
    bool has_memory = access("/dev/shm", W_OK) == 0;
    char *path = xformat("%s/canary-state-XXXXXX", has_memory ? "/dev/shm" : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(path));
    return path;
}

static inline void remove_state(char *state)
{
    CLEANUP(freep) char *command = xformat("rm -rf %s", state);
    ck_assert_int_eq(system(command), 0);
    free(state);
}

#endif
