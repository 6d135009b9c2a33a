/*
 * An exchange becomes a call, the call runs, its outcome becomes the reply. Here only the order
 * of steps; bytes are the codecs' business (codec.h), finding the row is identify.c's, what each
 * protocol's reply looks like is reply.c's.
 */
#include "edge/edge.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

#include "edge/caller.h"
#include "edge/codec.h"
#include "edge/edge_call.h"
#include "edge/guard.h"
#include "edge/inflate.h"
#include "edge/strict.h"
#include "log.h"
#include "url.h"
#include "xalloc.h"

/* For calls whose operation is not known before the body is read; then its own ceiling holds. */
enum { DEFAULT_BODY_CEILING = 4 << 20 };

struct edge {
    struct directory directory;
    struct store *store;
    char *default_region;
    struct guard guard;
    size_t pending;
    size_t rpc_ceiling; /* the highest of all services that are not REST */
};

struct edge *edge_create(struct store *store, const struct edge_options *options)
{
    struct edge *edge = xcalloc(1, sizeof(*edge));
    edge->store = store;
    edge->default_region = xstrdup(options->default_region);
    edge->guard = (struct guard){ options->origin_policy, options->keyring };
    edge->rpc_ceiling = DEFAULT_BODY_CEILING;
    return edge;
}

void edge_destroy(struct edge *edge)
{
    if (!edge)
        return;
    directory_clear(&edge->directory);
    keyring_destroy(edge->guard.keyring);
    free(edge->default_region);
    free(edge);
}

static size_t own_ceiling(const struct service *service, const struct operation *operation)
{
    return operation && operation->body_ceiling ? operation->body_ceiling : service->body_ceiling;
}

static void raise_rpc_ceiling(struct edge *edge, const struct service *service)
{
    for (const struct operation *const *slice = service->operations; *slice; slice++) {
        for (const struct operation *operation = *slice; operation->name; operation++) {
            size_t ceiling = own_ceiling(service, operation);
            if (ceiling > edge->rpc_ceiling)
                edge->rpc_ceiling = ceiling;
        }
    }
}

void edge_add_service(struct edge *edge, const struct service *service, void *state)
{
    directory_add(&edge->directory, service, state);
    if (!(service->protocols & PROTOCOL_REST_JSON))
        raise_rpc_ceiling(edge, service);
}

size_t edge_pending(const struct edge *edge)
{
    return edge->pending;
}

/* What a body may measure as far as method and path tell: with RPC the operation is known later. */
size_t edge_body_ceiling(const struct edge *edge, const struct http_exchange *exchange)
{
    struct identity claim;
    if (directory_claim(&edge->directory, exchange, &claim))
        return claim.operation->body_ceiling;
    const struct edge_route *route =
        directory_route(&edge->directory, http_exchange_method(exchange),
                        http_exchange_path(exchange), http_exchange_query(exchange));
    return route ? own_ceiling(route->owner->service, route->operation) : edge->rpc_ceiling;
}

static void end(struct edge_call *edge_call)
{
    struct call *call = &edge_call->call;
    edge_call->edge->pending--;
    buffer_clear(&edge_call->inflated);
    cJSON_Delete(call->input);
    cJSON_Delete(call->output);
    free(call->raw_body);
    error_clear(&call->error);
    arena_clear(&call->arena);
    free(edge_call);
}

static void on_finish(struct call *call, enum outcome outcome)
{
    struct edge_call *edge_call = CONTAINER_OF(call, struct edge_call, call);
    edge_call_reply(edge_call, outcome);
    end(edge_call);
}

static void on_stream(struct call *call, struct text bytes)
{
    edge_call_stream(CONTAINER_OF(call, struct edge_call, call), bytes);
}

static const char *base_url(struct edge_call *edge_call)
{
    const char *host = http_exchange_header(edge_call->exchange, "Host");
    return arena_join(&edge_call->call.arena, "http://", host ? host : "localhost", NULL);
}

