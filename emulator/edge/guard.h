/*
 * Who may call: the origin of the request, and its signature if keys were given. One look per
 * request, before anything is decoded. Internal to edge/.
 */
#ifndef COALMINE_GUARD_H
#define COALMINE_GUARD_H

#include "edge/edge_call.h"
#include "edge/keyring.h"
#include "http/origin.h"

struct guard {
    struct origin_policy policy;
    struct keyring *keyring; /* NULL: signatures are not looked at */
};

/* True if the request may go on; false with the error in the call. An open operation takes
 * everybody (OPERATION_IS_OPEN), and what is too large may go on to be refused for that. Sets the
 * account of the key, and the origin for the reply. */
MUST_CHECK bool guard_admits(const struct guard *guard, struct edge_call *edge_call);

/* A browser's question before the request itself; answered by headers alone. */
bool guard_is_preflight(const struct edge_call *edge_call);

#endif
