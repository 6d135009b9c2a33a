/*
 * Functions that run from a developer's folder. Before an invocation the folder is looked through
 * on a worker (names, sizes, modes, times); if anything differs from the last time, new processes
 * run it and the old ones stop. Invocations that come while that goes on wait for the next look,
 * which they share: one that began before their edit might have missed it.
 *
 * Looking is exact wherever the folder comes from; the kernel's notifications miss edits on
 * network and virtual machine mounts and need a watch per directory.
 */
#ifndef COALMINE_HOT_RELOAD_H
#define COALMINE_HOT_RELOAD_H

#include "lambda/state.h"
#include "runtime/pool.h"

/* Like pool_submit(), for a plan whose code_directory is such a folder. */
void hot_reload_submit(struct lambda *lambda, const struct sandbox_plan *plan,
                       const struct invocation *invocation);

/* Like pool_retire(); nothing for a key that was never submitted. */
void hot_reload_retire(struct lambda *lambda, const char *key);

/* Forgets what no invocation waits for: reset, end. */
void hot_reload_forget(struct lambda *lambda);

#endif
