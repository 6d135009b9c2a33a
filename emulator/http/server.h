/*
 * HTTP transport, and nothing but transport: listen, collect a body under its ceiling, hand the
 * exchange over, answer. The only module that knows libmicrohttpd. Used twice: by edge for
 * AWS's side, by runtime for the Runtime API's side.
 *
 * A reply given while the loop's turn has unsaved writes leaves only after http_server_release()
 * (see emulator.c): nothing is acknowledged before it is safe.
 */
#ifndef COALMINE_HTTP_SERVER_H
#define COALMINE_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "loop/flow.h"
#include "loop/loop.h"
#include "text.h"

struct http_server;
struct http_exchange;

struct http_server_options {
    const char *address; /* numeric; never NULL, or the whole network would be let in */
    int port;            /* 0: a free one */
    /* Called once per request when its body is whole (or past the ceiling). The handler, now or
     * later, ends the exchange with http_exchange_reply(). */
    void (*on_request)(struct http_exchange *exchange, void *owner);
    /* The largest body taken for this request; more is drained and reported as too large. */
    size_t (*body_ceiling)(const struct http_exchange *exchange, void *owner);
    /* True: the body is not kept but given to on_piece as it comes, without a ceiling; on_request
     * follows at its end, or on_broken if the client leaves before. After a piece that is answered
     * with false none comes before http_exchange_resume(). NULL: no body is. */
    bool (*takes_pieces)(struct http_exchange *exchange, void *owner);
    bool (*on_piece)(struct http_exchange *exchange, struct text piece, void *owner);
    void (*on_broken)(struct http_exchange *exchange, void *owner);
    /* Connections on which nothing moves for so long are closed; 0: never. A half-sent request
     * whose client left is noticed by nothing else (epoll tells of data and end only once). */
    int64_t idle_ms;
    int connections_max;      /* 0: 4096 */
    size_t connection_memory; /* for the headers of a request and its reply; 0: 64 KiB */
    /* True: replies wait for http_server_release(). False (or NULL): they leave at once. */
    bool (*must_hold)(void *owner);
    void *owner;
};

/* Starts listening; NULL with the error and errno set if it cannot. */
struct http_server *http_server_start(struct loop *loop, const struct http_server_options *options,
                                      struct error *error);
int http_server_port(const struct http_server *server);

/* Handles what has arrived, as the loop would in its next turn. Not from within a call of the
 * server's. */
void http_server_run(struct http_server *server);

/* No new connections and no new requests on those that are open, which may end what they began.
 * Once more does nothing. */
void http_server_drain(struct http_server *server);
/* Exchanges whose reply is not given yet, or has not left as a whole. */
size_t http_server_pending(const struct http_server *server);
/* Closes everything and frees the server. Unanswered exchanges are dropped. Accepts NULL. */
void http_server_destroy(struct http_server *server);

/* Lets the held replies of this turn go; `is_saved` false sends each one's `if_unsaved` instead.
 * True if there was any. */
bool http_server_release(struct http_server *server, bool is_saved);

/* What was asked. All borrowed. Method, path, query and body live until the exchange is ended;
 * what stands in headers and trailers only until on_request returns: then the client may leave, and
 * there is nothing any more in the headers of one that has left. */
struct text http_exchange_method(const struct http_exchange *exchange);
struct text http_exchange_path(const struct http_exchange *exchange);  /* still percent-encoded */
struct text http_exchange_query(const struct http_exchange *exchange); /* without '?' */
const char *http_exchange_header(const struct http_exchange *exchange, const char *name);
/* A trailer behind a chunked body; NULL: none. */
const char *http_exchange_trailer(const struct http_exchange *exchange, const char *name);
/* Calls `function` for each header, in the order they came. */
void http_exchange_each_header(const struct http_exchange *exchange,
                               void (*function)(const char *name, const char *value, void *owner),
                               void *owner);
struct text http_exchange_body(const struct http_exchange *exchange);
/* The numeric address of the client. */
enum { HTTP_ADDRESS_SIZE = 46 };
const char *http_exchange_client(const struct http_exchange *exchange,
                                 char address_out[HTTP_ADDRESS_SIZE]);
bool http_exchange_is_too_large(const struct http_exchange *exchange);

/* False if a client that waits for its reply has closed the connection meanwhile, which is looked
 * at here only: while it waits, its connection is not watched. */
bool http_exchange_is_connected(const struct http_exchange *exchange);

/* Goes on with a body whose last piece was answered with false. */
void http_exchange_resume(struct http_exchange *exchange);

struct http_header {
    const char *name;
    const char *value;
};

/* What is sent instead of a reply that could not be saved. */
struct http_failure {
    int status;
    struct http_header headers[2];
    size_t header_count;
    struct text body;
};

struct http_reply {
    int status;
    const struct http_header *headers; /* copied */
    size_t header_count;
    char *body; /* takes it: malloc'd, or NULL */
    size_t body_size;
    const struct http_failure *if_unsaved; /* outlives the server; NULL: a bare 500 */
};

/* Ends the exchange; exactly once. */
void http_exchange_reply(struct http_exchange *exchange, const struct http_reply *reply);

/*
 * A reply whose body comes in pieces, instead: begin (the reply's body is the first piece), write
 * any number of times, end once with the last piece. Begin and write leave at once; the end waits
 * for http_server_release() if it must. Whether the client is still there does not matter. `flow`
 * is full while more than a megabyte waits for the client; it must last until the end. NULL: the
 * writer cannot wait.
 */
void http_exchange_stream_begin(struct http_exchange *exchange, const struct http_reply *reply,
                                struct flow *flow);
void http_exchange_stream_write(struct http_exchange *exchange, struct text piece);
void http_exchange_stream_end(struct http_exchange *exchange, struct text last);
/* Ends it so that the client sees that something is missing: the connection is closed. */
void http_exchange_stream_break(struct http_exchange *exchange);
/* Bytes that were written and that the client has not taken yet. */
size_t http_exchange_stream_backlog(const struct http_exchange *exchange);
/* Whether the client has left, as far as the last piece that was written has shown. */
bool http_exchange_is_gone(const struct http_exchange *exchange);

#endif
