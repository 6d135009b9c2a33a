#include "iam/name.h"

#include "iam/faults.h"
#include "pattern.h"
#include "random.h"

enum { ID_RANDOM = 17 };

bool name_check(const char *member, const char *name, struct error *error)
{
    return pattern_matches("[\\w+=,.@-]+", text_from(name)) ||
           error_set(error, &IAM_VALIDATION,
                     "The specified value for %s is invalid. It must contain only "
                     "alphanumeric characters and/or the following: +=,.@_-",
                     member);
}

const char *id_new(const char *prefix, struct arena *arena)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    char uuid[UUID_SIZE];
    char id[ID_RANDOM + 1];
    random_uuid(uuid);
    struct random_stream stream = random_stream_for(uuid);
    for (int i = 0; i < ID_RANDOM; i++)
        id[i] = letters[random_next(&stream) % 32];
    id[ID_RANDOM] = '\0';
    return arena_format(arena, "%s%s", prefix, id);
}
