/*
 * Watches a descriptor on the loop; the handle frees itself, so that owners are plain structs.
 */
#ifndef COALMINE_WATCH_H
#define COALMINE_WATCH_H

#include "loop/loop.h"

struct watch;

/* Calls `function` whenever the descriptor is ready for `events` (UV_READABLE, UV_WRITABLE) or
 * its other side is gone. NULL if the descriptor cannot be watched. */
struct watch *watch_start(struct loop *loop, int fd, int events, void (*function)(void *owner),
                          void *owner);

/* Calls nothing until watch_resume(). */
void watch_pause(struct watch *watch);
void watch_resume(struct watch *watch);

/* Stops, frees and sets *watch to NULL; the descriptor may be closed right after. Accepts a
 * pointer to NULL. */
void watch_stop(struct watch **watch);

#endif
