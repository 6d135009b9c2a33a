#include "edge/credential.h"

#include "edge/signature_claim.h"

#define SMALL "abcdefghijklmnopqrstuvwxyz0123456789"

static const char default_account[] = "000000000000";

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
    struct text scope =
        text_from(authorization ? signature_header_part(authorization, "Credential", arena) : "");
    if (scope.size == 0)
        scope = text_from(signature_query_part(query, "X-Amz-Credential", arena));
    struct text key = text_cut(&scope, '/');
    if (key.size)
        credential.access_key_id = arena_copy(arena, key);
    text_cut(&scope, '/'); /* the date */
    struct text region = text_cut(&scope, '/');
    struct text service = text_cut(&scope, '/');
    if (consists_of("0123456789", key, 12, 12))
        credential.account = credential.access_key_id;
    if (consists_of(SMALL "-", region, 1, 40))
        credential.region = arena_copy(arena, region);
    if (consists_of(SMALL "-ABCDEFGHIJKLMNOPQRSTUVWXYZ", service, 1, 64))
        credential.service = arena_copy(arena, service);
    return credential;
}
