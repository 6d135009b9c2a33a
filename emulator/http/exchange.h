/*
 * What the files of this folder share.
 */
#ifndef COALMINE_HTTP_EXCHANGE_H
#define COALMINE_HTTP_EXCHANGE_H

#include <microhttpd.h>
#include <stdarg.h>

#include "buffer.h"
#include "http/server.h"
#include "list.h"

enum exchange_state { RECEIVING, PARKED, HELD, READY };

struct http_exchange {
    struct http_server *server;
    struct http_exchange *next; /* all exchanges of the server */
    struct http_exchange **link;
    struct http_exchange *next_held;
    struct MHD_Connection *connection; /* NULL: it was closed before the reply */
    enum exchange_state state;
    bool is_begun;      /* headers were looked at */
    bool is_in_handler; /* on_request runs inside libmicrohttpd's callback */
    bool is_too_large;
    bool is_dropped;
    bool is_completed; /* libmicrohttpd has done with it */
    bool is_piecewise; /* its body goes to on_piece */
    bool is_handed_over;
    bool is_counted;        /* among the server's pending ones */
    bool is_active;         /* among the server's active ones */
    bool is_lingering;      /* waits for its reply without being suspended: parking.c */
    bool lingers_briefly;   /* until the next run */
    unsigned lingers_since; /* the server's linger_ticks then */
    bool was_suspended;     /* once or more */
    bool is_stream;         /* its reply comes in pieces */
    bool is_waiting;        /* the stream's connection is suspended for want of a piece */
    bool is_ended;          /* nothing will come any more */
    bool is_broken;         /* the stream ends with an error: it is not whole, or was not saved */
    bool is_gone;           /* the client left before the end of the stream */
    bool is_paused;         /* the connection is suspended until its pieces are wanted again */
    bool is_stuck;          /* libmicrohttpd seems to read no more of its body */
    struct flow *flow;      /* of the stream, until it has ended */
    struct buffer pieces;
    struct buffer last_piece;
    char *target; /* path and query as on the request line */
    char *method;
    struct buffer body;
    struct MHD_Response *response;
    int unsent; /* bytes in the socket when it was looked at last */
    const struct http_failure *if_unsaved;
    int status;
};

/* What libmicrohttpd keeps for us with each connection. */
struct connection_place {
    struct link idle;  /* in the server's `idle` while there is no request, the oldest first */
    struct link ended; /* in the server's `ended`: hangup.c */
    struct http_exchange *exchange; /* the request that is under way; NULL: none is */
    int fd;
    int64_t since_ms; /* it is idle */
    bool has_ended;   /* the client sends no more */
};

struct http_server {
    struct loop *loop;
    struct http_server_options options;
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    struct hangup *hangup; /* NULL: connections are not watched */
    struct link ended;     /* connections whose clients send no more, while they are read from */
    struct link idle; /* connections without a request, the one that is idle for longest first */
    struct loop_timer *idle_timer;
    struct http_exchange *exchanges;
    struct http_exchange *held;
    struct http_exchange **held_last;
    size_t pending;
    size_t lingering; /* exchanges */
    size_t active;    /* exchanges that are read or answered: neither parked nor held */
    struct loop_timer *linger_timer; /* while any lingers */
    struct loop_timer *rest_timer;   /* between a run that was too long and the next */
    struct loop_timer
        *shortage_timer; /* while libmicrohttpd does not listen for want of descriptors */
    unsigned linger_ticks;
    int port;
    int start_errno;   /* when libmicrohttpd last said something before it had started */
    bool is_draining;  /* takes no new requests */
    bool suspends;     /* nothing may linger for the rest of this run */
    bool is_crowded;   /* some were active at the end of the last run */
    bool is_unsettled; /* one more run: something is to be watched again */
    bool is_running;   /* inside MHD_run */
    bool is_scheduled; /* a deferred run is under way */
    bool is_destroyed;
    bool is_closed; /* nothing of it is left but a deferred run */
};

/* Resumed connections do nothing until the daemon runs again. */
void http_server_schedule_run(struct http_server *server);

/* The descriptor, which stays libmicrohttpd's; and what is kept with it. */
int connection_socket(struct MHD_Connection *connection);
struct connection_place *connection_place_of(struct MHD_Connection *connection);
/* Whether something has come that nobody has read. */
bool socket_has_unread(int fd);

/* After how many seconds libmicrohttpd shall close connections itself; 0: never. */
unsigned idle_timeout_s(const struct http_server_options *options);
void idle_start(struct http_server *server);
/* A connection begins, and ends; what was opened is kept with it. */
struct connection_place *idle_open(struct http_server *server, struct MHD_Connection *connection);
void idle_close(struct connection_place *place);
/* A request begins on it, and ends. */
void idle_leave(struct http_exchange *exchange);
void idle_enter(struct http_server *server, struct MHD_Connection *connection);

/* Watches the connections of a server that closes idle ones itself. False with a sentence if it
 * cannot. */
MUST_CHECK bool hangup_start(struct http_server *server, struct error *error);
void hangup_stop(struct http_server *server);
/* A connection begins, and ends while its descriptor is still open. */
void hangup_open(struct http_server *server, struct connection_place *place);
void hangup_close(struct http_server *server, struct connection_place *place);
/* A request has ended on it: the next one is read. */
void hangup_enter(struct http_server *server, struct MHD_Connection *connection);
/* At the end of a run: shuts down connections on which the client has left half a request, or
 * nothing. */
void hangup_sweep(struct http_server *server);

/* libmicrohttpd says something: a struct http_server's MHD_LogCallback. While it starts, that is
 * why it cannot: cleaning up changes errno. */
void on_mhd_log(void *owner, const char *format, va_list arguments);

/* libmicrohttpd has found no descriptor for a new connection. */
void shortage_begin(struct http_server *server);

/* An exchange begins, and ends. */
void parking_enter(struct http_exchange *exchange);
void parking_leave(struct http_exchange *exchange);
/* It waits for its reply from now on. `may_linger`: its request is whole. */
void parking_park(struct http_exchange *exchange, bool may_linger);
/* Its connection rests until it is resumed. */
void parking_suspend(struct http_exchange *exchange);
/* libmicrohttpd asks whether the reply is there, and it is not. */
void parking_visit(struct http_exchange *exchange);
/* The reply is there: on_access is called in the next run. */
void parking_resume(struct http_exchange *exchange);
/* True if the exchange that libmicrohttpd has ended still waits for its reply. */
bool parking_left_behind(struct http_exchange *exchange);
/* Whether the daemon is to be run once more, after so many times. */
bool parking_goes_on(struct http_server *server, int passes);

/* Frees an exchange whose connection has gone. */
void exchange_destroy(struct http_exchange *exchange);
/* Puts it behind those that wait for http_server_release(). */
void exchange_hold(struct http_exchange *exchange);
bool exchange_must_hold(const struct http_exchange *exchange);
/* Queues the response now or lets a suspended connection do it. */
void exchange_send(struct http_exchange *exchange);
void exchange_add_headers(struct MHD_Response *response, const struct http_reply *reply);

/* The end of a stream that was held. */
void stream_release(struct http_exchange *exchange, bool is_saved);
/* The client has left; true if the exchange is still needed by whoever writes the stream. */
bool stream_leave(struct http_exchange *exchange);

#endif
