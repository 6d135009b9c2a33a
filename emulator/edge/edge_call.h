/*
 * A call with what the edge needs to answer it. Internal to edge/.
 */
#ifndef COALMINE_EDGE_CALL_H
#define COALMINE_EDGE_CALL_H

#include "buffer.h"
#include "edge/credential.h"
#include "edge/identify.h"
#include "http/server.h"
#include "operation/operation.h"

struct edge_call {
    struct call call;
    struct edge *edge;
    struct http_exchange *exchange;
    struct identity identity;
    struct credential credential;
    struct buffer inflated;     /* the body, when it came compressed */
    bool is_query_mode;         /* x-amzn-query-mode: true */
    const char *allowed_origin; /* of a page that may read the answer; NULL: none asks */
};

/* Begins or goes on with a reply in pieces. */
void edge_call_stream(struct edge_call *edge_call, struct text bytes);

/* Answers a browser's question whether it may send the request. */
void edge_call_reply_preflight(struct edge_call *edge_call);

/* Encodes the outcome in the call's protocol and ends the exchange. */
void edge_call_reply(struct edge_call *edge_call, enum outcome outcome);

#endif
