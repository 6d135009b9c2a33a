/*
 * Back-pressure: who takes bytes says that it has enough for now, and later that there is room
 * again; who makes them looks at `is_full` and waits. Owned by the taker, zeroed at birth; the
 * maker enters itself as the one to tell, and takes itself out when it has ended.
 */
#ifndef COALMINE_FLOW_H
#define COALMINE_FLOW_H

#include <stdbool.h>
#include <stddef.h>

struct flow {
    bool is_full;
    void (*on_room)(void *owner); /* the maker's; NULL: nobody waits */
    void *owner;
};

/* The taker's: tells the maker when it was full and is so no more. */
static inline void flow_set_full(struct flow *flow, bool is_full)
{
    bool was_full = flow->is_full;
    flow->is_full = is_full;
    if (was_full && !is_full && flow->on_room)
        flow->on_room(flow->owner);
}

#endif
