#include "edge/guard.h"

#include "clock.h"
#include "edge/authenticate.h"
#include "edge/caller.h"

static const char *header_of(const char *name, const void *owner)
{
    return http_exchange_header(owner, name);
}

static bool has_known_origin(const struct guard *guard, struct edge_call *edge_call)
{
    static const struct fault forbidden = { .code = "AccessDeniedException",
                                            .status = 403,
                                            .query_code = "AccessDenied",
                                            .omits_type = true };
    const struct origin_headers headers = origin_headers_of(edge_call->exchange);
    const char *refusal = origin_refusal(&guard->policy, &headers);
    if (refusal)
        return error_set(&edge_call->call.error, &forbidden, "%s", refusal);
    if (headers.origin) /* the connection may be gone before the reply */
        edge_call->allowed_origin = arena_copy(&edge_call->call.arena, text_from(headers.origin));
    return true;
}

static bool has_valid_signature(const struct guard *guard, struct edge_call *edge_call)
{
    struct call *call = &edge_call->call;
    struct signer signer = { 0 };
    const struct signed_request request = {
        .method = arena_copy(&call->arena, http_exchange_method(edge_call->exchange)),
        .path = http_exchange_path(edge_call->exchange),
        .query = http_exchange_query(edge_call->exchange),
        .body = http_exchange_body(edge_call->exchange),
        .header = header_of,
        .owner = edge_call->exchange,
        .service = call->service ? call->service->signing_name : NULL,
        .now_ms = clock_true_ms(),
    };
    const struct signature_manner manner = { edge_call->identity.protocol,
                                             edge_call->is_query_mode };
    if (!authenticate(guard->keyring, &request, &manner, &call->arena, &signer, &call->error))
        return false;
    if (signer.account)
        call->account = signer.account;
    caller_join(call, signer.session);
    call->caller.secret = signer.secret;
    return true;
}

/* An open operation that looks at signatures itself is told the verdict. */
static void note_signature(const struct guard *guard, struct edge_call *edge_call)
{
    struct call *call = &edge_call->call;
    if (!guard->keyring || !(call->operation->flags & OPERATION_JUDGES_SIGNATURE))
        return;
    call->has_bad_signature = !has_valid_signature(guard, edge_call);
    error_clear(&call->error);
}

bool guard_admits(const struct guard *guard, struct edge_call *edge_call)
{
    const struct operation *operation = edge_call->call.operation;
    if (operation && operation->flags & OPERATION_IS_OPEN) {
        note_signature(guard, edge_call);
        return true;
    }
    if (!has_known_origin(guard, edge_call))
        return false;
    if (http_exchange_is_too_large(edge_call->exchange))
        return true; /* to be told so: the body that its signature covers was not kept */
    return !guard->keyring || guard_is_preflight(edge_call) ||
           has_valid_signature(guard, edge_call);
}

bool guard_is_preflight(const struct edge_call *edge_call)
{
    return edge_call->allowed_origin &&
           text_equal(http_exchange_method(edge_call->exchange), "OPTIONS") &&
           http_exchange_header(edge_call->exchange, "Access-Control-Request-Method");
}
