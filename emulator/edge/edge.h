/*
 * The front door of AWS's side: which service, which operation, which codec; bytes to call and
 * call to bytes. Knows operations, not services' insides.
 */
#ifndef COALMINE_EDGE_H
#define COALMINE_EDGE_H

#include "http/server.h"
#include "operation/operation.h"

struct edge;

struct edge *edge_create(struct store *store, const char *default_region);
void edge_destroy(struct edge *edge);

/* `state` becomes call->state of the service's calls. */
void edge_add_service(struct edge *edge, const struct service *service, void *state);

/* A request whose body is whole: answers it, now or later. */
void edge_on_request(struct edge *edge, struct http_exchange *exchange);
/* The largest body that this request may have. */
size_t edge_body_ceiling(const struct edge *edge, const struct http_exchange *exchange);

/* Calls that have begun and not ended. */
size_t edge_pending(const struct edge *edge);

#endif
