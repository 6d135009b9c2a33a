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

bool page_begin(struct call *call, const char *member, const char **key_out)
{
    const char *marker = json_text(call->input, member, NULL);
    CLEANUP(freep) char *key = marker ? page_key(marker) : NULL;
    if (marker && !key)
        return false;
    *key_out = key ? arena_copy(&call->arena, text_from(key)) : "";
    return true;
}

void page_end(struct call *call, const char *member, const char *last)
{
    CLEANUP(freep) char *marker = page_marker(last);
    json_set_text(call_output(call), member, marker);
}
