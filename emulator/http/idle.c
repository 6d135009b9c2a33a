/*
 * Connections on which nothing moves. libmicrohttpd closes them by itself, but before it reads: a
 * request that came while the server had other work would be lost. So those between two requests
 * are closed here, when nothing of the next one is there, and libmicrohttpd's own timeout, which
 * holds for requests and replies that have stopped half-way, is longer.
 */
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "clock.h"
#include "http/exchange.h"
#include "xalloc.h"

enum { PAST_MS = 5 /* the loop's time may lag behind libmicrohttpd's */ };

static int64_t now_ms(void)
{
    return clock_monotonic_us() / 1000;
}

unsigned idle_timeout_s(const struct http_server_options *options)
{
    return (unsigned)((options->idle_ms + options->idle_ms / 2 + 999) / 1000);
}

static void put_last(struct http_server *server, struct connection_place *place)
{
    place->since_ms = now_ms();
    link_remove(&place->idle);
    link_insert_before(&server->idle, &place->idle);
}

struct connection_place *idle_open(struct http_server *server, struct MHD_Connection *connection)
{
    struct connection_place *place = xcalloc(1, sizeof(*place));
    place->fd = connection_socket(connection);
    link_init(&place->idle);
    link_init(&place->ended);
    put_last(server, place);
    return place;
}

void idle_close(struct connection_place *place)
{
    link_remove(&place->idle);
    free(place);
}

void idle_leave(struct http_exchange *exchange)
{
    struct connection_place *place = connection_place_of(exchange->connection);
    place->exchange = exchange;
    link_remove(&place->idle);
}

void idle_enter(struct http_server *server, struct MHD_Connection *connection)
{
    struct connection_place *place = connection_place_of(connection);
    place->exchange = NULL;
    put_last(server, place);
}

/* The one that is idle for longest; NULL: none is. */
static struct connection_place *first(struct http_server *server)
{
    return link_is_alone(&server->idle)
               ? NULL
               : CONTAINER_OF(server->idle.after, struct connection_place, idle);
}

/* libmicrohttpd sees in the run that follows that they are shut down. */
static void close_idle(struct http_server *server)
{
    int64_t before_ms = now_ms() - server->options.idle_ms;
    struct connection_place *place;
    while ((place = first(server)) && place->since_ms <= before_ms) {
        if (socket_has_unread(place->fd)) {
            put_last(server, place);
        } else {
            link_remove(&place->idle);
            shutdown(place->fd, SHUT_RDWR);
        }
    }
}

/* A large reply lies in the socket, and libmicrohttpd, which has nothing to do before most of it is
 * taken, takes a slow client for an idle one. Switching the timeout off and on begins it anew. */
static void spare_slow(struct http_server *server)
{
    for (struct http_exchange *exchange = server->exchanges; exchange; exchange = exchange->next) {
        int unsent;
        if (!exchange->connection || exchange->state != READY ||
            ioctl(connection_socket(exchange->connection), SIOCOUTQ, &unsent) != 0)
            continue;
        if (unsent < exchange->unsent) {
            MHD_set_connection_option(exchange->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0U);
            MHD_set_connection_option(exchange->connection, MHD_CONNECTION_OPTION_TIMEOUT,
                                      idle_timeout_s(&server->options));
        }
        exchange->unsent = unsent;
    }
}

static void schedule_check(struct http_server *server);

static void on_check(void *owner)
{
    close_idle(owner);
    spare_slow(owner);
    http_server_run(owner);
    schedule_check(owner);
}

static int64_t min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void schedule_check(struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG left_ms;
    int64_t delay_ms = (server->options.idle_ms + 1) / 2; /* twice while libmicrohttpd waits */
    const struct connection_place *place = first(server);
    if (place)
        delay_ms = min(delay_ms, place->since_ms + server->options.idle_ms - now_ms());
    if (MHD_get_timeout(server->daemon, &left_ms) == MHD_YES && (int64_t)left_ms < delay_ms)
        delay_ms = (int64_t)left_ms + PAST_MS;
    loop_timer_stop(&server->idle_timer);
    server->idle_timer = loop_timer_start(server->loop, delay_ms, 0, on_check, server);
}

void idle_start(struct http_server *server)
{
    if (server->options.idle_ms)
        schedule_check(server);
}
