/*
 * libmicrohttpd in external-epoll mode: its epoll descriptor is one uv_poll of the loop, and
 * MHD_run() is called when that is readable, when a connection was resumed, or when the daemon
 * says that it has more to do.
 *
 * An exchange is in one state: RECEIVING its body, PARKED (the connection is suspended until the
 * reply), HELD (replied, waiting for http_server_release), READY (resumed: the next run sends).
 * Only parked exchanges are suspended, and only replies resume them.
 */
#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "buffer.h"
#include "log.h"
#include "xalloc.h"

enum { CONNECTIONS_MAX = 4096, CONNECTION_MEMORY = 64 * 1024, BODY_FIRST_GUESS_MAX = 1 << 20 };

enum exchange_state { RECEIVING, PARKED, HELD, READY };

struct http_exchange {
    struct http_server *server;
    struct http_exchange *next; /* all exchanges of the server */
    struct http_exchange **link;
    struct http_exchange *next_held;
    struct MHD_Connection *connection;
    enum exchange_state state;
    bool is_begun;      /* headers were looked at */
    bool is_in_handler; /* on_request runs inside libmicrohttpd's callback */
    bool is_too_large;
    bool is_dropped;
    char *target; /* as on the request line */
    char *method;
    struct buffer body;
    struct MHD_Response *response;
    int status;
};

struct http_server {
    struct loop *loop;
    struct http_server_options options;
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    struct http_exchange *exchanges;
    struct http_exchange *held;
    struct http_exchange **held_last;
    size_t pending;
    int port;
    bool is_draining;  /* takes no new requests */
    bool is_running;   /* inside MHD_run */
    bool is_scheduled; /* a deferred run is under way */
    bool is_destroyed;
};

static void run(struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    server->is_running = true;
    do
        MHD_run(server->daemon);
    while (MHD_get_timeout(server->daemon, &timeout_ms) == MHD_YES && timeout_ms == 0);
    server->is_running = false;
}

static void on_scheduled_run(void *owner)
{
    struct http_server *server = owner;
    server->is_scheduled = false;
    if (server->is_destroyed)
        free(server);
    else
        run(server);
}

/* Resumed connections do nothing until the daemon runs again. */
static void schedule_run(struct http_server *server)
{
    if (server->is_scheduled)
        return;
    server->is_scheduled = true;
    loop_defer(server->loop, on_scheduled_run, server);
}

static void resume(struct http_exchange *exchange)
{
    exchange->state = READY;
    MHD_resume_connection(exchange->connection);
}

static bool queue_response(struct http_exchange *exchange)
{
    exchange->server->pending--;
    bool queued = MHD_queue_response(exchange->connection, (unsigned)exchange->status,
                                     exchange->response) == MHD_YES;
    MHD_destroy_response(exchange->response);
    exchange->response = NULL;
    return queued;
}

/* The first sight of a request: its target exactly as sent. */
static void *on_target(void *owner, const char *target, struct MHD_Connection *connection)
{
    struct http_server *server = owner;
    struct http_exchange *exchange = xcalloc(1, sizeof(*exchange));
    exchange->server = server;
    exchange->connection = connection;
    exchange->target = xstrdup(target);
    exchange->next = server->exchanges;
    exchange->link = &server->exchanges;
    if (exchange->next)
        exchange->next->link = &exchange->next;
    server->exchanges = exchange;
    return exchange;
}

static void exchange_destroy(struct http_exchange *exchange)
{
    *exchange->link = exchange->next;
    if (exchange->next)
        exchange->next->link = exchange->link;
    if (exchange->response)
        MHD_destroy_response(exchange->response);
    buffer_clear(&exchange->body);
    free(exchange->target);
    free(exchange->method);
    free(exchange);
}

static void on_completed(void *owner UNUSED, struct MHD_Connection *connection UNUSED,
                         void **context, enum MHD_RequestTerminationCode code UNUSED)
{
    if (*context)
        exchange_destroy(*context);
    *context = NULL;
}

