/*
 * How long somebody waits for something that is asked for in several calls (credentials, mostly):
 * until the user wants to stop, or a moment has come.
 */
#ifndef CANARY_PATIENCE_H
#define CANARY_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

struct patience {
    bool (*should_stop)(void *owner); /* the user wants to stop; NULL: never */
    void *owner;
    int64_t until_us; /* monotonic; 0: for ever */
};

/* True once nobody waits any more. Takes a struct patience (NULL: for ever) as the owner that HTTP
 * and AWS calls hand to who says whether they should stop. */
bool patience_is_over(void *patience);

/* Is it over because its moment has come, and not by the user? */
bool patience_ran_out(const struct patience *patience);

/* Sleeps. False if it is over meanwhile. */
bool patience_sleep(const struct patience *patience, int64_t ms);

#endif
