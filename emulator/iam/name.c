#include "iam/name.h"

#include "crypto.h"
#include "iam/faults.h"
#include "pattern.h"
#include "random.h"

enum { ID_LETTERS = 17, KEY_LETTERS = 16 };

bool name_check(const char *member, const char *name, struct error *error)
{
    return pattern_matches("[\\w+=,.@-]+", text_from(name)) ||
           error_set(error, &IAM_VALIDATION,
                     "The specified value for %s is invalid. It must contain only "
                     "alphanumeric characters and/or the following: +=,.@_-",
                     member);
}

static const char *print_id(const char *prefix, const unsigned char bytes[ID_LETTERS], int count,
                            struct arena *arena)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    char id[ID_LETTERS + 1];
    for (int i = 0; i < count; i++)
        id[i] = letters[bytes[i] % 32];
    id[count] = '\0';
    return arena_format(arena, "%s%s", prefix, id);
}

static const char *print_new(const char *prefix, const char *uuid, int count, struct arena *arena)
{
    unsigned char bytes[ID_LETTERS];
    struct random_stream stream = random_stream_for(uuid);
    for (int i = 0; i < ID_LETTERS; i++)
        bytes[i] = (unsigned char)random_next(&stream);
    return print_id(prefix, bytes, count, arena);
}

const char *id_new(const char *prefix, struct arena *arena)
{
    char uuid[UUID_SIZE];
    random_uuid(uuid);
    return print_new(prefix, uuid, ID_LETTERS, arena);
}

const char *id_new_key(struct arena *arena)
{
    char uuid[UUID_SIZE];
    random_uuid_aside(uuid); /* environments have keys too */
    return print_new("ASIA", uuid, KEY_LETTERS, arena);
}

const char *id_of(const char *prefix, const char *arn, struct arena *arena)
{
    unsigned char digest[SHA256_SIZE];
    crypto_sha256(text_from(arn), digest);
    return print_id(prefix, digest, ID_LETTERS, arena);
}
