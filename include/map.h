/*
 * A table from text to pointer. It copies its keys; the values are the caller's. Pointers stay
 * where they are when the table grows. Implemented in emulator/base/map.c.
 */
#ifndef COALMINE_MAP_H
#define COALMINE_MAP_H

#include <stddef.h>

#include "compiler.h"

struct map {
    struct map_entry **buckets;
    size_t bucket_count;
    size_t count;
};

/* A zeroed map is empty and ready. map_clear() calls `release` (if not NULL) on every value. */
void map_clear(struct map *map, void (*release)(void *value));

void *map_find(const struct map *map, const char *key);      /* NULL: absent */
void map_set(struct map *map, const char *key, void *value); /* the key must be absent */
void *map_remove(struct map *map, const char *key);          /* the value, or NULL */

/* Puts the parts into `key_out`, with "/" between them; NULL ends the parts. What would be too long
 * is cut. Gives the key. */
enum { MAP_KEY_SIZE = 2400 }; /* names have up to 512 characters, of up to four bytes */
const char *map_key(char key_out[MAP_KEY_SIZE], const char *first, ...) NULL_ENDED;

#endif
