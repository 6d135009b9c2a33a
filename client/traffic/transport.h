/*
 * Requests over kept-alive connections, many at once, on one epoll: plain sockets to this machine
 * (plain.c), libcurl for the rest (curl.c: TLS, proxies). Both are rows of functions.
 */
#ifndef CANARY_TRANSPORT_H
#define CANARY_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traffic/reply.h"
#include "traffic/signer.h"

/* How an exchange ended. */
struct outcome {
    int64_t due_us;            /* as given to send() */
    const struct reply *reply; /* its status is 0 if none came */
    const char *failure;       /* why none came */
};

struct transport_owner {
    void (*on_outcome)(const struct outcome *outcome, void *owner);
    void *owner;
};

struct transport_kind {
    /* Room for that many requests at once; the signer makes their bytes and outlives it. */
    void *(*create)(struct signer *signer, size_t concurrency, const struct transport_owner *owner);
    /* Begins one. The caller sees to it that no more than `concurrency` are under way. */
    void (*send)(void *transport, size_t payload, int64_t due_us);
    /* Waits until something happens, at most so long, and tells outcomes. */
    void (*wait)(void *transport, int64_t timeout_us);
    void (*destroy)(void *transport);
};

extern const struct transport_kind plain_transport;
extern const struct transport_kind curl_transport;

enum { EXCHANGE_TIMEOUT_MS = 60000, CONNECT_TIMEOUT_MS = 10000 };

/* epoll_wait() with microseconds: a request should not leave up to a millisecond late. */
struct epoll_event;
int epoll_wait_us(int poller, struct epoll_event *events, int room, int64_t timeout_us);

#endif
