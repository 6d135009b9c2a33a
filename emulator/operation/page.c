#include "operation/page.h"

#include <stdlib.h>

#include "crypto.h"
#include "xalloc.h"

static const char prefix[] = "1:";

char *page_marker(const char *key)
{
    char *text = xformat("%s%s", prefix, key);
    char *marker = base64_encode(text_from(text));
    free(text);
    return marker;
}

char *page_key(const char *marker)
{
    size_t size;
    char *text = base64_decode(text_from(marker), &size);
    if (!text)
        return NULL;
    bool is_ours = text_starts_with((struct text){ text, size }, prefix) && strlen(text) == size;
    char *key = is_ours ? xstrdup(text + sizeof(prefix) - 1) : NULL;
    free(text);
    return key;
}
