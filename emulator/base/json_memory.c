/*
 * Memory of trees. A tree is many blocks of a few sizes that come and go together, more than
 * malloc() keeps at hand (glibc: seven of a size), so that most would take its slow way. Here each
 * thread keeps the blocks that it freed last, a list for each size; what it keeps is bounded. A
 * block may be freed by another thread than the one that made it: it joins the list of that one.
 */
#include <stddef.h>
#include <stdlib.h>

#include "json.h"
#include "xalloc.h"

enum { STEP = 16, CLASSES = 8, KEPT_MAX = 1024 };

/* What cJSON gets begins at `next`, aligned for pointers and doubles: it asks for no more. */
struct block {
    size_t class;       /* its content has room for (class + 1) * STEP; CLASSES: never kept */
    struct block *next; /* while it is kept */
};

enum { HEAD = offsetof(struct block, next) };

static _Thread_local struct kept {
    struct block *first;
    size_t count;
} kept[CLASSES];

UNUSED static void *take(size_t size)
{
    size_t class = size ? (size - 1) / STEP : 0;
    if (class < CLASSES && kept[class].first) {
        struct block *block = kept[class].first;
        kept[class].first = block->next;
        kept[class].count--;
        return &block->next;
    }
    bool is_small = class < CLASSES;
    struct block *block = xmalloc(HEAD + (is_small ? (class + 1) * STEP : size));
    block->class = is_small ? class : CLASSES;
    return &block->next;
}

UNUSED static void give_back(void *content)
{
    if (!content)
        return;
    struct block *block = CONTAINER_OF(content, struct block, next);
    size_t class = block->class;
    if (class == CLASSES || kept[class].count == KEPT_MAX) {
        free(block);
        return;
    }
    block->next = kept[class].first;
    kept[class].first = block;
    kept[class].count++;
}

/* Not where AddressSanitizer watches: it would take what is kept for what is in use. */
void json_keep_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
    static cJSON_Hooks hooks = { take, give_back };
    cJSON_InitHooks(&hooks);
#endif
}
