/*
 * The front door of AWS's side: which service, which operation, which codec; bytes to call and
 * call to bytes. Knows operations, not services' insides.
 */
#ifndef COALMINE_EDGE_H
#define COALMINE_EDGE_H

#include "edge/keyring.h"
#include "http/origin.h"
#include "http/server.h"
#include "operation/operation.h"

struct edge;

/* Borrowed but for the keyring. */
struct edge_options {
    const char *default_region; /* of requests that name none */
    struct origin_policy origin_policy;
    struct keyring *keyring; /* taken over; NULL: signatures are not verified */
};

/* The store is borrowed, the default region copied. */
struct edge *edge_create(struct store *store, const struct edge_options *options);
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