static struct edge_call *edge_call_create(struct edge *edge, struct http_exchange *exchange)
{
    struct edge_call *edge_call = xcalloc(1, sizeof(*edge_call));
    struct call *call = &edge_call->call;
    edge_call->edge = edge;
    edge_call->exchange = exchange;
    edge_call->credential = credential_read(http_exchange_header(exchange, "Authorization"),
                                            http_exchange_query(exchange), &call->arena);
    call->store = edge->store;
    caller_read(edge_call, !edge->guard.keyring);
    call->region =
        edge_call->credential.region ? edge_call->credential.region : edge->default_region;
    call->base_url = base_url(edge_call);
    call->exchange = exchange;
    call->on_finish = on_finish;
    call->on_stream = on_stream;
    random_uuid(call->request_id);
    const char *mode = http_exchange_header(exchange, "x-amzn-query-mode");
    edge_call->is_query_mode = mode && strcasecmp(mode, "true") == 0;
    edge->pending++;
    return edge_call;
}

/* The body as the client meant it. False if it cannot be had. */
static bool read_body(struct edge_call *edge_call, struct text *body_out)
{
    struct text body = http_exchange_body(edge_call->exchange);
    const char *encoding = http_exchange_header(edge_call->exchange, "Content-Encoding");
    *body_out = body;
    if (!encoding || strcasecmp(encoding, "gzip") != 0)
        return true;
    buffer_init(&edge_call->inflated, edge_body_ceiling(edge_call->edge, edge_call->exchange));
    bool inflated = inflate_gzip(body, &edge_call->inflated);
    *body_out = buffer_text(&edge_call->inflated);
    return inflated;
}

static void refuse_too_large(struct edge_call *edge_call, size_t ceiling)
{
    static const struct fault too_large = { .code = "RequestEntityTooLargeException",
                                            .status = 413,
                                            .omits_type = true,
                                            .message_key = "message" };
    struct call *call = &edge_call->call;
    if (call->service && call->operation && call->service->too_large)
        call->service->too_large(call, ceiling);
    else
        error_set(&call->error, &too_large, "Request must be smaller than %zu bytes", ceiling);
    on_finish(call, OUTCOME_FAULT);
}

/* What one of Coalmine's own paths takes instead of the method it was asked with; NULL: it is none,
 * or not asked by path. */
static const char *own_method(const struct edge_call *edge_call)
{
    static const char *const methods[] = { "GET", "POST", "DELETE" };
    const struct identity *identity = &edge_call->identity;
    bool is_by_path = identity->protocol == PROTOCOL_REST_JSON && !identity->service;
    for (size_t i = 0; is_by_path && i < COUNT_OF(methods); i++) {
        const struct edge_route *route =
            directory_route(&edge_call->edge->directory, text_from(methods[i]),
                            http_exchange_path(edge_call->exchange), TEXT(""));
        if (route && route->owner->service->refuses_unknown)
            return methods[i];
    }
    return NULL;
}

/* No row serves this request: say which operation or service that was. */
static void refuse_unknown(struct edge_call *edge_call)
{
    static const struct fault lacking = { .code = "NotImplemented", .status = 501 };
    static const struct fault unknown_target = { .code = "UnknownOperationException",
                                                 .type_namespace = "com.amazon.coral.service",
                                                 .status = 400 };
    static const struct fault invalid_action = { .code = "InvalidAction", .status = 400 };
    static const struct fault wrong_method = { .code = "MethodNotAllowed", .status = 405 };
    const struct identity *identity = &edge_call->identity;
    const char *signing_name = edge_call->credential.service;
    struct error *error = &edge_call->call.error;
    assert(!identity->is_lacking || identity->service); /* only a service knows what it lacks */
    const char *method = own_method(edge_call);
    if (method)
        error_set(error, &wrong_method, "There is no %s; there is %s %.*s", identity->name, method,
                  TEXT_ARGS(http_exchange_path(edge_call->exchange)));
    else if (identity->is_lacking)
        error_set(error, &lacking,
                  "Coalmine does not emulate %s %s yet; `coalmine operations` lists what it does",
                  identity->service->service->name, identity->name);
    else if (identity->protocol == PROTOCOL_QUERY &&
             (identity->service || (!identity->version && !signing_name)))
        error_set(error, &invalid_action, "Could not find operation %s for version %s",
                  identity->name, identity->version ? identity->version : "NO_VERSION_SPECIFIED");
    else if (identity->service)
        error_set(error, &unknown_target, "%s has no operation %s",
                  identity->service->service->name, identity->name);
    else if (!signing_name && strcmp(identity->name, "GET /") == 0) /* somebody's browser */
        error_set(error, &lacking,
                  "This is Coalmine, an emulator of AWS services, for clients of AWS: `coalmine "
                  "operations` lists what it does, GET /_coalmine/health tells whether it runs");
    else
        error_set(error, &lacking,
                  "Coalmine does not emulate what %s asks for (service %s); `coalmine operations` "
                  "lists what it does%s",
                  identity->name, signing_name ? signing_name : "unknown, the request is unsigned",
                  signing_name ? "" : ", GET /_coalmine/health tells whether it runs");
    log_warn("edge", "%s", error->message);
    on_finish(&edge_call->call, OUTCOME_FAULT);
}

