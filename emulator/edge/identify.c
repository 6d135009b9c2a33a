#include "edge/identify.h"

#include <stdlib.h>

#include "edge/unsaved.h"
#include "url.h"
#include "xalloc.h"

enum { CBOR_SEGMENTS = 4 };

static void add_route(struct directory *directory, const struct edge_route *route)
{
    struct route_list *list = &directory->by_segments[route->route.segment_count];
    list->routes = xrealloc(list->routes, (list->count + 1) * sizeof(*list->routes));
    size_t at = list->count++;
    if (route->route.query.size) { /* the more specific is tried first */
        memmove(list->routes + 1, list->routes, at * sizeof(*route));
        at = 0;
    }
    list->routes[at] = *route;
}

void directory_add(struct directory *directory, const struct service *service, void *state)
{
    struct edge_service *owner = xcalloc(1, sizeof(*owner));
    *owner = (struct edge_service){ directory->services, service, state, unsaved_create(service) };
    directory->services = owner;
    if (!(service->protocols & PROTOCOL_REST_JSON))
        return;
    for (const struct operation *const *slice = service->operations; *slice; slice++) {
        for (const struct operation *operation = *slice; operation->name; operation++) {
            struct edge_route route = { .owner = owner, .operation = operation };
            route_parse(operation->route, &route.route);
            add_route(directory, &route);
        }
    }
    const struct lacking_operation *lacking = service->lacking;
    for (; lacking && lacking->name; lacking++) {
        struct edge_route route = { .owner = owner, .lacking = lacking };
        route_parse(lacking->route, &route.route);
        add_route(directory, &route);
    }
}

void directory_clear(struct directory *directory)
{
    while (directory->services) {
        struct edge_service *next = directory->services->next;
        unsaved_destroy(directory->services->unsaved);
        free(directory->services);
        directory->services = next;
    }
    for (int i = 0; i <= ROUTE_SEGMENTS_MAX; i++)
        free(directory->by_segments[i].routes);
    *directory = (struct directory){ 0 };
}

const struct edge_route *directory_route(const struct directory *directory, struct text method,
                                         struct text path, struct text query)
{
    struct route_path parsed;
    route_path_parse(path, &parsed);
    if (text_equal(method, "HEAD"))
        method = TEXT("GET");
    const struct route_list *list = &directory->by_segments[parsed.segment_count];
    for (size_t i = 0; i < list->count; i++) {
        if (route_matches(&list->routes[i].route, method, &parsed, query))
            return &list->routes[i];
    }
    return NULL;
}

bool directory_claim(const struct directory *directory, const struct http_exchange *exchange,
                     struct identity *identity_out)
{
    struct text host = text_from(http_exchange_header(exchange, "Host"));
    struct text path = http_exchange_path(exchange);
    for (struct edge_service *owner = directory->services; owner; owner = owner->next) {
        const struct operation *operation =
            owner->service->claim ? owner->service->claim(host, path) : NULL;
        if (operation) {
            *identity_out = (struct identity){ .protocol = PROTOCOL_REST_JSON,
                                               .service = owner,
                                               .operation = operation,
                                               .name = operation->name };
            return true;
        }
    }
    return false;
}

/* Finds the row by name; else tells whether AWS has such an operation. */
static void find_operation(struct identity *identity)
{
    const struct service *service = identity->service->service;
    for (const struct operation *const *slice = service->operations; *slice; slice++) {
        for (const struct operation *operation = *slice; operation->name; operation++) {
            if (strcmp(operation->name, identity->name) == 0)
                identity->operation = operation;
        }
    }
    for (const struct lacking_operation *row = service->lacking; row && row->name; row++)
        identity->is_lacking |= strcmp(row->name, identity->name) == 0;
}

