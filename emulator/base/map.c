#include "map.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "xalloc.h"

enum { FIRST_BUCKETS = 16 };

struct map_entry {
    struct map_entry *next;
    uint64_t hash;
    void *value;
    char key[];
};

static uint64_t hash_of(const char *key)
{
    uint64_t hash = hash_string(key);
    return hash ^ (hash >> 32);
}

static struct map_entry **find_link(const struct map *map, const char *key, uint64_t hash)
{
    struct map_entry **link = &map->buckets[hash % map->bucket_count];
    while (*link && ((*link)->hash != hash || strcmp((*link)->key, key) != 0))
        link = &(*link)->next;
    return link;
}

static void grow(struct map *map)
{
    size_t bucket_count = map->bucket_count ? map->bucket_count * 2 : FIRST_BUCKETS;
    struct map_entry **buckets = xcalloc(bucket_count, sizeof(struct map_entry *));
    for (size_t i = 0; i < map->bucket_count; i++) {
        struct map_entry *entry = map->buckets[i];
        while (entry) {
            struct map_entry *next = entry->next;
            entry->next = buckets[entry->hash % bucket_count];
            buckets[entry->hash % bucket_count] = entry;
            entry = next;
        }
    }
    free(map->buckets);
    map->buckets = buckets;
    map->bucket_count = bucket_count;
}

void *map_find(const struct map *map, const char *key)
{
    if (map->count == 0)
        return NULL;
    struct map_entry *entry = *find_link(map, key, hash_of(key));
    return entry ? entry->value : NULL;
}

void map_set(struct map *map, const char *key, void *value)
{
    if (map->count >= map->bucket_count)
        grow(map);
    size_t size = strlen(key) + 1;
    struct map_entry *entry = xmalloc(sizeof(*entry) + size);
    entry->hash = hash_of(key);
    entry->value = value;
    memcpy(entry->key, key, size);
    entry->next = map->buckets[entry->hash % map->bucket_count];
    map->buckets[entry->hash % map->bucket_count] = entry;
    map->count++;
}

void *map_remove(struct map *map, const char *key)
{
    if (map->count == 0)
        return NULL;
    struct map_entry **link = find_link(map, key, hash_of(key));
    struct map_entry *entry = *link;
    if (!entry)
        return NULL;
    void *value = entry->value;
    *link = entry->next;
    free(entry);
    map->count--;
    return value;
}

void map_clear(struct map *map, void (*release)(void *value))
{
    for (size_t i = 0; i < map->bucket_count; i++) {
        struct map_entry *entry = map->buckets[i];
        while (entry) {
            struct map_entry *next = entry->next;
            if (release)
                release(entry->value);
            free(entry);
            entry = next;
        }
    }
    free(map->buckets);
    *map = (struct map){ 0 };
}

static char *add_part(char *at, const char *end, const char *part)
{
    size_t size = strlen(part);
    size_t room = (size_t)(end - at);
    if (size > room)
        size = room;
    memcpy(at, part, size);
    return at + size;
}

const char *map_key(char key_out[MAP_KEY_SIZE], const char *first, ...)
{
    const char *end = key_out + (MAP_KEY_SIZE - 1);
    char *at = add_part(key_out, end, first);
    const char *part;
    va_list parts;
    va_start(parts, first);
    while ((part = va_arg(parts, const char *)))
        at = add_part(add_part(at, end, "/"), end, part);
    va_end(parts);
    *at = '\0';
    return key_out;
}
