/*
 * Environments that a lane keeps warm whether anybody waits or not: provisioned concurrency.
 * Those that end are booted again. One that cannot boot, or ends before it has run anything, ends
 * the keeping: it would be so for ever.
 */
#ifndef COALMINE_KEEP_H
#define COALMINE_KEEP_H

#include <stdbool.h>

#include "runtime/lane.h"

/* How many of `count` there is room for: a quarter of the ceiling, and one at least, stays for
 * everybody else. `kept` are kept by other lanes. */
int keep_fit(int ceiling, int kept, int64_t count);

/* Whether a sandbox must be booted so that all are there. */
bool keep_lacks(const struct lane *lane);
/* Whether a resting sandbox of the lane is one of those that stay. */
bool keep_holds(const struct lane *lane);
/* The sandbox has become free: notes if it shows that no boot will succeed. */
void keep_judge(struct lane *lane, const struct member *member);
void keep_tell(const struct lane *lane);
struct pool_kept keep_state(const struct lane *lane);

#endif
