/*
 * The bootstrap of a custom runtime: which one is taken, and what the kernel will say to it. A
 * sandbox's own program starts it, and its words for a failure would not be Lambda's.
 */
#ifndef COALMINE_ENTRYPOINT_H
#define COALMINE_ENTRYPOINT_H

#include <stdbool.h>

#include "runtime/pool.h"

/* A regular file: the package's own before a layer's. */
struct entrypoint {
    char *path;        /* on this machine; NULL: there is none */
    const char *shown; /* as the function sees it in isolation */
};

/* The `bootstrap` of a function; entrypoint_clear() frees. */
struct entrypoint entrypoint_find(const struct sandbox_plan *plan);
void entrypoint_clear(struct entrypoint *entrypoint);

/* NULL if it can be started, as far as a look into it tells; else what Lambda says of it, static,
 * and the server's log says what to do. */
const char *entrypoint_fault(const struct entrypoint *entrypoint, const struct sandbox_plan *plan,
                             bool is_isolated);

#endif
