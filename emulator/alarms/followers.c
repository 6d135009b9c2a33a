#include "alarms/followers.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

static void release(void *value)
{
    struct alarm_follower_list *list = value;
    free(list->list);
    free(list);
}

void alarm_followers_add(struct alarm_followers *followers, const char *followed,
                         struct alarm *follower)
{
    struct alarm_follower_list *list = map_find(&followers->by_key, followed);
    if (!list) {
        list = xcalloc(1, sizeof(*list));
        map_set(&followers->by_key, followed, list);
    }
    if (list->count && list->list[list->count - 1] == follower)
        return;
    if (list->count == list->capacity)
        list->list = xgrow(list->list, &list->capacity, 1, sizeof(struct alarm *));
    list->list[list->count++] = follower;
}

static void take_out(struct alarm_follower_list *list, const struct alarm *follower)
{
    size_t at = 0;
    while (at < list->count && list->list[at] != follower)
        at++;
    if (at == list->count)
        return;
    list->count--;
    memmove(&list->list[at], &list->list[at + 1], (list->count - at) * sizeof(struct alarm *));
}

void alarm_followers_remove(struct alarm_followers *followers, const char *followed,
                            const struct alarm *follower)
{
    struct alarm_follower_list *list = map_find(&followers->by_key, followed);
    if (!list)
        return;
    take_out(list, follower);
    if (list->count)
        return;
    map_remove(&followers->by_key, followed);
    release(list);
}

const struct alarm_follower_list *alarm_followers_of(const struct alarm_followers *followers,
                                                     const char *followed)
{
    static const struct alarm_follower_list nobody = { 0 };
    const struct alarm_follower_list *list = map_find(&followers->by_key, followed);
    return list ? list : &nobody;
}

void alarm_followers_clear(struct alarm_followers *followers)
{
    map_clear(&followers->by_key, release);
}
