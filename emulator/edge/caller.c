#include "edge/caller.h"

#include "edge/signature_claim.h"
#include "sts/session.h"

void caller_join(struct call *call, const struct session *session)
{
    call->caller.session = session;
    call->caller.arn = session ? session->arn : NULL;
    call->caller.user_id = session ? session->user_id : NULL;
    if (session)
        call->account = session->account;
}

/* Of a temporary access key; NULL if its token is none of ours, or another key's. */
static const struct session *read_session(struct edge_call *edge_call)
{
    struct arena *arena = &edge_call->call.arena;
    const char *token = http_exchange_header(edge_call->exchange, "X-Amz-Security-Token");
    struct session *session = arena_alloc(arena, sizeof(*session));
    if (!token)
        token = signature_query_part(http_exchange_query(edge_call->exchange),
                                     "X-Amz-Security-Token", arena);
    bool is_own = session_read(token, arena, session) &&
                  strcmp(session->access_key_id, edge_call->credential.access_key_id) == 0;
    return is_own ? session : NULL;
}

void caller_read(struct edge_call *edge_call, bool is_believed)
{
    struct call *call = &edge_call->call;
    const struct credential *credential = &edge_call->credential;
    call->account = credential->account;
    call->caller.access_key_id = credential->access_key_id;
    if (is_believed && text_starts_with(text_from(credential->access_key_id), "ASIA"))
        caller_join(call, read_session(edge_call));
}
