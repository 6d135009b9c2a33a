#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "xalloc.h"

/* The first block is of a size that malloc() keeps at hand for the next to ask. */
enum { FIRST_BLOCK_SIZE = 992, BLOCK_SIZE = 4000, ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    _Alignas(ALIGNMENT) char bytes[];
};

void arena_clear(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->blocks = NULL;
}

static size_t round_up(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size = round_up(size);
    struct arena_block *block = arena->blocks;
    if (!block || block->size - block->used < size) {
        size_t usual = block ? BLOCK_SIZE : FIRST_BLOCK_SIZE;
        size_t room = size > usual ? size : usual;
        block = xmalloc(sizeof(*block) + room);
        *block = (struct arena_block){ .next = arena->blocks, .size = room };
        arena->blocks = block;
    }
    void *memory = block->bytes + block->used;
    block->used += size;
    return memset(memory, 0, size);
}

void *arena_grow(struct arena *arena, const void *list, size_t *capacity, size_t first, size_t size)
{
    size_t count = *capacity;
    *capacity = count ? 2 * count : first;
    void *larger = arena_alloc(arena, *capacity * size);
    if (count)
        memcpy(larger, list, count * size);
    return larger;
}

char *arena_copy(struct arena *arena, struct text text)
{
    char *copy = arena_alloc(arena, text.size + 1);
    if (text.size)
        memcpy(copy, text.data, text.size);
    return copy;
}

char *arena_copy_string(struct arena *arena, const char *string)
{
    return string ? arena_copy(arena, text_from(string)) : NULL;
}

/* Printing costs far more than copying, so what is printed twice is only what did not fit into what
 * is left of the block. */
char *arena_format(struct arena *arena, const char *format, ...)
{
    struct arena_block *block = arena->blocks;
    size_t left = block ? block->size - block->used : 0;
    char *text = block ? block->bytes + block->used : NULL;
    va_list arguments;
    va_start(arguments, format);
    int printed = vsnprintf(text, left, format, arguments);
    va_end(arguments);
    size_t size = (size_t)(printed < 0 ? 0 : printed) + 1;
    if (block && printed >= 0 && size <= left) {
        block->used += round_up(size);
        return text;
    }
    text = arena_alloc(arena, size);
    va_start(arguments, format);
    vsnprintf(text, size, format, arguments);
    va_end(arguments);
    return text;
}

char *arena_join(struct arena *arena, const char *first, ...)
{
    size_t size = strlen(first);
    const char *part;
    va_list parts;
    va_start(parts, first);
    while ((part = va_arg(parts, const char *)))
        size += strlen(part);
    va_end(parts);
    char *text = arena_alloc(arena, size + 1);
    char *end = stpcpy(text, first);
    va_start(parts, first);
    while ((part = va_arg(parts, const char *)))
        end = stpcpy(end, part);
    va_end(parts);
    return text;
}
