/*
 * Memory that is freed all at once: what a call or a command makes on its way.
 * Implemented in emulator/base/arena.c.
 */
#ifndef COALMINE_ARENA_H
#define COALMINE_ARENA_H

#include <stddef.h>

#include "compiler.h"
#include "text.h"

struct arena {
    struct arena_block *blocks;
};

/* A zeroed arena is ready for use; arena_clear() frees all that was made in it. */
void arena_clear(struct arena *arena);

/* Zeroed memory that lives as long as the arena's content. */
void *arena_alloc(struct arena *arena, size_t size);
/* Room for a list that is full: a copy of its `*capacity` elements of `size` bytes, in which there
 * is place for twice as many, or for `first` if there were none; `*capacity` says so. The old list
 * stays where it is as long as the arena's content. */
void *arena_grow(struct arena *arena, const void *list, size_t *capacity, size_t first,
                 size_t size);
char *arena_copy(struct arena *arena, struct text text);          /* with a NUL behind it */
char *arena_copy_string(struct arena *arena, const char *string); /* NULL for NULL */
char *arena_format(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* The strings one after the other; NULL ends them. */
char *arena_join(struct arena *arena, const char *first, ...) NULL_ENDED;

#endif