/* Members that travel in path, query and headers, by the field rows. Integers and booleans stay
 * text here: validation converts and judges them. Each reader is false, with the error, for what
 * the tree cannot hold: half a name would be another's. */
static bool check_text(struct edge_call *edge_call, const struct field *field, struct text text)
{
    struct call *call = &edge_call->call;
    return text_is_whole_string(text) ||
           error_set(&call->error, call->service->serialization_fault,
                     "The value at '%s' is not UTF-8, or holds a NUL", field->name);
}

/* NULL with the error, else a node of the caller's. */
static cJSON *decode_text(struct edge_call *edge_call, const struct field *field,
                          struct text encoded, bool is_form)
{
    CLEANUP(buffer_clear) struct buffer decoded = { 0 };
    url_decode(&decoded, encoded, is_form);
    struct text text = buffer_text(&decoded);
    return check_text(edge_call, field, text) ? cJSON_CreateString(text.data) : NULL;
}

static bool read_query_member(struct edge_call *edge_call, const struct field *field,
                              const char *wire_name)
{
    cJSON *input = edge_call->call.input;
    struct text query = http_exchange_query(edge_call->exchange);
    while (query.size) {
        struct text value = text_cut(&query, '&');
        struct text name = text_cut(&value, '=');
        if (!text_equal(name, wire_name))
            continue;
        cJSON *text = decode_text(edge_call, field, value, true);
        if (!text)
            return false;
        if (field->type != FIELD_LIST) {
            json_replace(input, field->name, text);
        } else {
            cJSON *list = json_get(input, field->name);
            cJSON_AddItemToArray(list ? list : json_set_array(input, field->name), text);
        }
    }
    return true;
}

static bool read_path_member(struct edge_call *edge_call, const struct field *field)
{
    const struct route *route = &edge_call->identity.route->route;
    struct route_path path;
    route_path_parse(http_exchange_path(edge_call->exchange), &path);
    for (int i = 0; i < route->segment_count; i++) {
        if (!text_equal(route_placeholder(route->segments[i]), field->name))
            continue;
        cJSON *text = decode_text(edge_call, field, path.segments[i], false);
        if (!text)
            return false;
        json_set(edge_call->call.input, field->name, text);
    }
    return true;
}

static bool read_whole(struct edge_call *edge_call, const struct field *field, struct text value)
{
    struct call *call = &edge_call->call;
    if (!check_text(edge_call, field, value))
        return false;
    json_set_text(call->input, field->name, arena_copy(&call->arena, value));
    return true;
}

static bool read_member(struct edge_call *edge_call, const struct field *field)
{
    const char *wire_name = field->wire_name ? field->wire_name : field->name;
    const char *header;
    switch (field->place) {
    case FIELD_IN_BODY:
        return true;
    case FIELD_IN_PATH:
        return read_path_member(edge_call, field);
    case FIELD_IN_QUERY:
        return read_query_member(edge_call, field, wire_name);
    case FIELD_IN_HEADER:
        header = http_exchange_header(edge_call->exchange, wire_name);
        return !header || read_whole(edge_call, field, text_from(header));
    case FIELD_IN_WHOLE_QUERY:
        return read_whole(edge_call, field, http_exchange_query(edge_call->exchange));
    }
    return true;
}