/* "Prefix" and "Operation" of an RPC call. */
static struct identity identify_rpc(const struct directory *directory, enum protocol protocol,
                                    struct text prefix, struct text name, struct arena *arena)
{
    struct identity identity = { .protocol = protocol, .name = arena_copy(arena, name) };
    for (struct edge_service *owner = directory->services; owner; owner = owner->next) {
        const struct service *service = owner->service;
        if ((service->protocols & protocol) && service->target_prefix &&
            text_equal(prefix, service->target_prefix))
            identity.service = owner;
    }
    if (identity.service)
        find_operation(&identity);
    else
        identity.name = arena_format(arena, "%.*s.%.*s", TEXT_ARGS(prefix), TEXT_ARGS(name));
    return identity;
}

/* The service of that version; without one that of the credential, which then has no operation. */
static struct identity identify_query(const struct directory *directory, const char *action,
                                      struct text parameters, const char *signing_name,
                                      struct arena *arena)
{
    struct identity identity = { .protocol = PROTOCOL_QUERY };
    const struct edge_service *signed_for = NULL;
    const char *version = url_parameter_decoded(parameters, "Version", true, arena);
    identity.name = action;
    identity.version = version;
    for (struct edge_service *owner = directory->services; owner; owner = owner->next) {
        const struct service *service = owner->service;
        if (!service->query_version)
            continue;
        if (version && strcmp(service->query_version, version) == 0)
            identity.service = owner;
        if (signing_name && strcmp(service->signing_name, signing_name) == 0)
            signed_for = owner;
    }
    if (identity.service)
        find_operation(&identity);
    else
        identity.service = signed_for;
    return identity;
}

static struct identity identify_rest(const struct directory *directory,
                                     const struct http_exchange *exchange, struct arena *arena)
{
    struct text method = http_exchange_method(exchange);
    struct text path = http_exchange_path(exchange);
    struct identity identity = { .protocol = PROTOCOL_REST_JSON };
    identity.route = directory_route(directory, method, path, http_exchange_query(exchange));
    if (!identity.route) {
        identity.name = arena_format(arena, "%.*s %.*s", TEXT_ARGS(method), TEXT_ARGS(path));
        return identity;
    }
    identity.service = identity.route->owner;
    identity.operation = identity.route->operation;
    identity.is_lacking = identity.route->lacking != NULL;
    identity.name = identity.is_lacking ? identity.route->lacking->name : identity.operation->name;
    return identity;
}

struct text directory_query_parameters(const struct http_exchange *exchange, struct text body)
{
    bool is_in_body = text_equal(http_exchange_method(exchange), "POST") && body.size;
    return is_in_body ? body : http_exchange_query(exchange);
}

/* "/service/S/operation/O", behind whatever path the client's endpoint has. */
static bool is_cbor(const struct route_path *path)
{
    const struct text *behind = path->segments + path->segment_count;
    return path->segment_count >= CBOR_SEGMENTS && path->segment_count < ROUTE_SEGMENTS_MAX &&
           text_equal(behind[-4], "service") && text_equal(behind[-2], "operation");
}

struct identity directory_identify(const struct directory *directory,
                                   const struct http_exchange *exchange, struct text body,
                                   const char *signing_name, struct arena *arena)
{
    struct text path = http_exchange_path(exchange);
    struct route_path parts;
    route_path_parse(path, &parts);
    const struct text *behind = parts.segments + parts.segment_count;
    if (is_cbor(&parts))
        return identify_rpc(directory, PROTOCOL_CBOR, behind[-3], behind[-1], arena);
    const char *target = http_exchange_header(exchange, "X-Amz-Target");
    if (target) {
        struct text name = text_from(target);
        struct text prefix = text_cut(&name, '.');
        return identify_rpc(directory, PROTOCOL_AWS_JSON, prefix, name, arena);
    }
    if (text_equal(path, "/")) {
        struct text parameters = directory_query_parameters(exchange, body);
        const char *action = url_parameter_decoded(parameters, "Action", true, arena);
        if (action)
            return identify_query(directory, action, parameters, signing_name, arena);
    }
    return identify_rest(directory, exchange, arena);
}
