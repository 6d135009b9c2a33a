/*
 * Which alarms are to be told of something, such as of an alarm that changes its state or of a
 * metric that is made: an index from what is followed, by its key as one text, to the alarms that
 * follow it, in order of their coming.
 */
#ifndef COALMINE_ALARM_FOLLOWERS_H
#define COALMINE_ALARM_FOLLOWERS_H

#include <stddef.h>

#include "map.h"

struct alarm;

/* Zeroed at birth. */
struct alarm_followers {
    struct map by_key; /* struct alarm_follower_list */
};

struct alarm_follower_list {
    struct alarm **list; /* borrowed */
    size_t count;
    size_t capacity;
};

/* What is followed need not exist. One that follows already, and was the last to come, stays. */
void alarm_followers_add(struct alarm_followers *followers, const char *followed,
                         struct alarm *follower);
/* Nothing happens if it does not follow. */
void alarm_followers_remove(struct alarm_followers *followers, const char *followed,
                            const struct alarm *follower);
/* Borrowed until the index changes; never NULL. */
const struct alarm_follower_list *alarm_followers_of(const struct alarm_followers *followers,
                                                     const char *followed);
void alarm_followers_clear(struct alarm_followers *followers);

#endif
