#include "runtime/keep.h"

enum { SHARE_FOR_OTHERS = 4 };

int keep_fit(int ceiling, int kept, int64_t count)
{
    int for_others = ceiling / SHARE_FOR_OTHERS;
    int room = ceiling - (for_others ? for_others : 1) - kept;
    if (room < 0)
        room = 0;
    return count < room ? (int)count : room;
}

/* With a process, or about to have one. */
static int count_alive(const struct lane *lane)
{
    int down = 0;
    for (const struct link *at = lane->down.after; at != &lane->down; at = at->after)
        down++;
    return lane->count - down;
}

bool keep_lacks(const struct lane *lane)
{
    return !lane->has_keep_failed && count_alive(lane) < lane->keep_wanted;
}

bool keep_holds(const struct lane *lane)
{
    return lane->count <= lane->keep_wanted;
}

void keep_judge(struct lane *lane, const struct member *member)
{
    if (lane->keep_wanted && sandbox_state(member->sandbox) == SANDBOX_DOWN && !member->has_run &&
        !member->is_short)
        lane->has_keep_failed = true;
}

struct pool_kept keep_state(const struct lane *lane)
{
    return (struct pool_kept){ .wanted = lane->keep_wanted,
                               .ready = count_alive(lane) - lane->starting,
                               .has_failed = lane->has_keep_failed };
}

void keep_tell(const struct lane *lane)
{
    if (!lane->keep.on_change)
        return;
    struct pool_kept kept = keep_state(lane);
    lane->keep.on_change(&kept, lane->keep.owner);
}
