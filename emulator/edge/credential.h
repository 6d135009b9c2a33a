/*
 * Who calls, as far as routing needs it: the credential scope of the Authorization header or of
 * a presigned URL. Nothing is verified here.
 */
#ifndef COALMINE_CREDENTIAL_H
#define COALMINE_CREDENTIAL_H

#include "arena.h"
#include "text.h"

struct credential {
    const char *access_key_id; /* NULL: unsigned */
    const char *account;       /* the access key id if it is 12 digits, else 000000000000 */
    const char *region;        /* of the scope; NULL: unsigned */
    const char *service;       /* signing name; NULL: unsigned */
};

/* `authorization` may be NULL; `query` is the raw query. Texts live in the arena or are static. */
struct credential credential_read(const char *authorization, struct text query,
                                  struct arena *arena);

#endif
