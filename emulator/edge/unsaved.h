/*
 * What callers get when the disk refused the turn that their answer belongs to: the service's
 * internal fault, in its protocols. Made once, at the start.
 */
#ifndef COALMINE_UNSAVED_H
#define COALMINE_UNSAVED_H

#include "http/server.h"
#include "operation/operation.h"

struct unsaved;

/* The caller owns it; destroying accepts NULL. */
struct unsaved *unsaved_create(const struct service *service);
void unsaved_destroy(struct unsaved *unsaved);

/* Borrowed. */
const struct http_failure *unsaved_reply(const struct unsaved *unsaved, enum protocol protocol);

#endif
