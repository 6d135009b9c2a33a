/*
 * Who calls: what becomes of a request's credential, and of the session that it may be of.
 * Internal to edge/.
 */
#ifndef COALMINE_CALLER_H
#define COALMINE_CALLER_H

#include "edge/edge_call.h"

/* Sets the call's account and caller as the request says; with --credentials the guard then looks
 * whether it is true. */
void caller_read(struct edge_call *edge_call);

/* Makes the session's holder the caller; NULL: it is of none. */
void caller_join(struct call *call, const struct session *session);

#endif
