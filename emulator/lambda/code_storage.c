#include "lambda/code_storage.h"

#include "lambda/faults.h"
#include "lambda/function.h"
#include "lambda/state.h"
#include "xalloc.h"

const int64_t code_storage_max = 80530636800;

/* What the account takes in the region at most; it is counted only when this is over the limit, for
 * that reads every version. */
static int64_t *bound_of(struct lambda *lambda, const struct function_key *owner)
{
    char key[MAP_KEY_SIZE];
    map_key(key, owner->account, owner->region, NULL);
    int64_t *bound = map_find(&lambda->code_bounds, key);
    if (!bound) {
        bound = xcalloc(1, sizeof(*bound));
        *bound = INT64_MAX;
        map_set(&lambda->code_bounds, key, bound);
    }
    return bound;
}

bool code_storage_check(struct call *call, const struct function_key *key, int64_t added)
{
    int64_t *bound = bound_of(lambda_of(call), key);
    if (added <= 0)
        return true;
    if (*bound <= code_storage_max - added) {
        *bound += added;
        return true;
    }
    *bound = account_usage(call->store, key->account, key->region).code_size;
    return *bound <= code_storage_max ||
           error_set(&call->error, &LAMBDA_CODE_STORAGE_EXCEEDED, "Code storage limit exceeded.");
}
