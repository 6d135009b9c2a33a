/*
 * Calls that no edge has made, for tests of what stands behind it.
 */
#ifndef COALMINE_TEST_CALL_H
#define COALMINE_TEST_CALL_H

#include "operation/operation.h"

static inline void call_discard(struct call *call)
{
    cJSON_Delete(call->input);
    error_clear(&call->error);
    arena_clear(&call->arena);
}

#endif
