#include "logs/record_pointer.h"

#include <stdlib.h>

#include "operation/page.h"
#include "xalloc.h"

char *record_pointer_print(const char *group, const struct event_row *row)
{
    CLEANUP(freep)
    char *key = xformat("%lld/%lld/%s", (long long)row->time_ms, (long long)row->sequence, group);
    return page_marker(key);
}

bool record_pointer_read(const char *pointer, struct arena *arena, const char **group_out,
                         struct event_position *position_out)
{
    CLEANUP(freep) char *key = page_key(pointer);
    if (!key)
        return false;
    struct text rest = text_from(key);
    bool is_good = text_to_int64(text_cut(&rest, '/'), &position_out->time_ms) && rest.data &&
                   text_to_int64(text_cut(&rest, '/'), &position_out->sequence) && rest.data;
    *group_out = is_good ? arena_copy(arena, rest) : NULL;
    return is_good;
}
