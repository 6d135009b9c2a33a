/*
 * The limit that the HTTP library sets: libmicrohttpd in external-epoll mode, one thread, the same
 * answer to every request. It reads bodies as a server must, and does nothing with them.
 * Prints its port, and ends when its standard input does.
 */
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "compiler.h"

enum { CONNECTION_MEMORY = 64 * 1024 }; /* as in emulator/http/server.c */

static const char answer[] = "{\"AliasArn\":\"arn:aws:lambda:us-east-1:000000000000:function:f\"}";

static enum MHD_Result on_access(void *owner, struct MHD_Connection *connection,
                                 const char *url UNUSED, const char *method UNUSED,
                                 const char *version UNUSED, const char *data UNUSED, size_t *size,
                                 void **context)
{
    struct MHD_Response *response = owner;
    if (!*context) {
        *context = owner;
        return MHD_YES;
    }
    if (*size) {
        *size = 0;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

static void serve(struct MHD_Daemon *daemon)
{
    int epoll = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    struct pollfd watched[] = { { epoll, POLLIN, 0 }, { 0, POLLIN, 0 } };
    while (poll(watched, 2, -1) > 0 && !watched[1].revents) {
        MHD_UNSIGNED_LONG_LONG timeout_ms;
        do
            MHD_run(daemon);
        while (MHD_get_timeout(daemon, &timeout_ms) == MHD_YES && timeout_ms == 0);
    }
}

int main(void)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(answer), (void *)answer, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "application/json");
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_access, response,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
    if (!daemon)
        return 1;
    printf("%d\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    serve(daemon);
    MHD_stop_daemon(daemon);
    MHD_destroy_response(response);
    return 0;
}
