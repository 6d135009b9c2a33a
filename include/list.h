/*
 * Doubly linked lists whose links live inside their members.
 */
#ifndef COALMINE_LIST_H
#define COALMINE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A head, or a member's place. A link that is in no list points to itself. */
struct link {
    struct link *before;
    struct link *after;
};

static inline void link_init(struct link *link)
{
    link->before = link;
    link->after = link;
}

static inline bool link_is_alone(const struct link *link)
{
    return link->after == link;
}

static inline void link_insert_after(struct link *place, struct link *link)
{
    link->before = place;
    link->after = place->after;
    place->after->before = link;
    place->after = link;
}

static inline void link_insert_before(struct link *place, struct link *link)
{
    link_insert_after(place->before, link);
}

/* Takes it out of whatever list it is in. */
static inline void link_remove(struct link *link)
{
    link->before->after = link->after;
    link->after->before = link->before;
    link_init(link);
}

#endif
