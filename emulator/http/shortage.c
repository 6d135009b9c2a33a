/*
 * When descriptors are short, libmicrohttpd listens no more before one of its connections is
 * closed, though function processes need most of them and give them back. So, until it listens
 * again, it is given a connection now and then that is closed already.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/exchange.h"

enum { RETRY_MS = 100 };

static void on_retry(void *owner)
{
    static const struct sockaddr_un nowhere = { .sun_family = AF_UNIX };
    struct http_server *server = owner;
    int pair[2];
    loop_timer_stop(&server->shortage_timer);
    if (server->is_draining)
        return;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
        shortage_begin(server);
        return;
    }
    close(pair[1]);
    if (MHD_add_connection(server->daemon, pair[0], (const struct sockaddr *)&nowhere,
                           sizeof(nowhere)) != MHD_YES)
        shortage_begin(server);
    http_server_run(server);
}

void shortage_begin(struct http_server *server)
{
    if (!server->shortage_timer)
        server->shortage_timer = loop_timer_start(server->loop, RETRY_MS, 0, on_retry, server);
}