static bool read_members(struct edge_call *edge_call)
{
    const struct field *field = edge_call->call.operation->input;
    for (; field && field->name; field++) {
        if (field->place != FIELD_IN_BODY) /* a body member of that name would be a forgery */
            cJSON_DeleteItemFromObjectCaseSensitive(edge_call->call.input, field->name);
        if (!read_member(edge_call, field))
            return false;
    }
    return true;
}

static cJSON *decode(struct edge_call *edge_call, struct text body)
{
    struct call *call = &edge_call->call;
    const struct field *rows = call->operation->input;
    struct text parameters;
    switch (edge_call->identity.protocol) {
    case PROTOCOL_CBOR:
        return cbor_codec_decode(call->service, rows, body, &call->error);
    case PROTOCOL_QUERY:
        parameters = directory_query_parameters(edge_call->exchange, body);
        return query_codec_decode(call->service, rows, parameters, &call->error);
    default:
        return json_codec_decode(call->service, rows, body, &call->error);
    }
}

/* The row is known: decode, then run. */
static void run_call(struct edge_call *edge_call, struct text body)
{
    struct call *call = &edge_call->call;
    bool is_rest = edge_call->identity.protocol == PROTOCOL_REST_JSON;
    assert(call->service && call->operation);
    if (call->operation->flags & OPERATION_RAW_PAYLOAD) {
        call->payload = body;
        call->input = cJSON_CreateObject();
    } else {
        call->input = decode(edge_call, body);
    }
    if (!call->input || (is_rest && !read_members(edge_call)) ||
        !strict_check_query(call->service, call->operation,
                            http_exchange_query(edge_call->exchange), &call->error)) {
        on_finish(call, OUTCOME_FAULT);
        return;
    }
    log_debug("edge", "%s %s.%s", call->request_id, call->service->name, call->operation->name);
    dispatch(call);
}

void edge_on_request(struct edge *edge, struct http_exchange *exchange)
{
    struct edge_call *edge_call = edge_call_create(edge, exchange);
    struct text body = http_exchange_body(exchange);
    bool is_claimed = directory_claim(&edge->directory, exchange, &edge_call->identity);
    bool has_body = is_claimed || read_body(edge_call, &body);
    if (!is_claimed)
        edge_call->identity =
            directory_identify(&edge->directory, exchange, body, edge_call->credential.service,
                               &edge_call->call.arena);
    const struct edge_service *service = edge_call->identity.service;
    edge_call->call.service = service ? service->service : NULL;
    edge_call->call.state = service ? service->state : NULL;
    edge_call->call.operation = edge_call->identity.operation;
    size_t ceiling = service ? own_ceiling(service->service, edge_call->call.operation)
                             : edge_body_ceiling(edge, exchange);
    if (!guard_admits(&edge->guard, edge_call)) {
        log_warn("edge", "%s %.*s: %s", edge_call->call.request_id,
                 TEXT_ARGS(http_exchange_path(exchange)), edge_call->call.error.message);
        on_finish(&edge_call->call, OUTCOME_FAULT);
    } else if (guard_is_preflight(edge_call)) {
        edge_call_reply_preflight(edge_call);
        end(edge_call);
    } else if (http_exchange_is_too_large(exchange) || edge_call->inflated.overflowed ||
               body.size > ceiling) {
        refuse_too_large(edge_call, ceiling);
    } else if (!edge_call->call.operation) {
        refuse_unknown(edge_call);
    } else if (!has_body) {
        assert(service); /* there is no operation without one */
        error_set(&edge_call->call.error, edge_call->call.service->serialization_fault,
                  "the body says Content-Encoding: gzip and is no whole gzip stream");
        on_finish(&edge_call->call, OUTCOME_FAULT);
    } else {
        run_call(edge_call, body);
    }
}
