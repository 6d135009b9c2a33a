/*
 * From a request to an operation row, in the order of evidence of cloudwatch-api.md section 1.3:
 * RPC path, X-Amz-Target, query parameters, REST route, credential scope.
 */
#ifndef COALMINE_IDENTIFY_H
#define COALMINE_IDENTIFY_H

#include "edge/route.h"
#include "http/server.h"
#include "operation/operation.h"

struct unsaved;

struct edge_service {
    struct edge_service *next;
    const struct service *service;
    void *state;
    struct unsaved *unsaved;
};

struct edge_route {
    struct route route;
    const struct edge_service *owner;
    const struct operation *operation;       /* or */
    const struct lacking_operation *lacking; /* one of the two */
};

/* Routes of as many segments; those with a query parameter first. */
struct route_list {
    struct edge_route *routes;
    size_t count;
};

struct directory {
    struct edge_service *services;
    struct route_list by_segments[ROUTE_SEGMENTS_MAX + 1];
};

/* Takes in a service with all its routes; `state` is what its calls get. Of a zeroed directory,
 * which directory_clear() empties again. */
void directory_add(struct directory *directory, const struct service *service, void *state);
void directory_clear(struct directory *directory);

/* What a request asks for. Without `operation` it cannot be served: `name` is what the caller
 * asked for (as far as known), `is_lacking` that AWS has it. */
struct identity {
    enum protocol protocol;
    const struct edge_service *service; /* NULL: none of ours */
    const struct operation *operation;
    const struct edge_route *route; /* PROTOCOL_REST_JSON */
    const char *name;               /* in the arena or static */
    const char *version;            /* PROTOCOL_QUERY: as asked for; NULL: none was */
    bool is_lacking;
};

/* By RPC path, X-Amz-Target, Action or REST route. `signing_name` is that of the credential's
 * service, or NULL. */
struct identity directory_identify(const struct directory *directory,
                                   const struct http_exchange *exchange, struct text body,
                                   const char *signing_name, struct arena *arena);

/* Where the parameters of a Query call stand: in the body, or behind the path. */
struct text directory_query_parameters(const struct http_exchange *exchange, struct text body);

/* Requests that a service claims by host name or path, whatever else they say; see
 * struct service. Their body is taken as sent. False if nobody does. */
bool directory_claim(const struct directory *directory, const struct http_exchange *exchange,
                     struct identity *identity_out);

/* The REST route alone, before there is a body; NULL if there is none. */
const struct edge_route *directory_route(const struct directory *directory, struct text method,
                                         struct text path, struct text query);

#endif
