/*
 * Who calls: what becomes of a request's credential, and of the session that it may be of.
 * Internal to edge/.
 */
#ifndef COALMINE_CALLER_H
#define COALMINE_CALLER_H

#include "edge/edge_call.h"

/* Sets the call's account and caller as the request's key says; of a session only if the request is
 * believed. With --credentials it is not: then the guard verifies it, and joins. */
void caller_read(struct edge_call *edge_call, bool is_believed);

/* Makes the session's holder the caller; NULL: it is of none. */
void caller_join(struct call *call, const struct session *session);

#endif
