/*
 * Clients that close behind half a request. libmicrohttpd has the kernel tell it of changes only
 * (EPOLLET). If the client's end is there together with its last bytes, libmicrohttpd reads those,
 * takes the short read for all that there is, and hears of nothing any more: the connection would
 * stay until it is idle for too long, and a few thousand of them would keep everybody else out. So
 * a second epoll set listens for that end, and what is left when a run is over, nothing unread, no
 * reply to come, is shut down.
 *
 * Who has only closed its sending side (`nc -N`) gets its reply first.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/exchange.h"
#include "log.h"
#include "xalloc.h"

enum { EVENTS_MAX = 64 };

struct hangup {
    uv_poll_t poll;
    int fd; /* the epoll set */
};

static struct connection_place *first(struct http_server *server)
{
    return CONTAINER_OF(server->ended.after, struct connection_place, ended);
}

static void note(struct http_server *server, struct connection_place *place)
{
    link_remove(&place->ended);
    link_insert_before(&server->ended, &place->ended);
}

static void on_ends(uv_poll_t *poll, int status UNUSED, int events UNUSED)
{
    struct http_server *server = poll->data;
    struct epoll_event ends[EVENTS_MAX];
    int count;
    do {
        count = epoll_wait(server->hangup->fd, ends, EVENTS_MAX, 0);
        for (int i = 0; i < count; i++) {
            struct connection_place *place = ends[i].data.ptr;
            place->has_ended = true;
            note(server, place);
        }
    } while (count == EVENTS_MAX);
    if (!link_is_alone(&server->ended))
        http_server_run(server);
}

bool hangup_start(struct http_server *server, struct error *error)
{
    link_init(&server->ended);
    if (!server->options.idle_ms)
        return true;
    int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) {
        server->start_errno = errno;
        return error_set(error, NULL, "cannot watch connections: %s", strerror(errno));
    }
    server->hangup = xcalloc(1, sizeof(*server->hangup));
    server->hangup->fd = fd;
    uv_poll_init(loop_uv(server->loop), &server->hangup->poll, fd);
    server->hangup->poll.data = server;
    uv_poll_start(&server->hangup->poll, UV_READABLE, on_ends);
    return true;
}

static void on_closed(uv_handle_t *handle)
{
    struct hangup *hangup = CONTAINER_OF((uv_poll_t *)handle, struct hangup, poll);
    close(hangup->fd);
    free(hangup);
}

void hangup_stop(struct http_server *server)
{
    if (server->hangup)
        uv_close((uv_handle_t *)&server->hangup->poll, on_closed);
    server->hangup = NULL;
}

void hangup_open(struct http_server *server, struct connection_place *place)
{
    struct epoll_event ends = { .events = EPOLLRDHUP | EPOLLET, .data.ptr = place };
    if (server->hangup && epoll_ctl(server->hangup->fd, EPOLL_CTL_ADD, place->fd, &ends) != 0)
        log_warn("http", "cannot watch a connection, it may stay until it is idle for too long: %s",
                 strerror(errno));
}

/* Taken out by hand: a child that is being started may hold the descriptor for a moment longer. */
void hangup_close(struct http_server *server, struct connection_place *place)
{
    if (server->hangup)
        epoll_ctl(server->hangup->fd, EPOLL_CTL_DEL, place->fd, NULL);
    link_remove(&place->ended);
}

void hangup_enter(struct http_server *server, struct MHD_Connection *connection)
{
    struct connection_place *place = connection_place_of(connection);
    if (place->has_ended)
        note(server, place);
}

/* Is something to be done before the connection can be shut down? */
static bool is_needed(const struct connection_place *place)
{
    return (place->exchange && place->exchange->is_paused) || socket_has_unread(place->fd);
}

void hangup_sweep(struct http_server *server)
{
    struct link kept;
    link_init(&kept);
    while (!link_is_alone(&server->ended)) {
        struct connection_place *place = first(server);
        link_remove(&place->ended);
        if (place->exchange && place->exchange->is_handed_over)
            continue; /* until hangup_enter() */
        if (is_needed(place))
            link_insert_before(&kept, &place->ended);
        else
            shutdown(place->fd, SHUT_RDWR);
    }
    while (!link_is_alone(&kept))
        note(server, CONTAINER_OF(kept.after, struct connection_place, ended));
}
