/*
 * When libmicrohttpd runs, and for how long: pass after pass while it says that it has more to do,
 * but not without end. A client that sends as fast as it is read, or that keeps libmicrohttpd busy
 * otherwise, would keep the loop from everybody else.
 */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "http/exchange.h"

enum { RUN_PASSES_MAX = 128, REST_MS = 1 };

int connection_socket(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

struct connection_place *connection_place_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

bool socket_has_unread(int fd)
{
    int size;
    return ioctl(fd, FIONREAD, &size) == 0 && size > 0;
}

/* When the line that begins a chunk does not fit into its connection's memory, libmicrohttpd 0.9.75
 * reads no more and says for ever that it has more to do. So a body of which something is unread
 * after many passes, and after as many more, is refused: its connection is closed. */
static void refuse_stuck(struct http_server *server)
{
    for (struct http_exchange *exchange = server->exchanges; exchange; exchange = exchange->next) {
        if (!exchange->is_begun || exchange->is_handed_over || exchange->is_paused)
            continue;
        int fd = connection_socket(exchange->connection);
        if (!socket_has_unread(fd))
            exchange->is_stuck = false;
        else if (exchange->is_stuck)
            shutdown(fd, SHUT_RDWR);
        else
            exchange->is_stuck = true; /* until on_access is called */
    }
}

static void on_rested(void *owner)
{
    struct http_server *server = owner;
    loop_timer_stop(&server->rest_timer);
    http_server_run(server);
}

static void rest(struct http_server *server)
{
    refuse_stuck(server);
    if (!server->rest_timer)
        server->rest_timer = loop_timer_start(server->loop, REST_MS, 0, on_rested, server);
}

void http_server_run(struct http_server *server)
{
    int passes = 0;
    bool goes_on;
    server->is_running = true;
    do {
        MHD_run(server->daemon);
        goes_on = parking_goes_on(server, ++passes);
    } while (goes_on && passes < RUN_PASSES_MAX);
    server->is_running = false;
    if (goes_on)
        rest(server);
    else
        hangup_sweep(server);
}

static void on_scheduled_run(void *owner)
{
    struct http_server *server = owner;
    server->is_scheduled = false;
    if (server->is_closed)
        free(server);
    else if (!server->is_destroyed)
        http_server_run(server);
}

void http_server_schedule_run(struct http_server *server)
{
    if (server->is_scheduled)
        return;
    server->is_scheduled = true;
    loop_defer(server->loop, on_scheduled_run, server);
}