/* Looks at the headers; false if the reply need not wait for a body that will not be taken. */
static bool begin(struct http_exchange *exchange, const char *method)
{
    struct http_server_options *options = &exchange->server->options;
    exchange->is_begun = true;
    exchange->method = xstrdup(method);
    size_t ceiling =
        options->body_ceiling(text_from(method), text_from(exchange->target), options->owner);
    buffer_init(&exchange->body, ceiling);
    int64_t length = 0;
    const char *header = http_exchange_header(exchange, "Content-Length");
    if (header && text_to_int64(text_from(header), &length) && length > 0) {
        if ((uint64_t)length > ceiling)
            exchange->is_too_large = true;
        else
            buffer_reserve(&exchange->body,
                           (size_t)(length < BODY_FIRST_GUESS_MAX ? length : BODY_FIRST_GUESS_MAX));
    }
    return !(exchange->is_too_large && http_exchange_header(exchange, "Expect"));
}

static enum MHD_Result hand_over(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    server->pending++;
    exchange->is_in_handler = true;
    server->options.on_request(exchange, server->options.owner);
    exchange->is_in_handler = false;
    if (exchange->state == READY)
        return queue_response(exchange) ? MHD_YES : MHD_NO;
    if (exchange->state == RECEIVING)
        exchange->state = PARKED;
    MHD_suspend_connection(exchange->connection);
    return MHD_YES;
}

static enum MHD_Result on_access(void *owner UNUSED, struct MHD_Connection *connection UNUSED,
                                 const char *url UNUSED, const char *method,
                                 const char *version UNUSED, const char *data, size_t *size,
                                 void **context)
{
    struct http_exchange *exchange = *context;
    if (exchange->is_dropped || (exchange->server->is_draining && !exchange->is_begun))
        return MHD_NO;
    if (!exchange->is_begun)
        return begin(exchange, method) ? MHD_YES : hand_over(exchange);
    if (*size) {
        if (!exchange->is_too_large && !buffer_add(&exchange->body, data, *size)) {
            exchange->is_too_large = true;
            buffer_clear(&exchange->body);
        }
        *size = 0;
        return MHD_YES;
    }
    if (exchange->state == READY)
        return queue_response(exchange) ? MHD_YES : MHD_NO;
    return hand_over(exchange);
}

/* Decoding is the edge's business: a "%2F" inside a path segment must not become a slash. */
static size_t on_unescape(void *owner UNUSED, struct MHD_Connection *connection UNUSED,
                          char *string)
{
    return strlen(string);
}

static void on_mhd_log(void *owner UNUSED, const char *format, va_list arguments)
{
    if (log_level() < LOG_LEVEL_DEBUG)
        return;
    char *line = xvformat(format, arguments);
    log_debug("http", "%s", line);
    free(line);
}

static void on_readable(uv_poll_t *poll, int status UNUSED, int events UNUSED)
{
    run(poll->data);
}

static struct MHD_Daemon *start_daemon(struct http_server *server, struct error *error)
{
    struct sockaddr_in ipv4 = { .sin_family = AF_INET,
                                .sin_port = htons((uint16_t)server->options.port) };
    struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6,
                                 .sin6_port = htons((uint16_t)server->options.port) };
    bool is_ipv6 = strchr(server->options.address, ':') != NULL;
    if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, server->options.address,
                  is_ipv6 ? (void *)&ipv6.sin6_addr : (void *)&ipv4.sin_addr) != 1) {
        error_set(error, NULL, "'%s' is not an IP address", server->options.address);
        return NULL;
    }
    errno = 0;
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (is_ipv6 ? MHD_USE_IPv6 : 0),
        0, NULL, NULL, on_access, server, MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, NULL,
        MHD_OPTION_SOCK_ADDR, is_ipv6 ? (void *)&ipv6 : (void *)&ipv4, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, server, MHD_OPTION_UNESCAPE_CALLBACK, on_unescape,
        server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_END);
    if (!daemon)
        error_set(error, NULL, "cannot listen on %s port %d: %s", server->options.address,
                  server->options.port, errno ? strerror(errno) : "libmicrohttpd refused");
    return daemon;
}

