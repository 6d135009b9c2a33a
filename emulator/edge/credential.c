#include "edge/credential.h"

#include "buffer.h"
#include "url.h"

#define SMALL "abcdefghijklmnopqrstuvwxyz0123456789"

static const char default_account[] = "000000000000";

static struct text from_header(const char *authorization)
{
    static const char name[] = "Credential=";
    const char *found = authorization ? strstr(authorization, name) : NULL;
    if (!found)
        return (struct text){ "", 0 };
    found += sizeof(name) - 1;
    return (struct text){ found, strcspn(found, ", ") };
}

static struct text from_query(struct text query, struct arena *arena)
{
    static const char name[] = "X-Amz-Credential=";
    while (query.size) {
        struct text parameter = text_cut(&query, '&');
        if (!text_starts_with(parameter, name))
            continue;
        parameter.data += sizeof(name) - 1;
        parameter.size -= sizeof(name) - 1;
        CLEANUP(buffer_clear) struct buffer decoded = { 0 };
        url_decode(&decoded, parameter, false);
        return text_from(arena_copy(arena, buffer_text(&decoded)));
    }
    return (struct text){ "", 0 };
}

static bool consists_of(const char *characters, struct text text, size_t least, size_t most)
{
    if (text.size < least || text.size > most)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!text.data[i] || !strchr(characters, text.data[i]))
            return false;
    return true;
}

struct credential credential_read(const char *authorization, struct text query, struct arena *arena)
{
    struct credential credential = { .account = default_account };
    struct text scope = from_header(authorization);
    if (scope.size == 0)
        scope = from_query(query, arena);
    struct text key = text_cut(&scope, '/');
    text_cut(&scope, '/'); /* the date */
    struct text region = text_cut(&scope, '/');
    struct text service = text_cut(&scope, '/');
    if (consists_of("0123456789", key, 12, 12))
        credential.account = arena_copy(arena, key);
    if (consists_of(SMALL "-", region, 1, 40))
        credential.region = arena_copy(arena, region);
    if (consists_of(SMALL "-ABCDEFGHIJKLMNOPQRSTUVWXYZ", service, 1, 64))
        credential.service = arena_copy(arena, service);
    return credential;
}