struct http_server *http_server_start(struct loop *loop, const struct http_server_options *options,
                                      struct error *error)
{
    struct http_server *server = xcalloc(1, sizeof(*server));
    server->loop = loop;
    server->options = *options;
    server->held_last = &server->held;
    server->daemon = start_daemon(server, error);
    if (!server->daemon) {
        free(server);
        return NULL;
    }
    server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    int fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    uv_poll_init(loop_uv(loop), &server->poll, fd);
    server->poll.data = server;
    uv_poll_start(&server->poll, UV_READABLE, on_readable);
    return server;
}

int http_server_port(const struct http_server *server)
{
    return server->port;
}

void http_server_drain(struct http_server *server)
{
    server->is_draining = true;
    MHD_socket fd = MHD_quiesce_daemon(server->daemon);
    if (fd != MHD_INVALID_SOCKET)
        close(fd);
}

size_t http_server_pending(const struct http_server *server)
{
    return server->pending;
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct http_server *server = handle->data;
    if (!server->is_scheduled)
        free(server);
}

static void on_deferred_destroy(void *owner)
{
    http_server_destroy(owner);
}

void http_server_destroy(struct http_server *server)
{
    if (!server)
        return;
    if (server->is_running) { /* a handler of its own asked for it */
        loop_defer(server->loop, on_deferred_destroy, server);
        return;
    }
    server->is_draining = true;
    run(server); /* replies that are ready leave */
    /* The daemon may not be stopped over suspended connections. */
    for (struct http_exchange *exchange = server->exchanges; exchange; exchange = exchange->next) {
        exchange->is_dropped = true;
        if (exchange->state == PARKED || exchange->state == HELD)
            resume(exchange);
    }
    run(server);
    uv_poll_stop(&server->poll);
    MHD_stop_daemon(server->daemon);
    server->is_destroyed = true;
    uv_close((uv_handle_t *)&server->poll, on_poll_closed);
}

static void make_unsaved(struct http_exchange *exchange)
{
    static const char text[] = "{\"message\":\"The change could not be saved; see the log.\"}";
    MHD_destroy_response(exchange->response);
    exchange->status = 500;
    exchange->response =
        MHD_create_response_from_buffer(sizeof(text) - 1, (void *)text, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(exchange->response, "Content-Type", "application/json");
}

bool http_server_release(struct http_server *server, bool is_saved)
{
    struct http_exchange *exchange = server->held;
    if (!exchange)
        return false;
    server->held = NULL;
    server->held_last = &server->held;
    while (exchange) {
        struct http_exchange *next = exchange->next_held;
        if (!is_saved)
            make_unsaved(exchange);
        resume(exchange);
        exchange = next;
    }
    run(server);
    return true;
}

struct text http_exchange_method(const struct http_exchange *exchange)
{
    return text_from(exchange->method);
}

struct text http_exchange_path(const struct http_exchange *exchange)
{
    struct text rest = text_from(exchange->target);
    return text_cut(&rest, '?');
}

struct text http_exchange_query(const struct http_exchange *exchange)
{
    struct text rest = text_from(exchange->target);
    text_cut(&rest, '?');
    return rest;
}

const char *http_exchange_header(const struct http_exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

struct text http_exchange_body(const struct http_exchange *exchange)
{
    return buffer_text(&exchange->body);
}

bool http_exchange_is_too_large(const struct http_exchange *exchange)
{
    return exchange->is_too_large;
}

static struct MHD_Response *make_response(const struct http_reply *reply)
{
    struct MHD_Response *response =
        reply->body
            ? MHD_create_response_from_buffer(reply->body_size, reply->body, MHD_RESPMEM_MUST_FREE)
            : MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (!response)
        abort();
    for (size_t i = 0; i < reply->header_count; i++)
        MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
    return response;
}

void http_exchange_reply(struct http_exchange *exchange, const struct http_reply *reply)
{
    struct http_server *server = exchange->server;
    exchange->response = make_response(reply);
    exchange->status = reply->status;
    bool holds = server->options.must_hold && server->options.must_hold(server->options.owner);
    if (holds) {
        exchange->state = HELD;
        exchange->next_held = NULL;
        *server->held_last = exchange;
        server->held_last = &exchange->next_held;
    } else if (exchange->is_in_handler) {
        exchange->state = READY;
    } else {
        resume(exchange);
        schedule_run(server);
    }
}
