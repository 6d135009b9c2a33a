/*
 * libmicrohttpd in external-epoll mode: its epoll descriptor is one uv_poll of the loop, and
 * MHD_run() is called when that is readable, when a connection was resumed, or when the daemon
 * says that it has more to do.
 *
 * An exchange is in one state: RECEIVING its body, PARKED (until the reply), HELD (replied, waiting
 * for http_server_release), READY (the next run sends). How parked and held ones wait is
 * parking.c's business, which also says when a run is over.
 */
#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "http/exchange.h"
#include "log.h"
#include "xalloc.h"

enum {
    CONNECTIONS_MAX = 4096,
    /* What a request line, headers and the reply's headers may take, with libmicrohttpd's records
     * of each. It clears all that after each request: half would save 3 % of what an Invoke costs,
     * and not take AWS's 10 KB in two hundred cookies beside a body. */
    CONNECTION_MEMORY = 64 * 1024,
    MEMORY_FOR_HEADERS = 4 * 1024, /* of request and reply, beside a long request line */
    QUERY_MEMBER_RECORD = 64,      /* libmicrohttpd's, in that memory */
    BODY_FIRST_GUESS_MAX = 1 << 20,
};

static void resume(struct http_exchange *exchange)
{
    exchange->state = READY;
    if (exchange->connection)
        parking_resume(exchange);
    else
        exchange_destroy(exchange); /* nobody is there to hear of it */
}

static bool queue_response(struct http_exchange *exchange)
{
    bool queued = MHD_queue_response(exchange->connection, (unsigned)exchange->status,
                                     exchange->response) == MHD_YES;
    MHD_destroy_response(exchange->response);
    exchange->response = NULL;
    return queued;
}

/* A client that takes the server for its proxy names the host on the request line too (RFC 9112,
 * section 3.2.2): "http://host/path?query". The caller owns what is behind the host. */
static char *take_path_and_query(const char *target)
{
    static const char scheme[] = "http://";
    if (strncasecmp(target, scheme, sizeof(scheme) - 1) != 0)
        return xstrdup(target);
    const char *host = target + sizeof(scheme) - 1;
    const char *rest = host + strcspn(host, "/?");
    return *rest == '/' ? xstrdup(rest) : xformat("/%s", rest);
}

static bool fits(const char *target)
{
    size_t needed = strlen(target);
    for (const char *member = strchr(target, '?'); member; member = strchr(member + 1, '&'))
        needed += QUERY_MEMBER_RECORD;
    return needed <= CONNECTION_MEMORY - MEMORY_FOR_HEADERS;
}

/* libmicrohttpd would have no memory left for a refusal, and close the connection without a word.
 */
static void refuse_target(struct http_exchange *exchange)
{
    static const char refusal[] =
        "HTTP/1.1 414 URI Too Long\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    send(connection_socket(exchange->connection), refusal, sizeof(refusal) - 1,
         MSG_NOSIGNAL | MSG_DONTWAIT);
    exchange->is_dropped = true;
}

/* The first sight of a request: its target exactly as sent. */
static void *on_target(void *owner, const char *target, struct MHD_Connection *connection)
{
    struct http_server *server = owner;
    struct http_exchange *exchange = xcalloc(1, sizeof(*exchange));
    exchange->server = server;
    exchange->connection = connection;
    exchange->target = take_path_and_query(target);
    exchange->next = server->exchanges;
    exchange->link = &server->exchanges;
    if (exchange->next)
        exchange->next->link = &exchange->next;
    server->exchanges = exchange;
    parking_enter(exchange);
    idle_leave(exchange);
    if (!fits(exchange->target))
        refuse_target(exchange);
    return exchange;
}

void exchange_destroy(struct http_exchange *exchange)
{
    exchange->server->pending -= exchange->is_counted;
    parking_leave(exchange);
    *exchange->link = exchange->next;
    if (exchange->next)
        exchange->next->link = exchange->link;
    if (exchange->response)
        MHD_destroy_response(exchange->response);
    buffer_clear(&exchange->body);
    buffer_clear(&exchange->pieces);
    buffer_clear(&exchange->last_piece);
    free(exchange->target);
    free(exchange->method);
    free(exchange);
}

static void on_completed(void *owner, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code UNUSED)
{
    struct http_exchange *exchange = *context;
    *context = NULL;
    if (!exchange)
        return;
    idle_enter(owner, connection);
    hangup_enter(owner, connection);
    exchange->is_completed = true;
    const struct http_server_options *options = &exchange->server->options;
    if (exchange->is_piecewise && !exchange->is_handed_over)
        options->on_broken(exchange, options->owner);
    if (!parking_left_behind(exchange) && !stream_leave(exchange))
        exchange_destroy(exchange);
}

/* A request that libmicrohttpd has refused by itself, for want of memory, is never completed. And
 * when there were as many connections as there may be, or descriptors, it listens again only in the
 * run after one has closed. */
static void on_connection(void *owner, struct MHD_Connection *connection, void **place,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = owner;
    struct http_exchange *next;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *place = idle_open(server, connection);
        hangup_open(server, *place);
        return;
    }
    hangup_close(server, *place);
    idle_close(*place);
    server->is_unsettled = true;
    for (struct http_exchange *exchange = server->exchanges; exchange; exchange = next) {
        next = exchange->next;
        if (exchange->connection == connection && !exchange->is_completed)
            exchange_destroy(exchange);
    }
}

/* Looks at the headers; false if the reply need not wait for a body that will not be taken. */
static bool begin(struct http_exchange *exchange, const char *method)
{
    struct http_server_options *options = &exchange->server->options;
    exchange->is_begun = true;
    exchange->method = xstrdup(method);
    size_t ceiling = options->body_ceiling(exchange, options->owner);
    buffer_init(&exchange->body, ceiling);
    exchange->is_piecewise =
        options->takes_pieces && options->takes_pieces(exchange, options->owner);
    if (exchange->is_piecewise)
        return true;
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

static enum MHD_Result hand_over(struct http_exchange *exchange, bool is_whole)
{
    struct http_server *server = exchange->server;
    server->pending++;
    exchange->is_counted = true;
    exchange->is_handed_over = true;
    exchange->is_in_handler = true;
    server->options.on_request(exchange, server->options.owner);
    exchange->is_in_handler = false;
    if (exchange->state == READY)
        return queue_response(exchange) ? MHD_YES : MHD_NO;
    if (exchange->state == RECEIVING)
        exchange->state = PARKED;
    parking_park(exchange, is_whole);
    return MHD_YES;
}

/* libmicrohttpd offers the next chunk that it has read even if the connection was suspended over
 * the last: it stays where it is. */
static void take_piece(struct http_exchange *exchange, const char *data, size_t *size)
{
    const struct http_server_options *options = &exchange->server->options;
    if (exchange->is_paused)
        return;
    exchange->is_paused =
        !options->on_piece(exchange, (struct text){ data, *size }, options->owner);
    *size = 0;
    if (exchange->is_paused)
        parking_suspend(exchange);
}

void http_exchange_resume(struct http_exchange *exchange)
{
    if (!exchange->is_paused)
        return;
    exchange->is_paused = false;
    MHD_resume_connection(exchange->connection);
    http_server_schedule_run(exchange->server);
}

static enum MHD_Result on_access(void *owner UNUSED, struct MHD_Connection *connection UNUSED,
                                 const char *url UNUSED, const char *method,
                                 const char *version UNUSED, const char *data, size_t *size,
                                 void **context)
{
    struct http_exchange *exchange = *context;
    if (exchange->is_dropped || (exchange->server->is_draining && !exchange->is_begun))
        return MHD_NO;
    exchange->is_stuck = false;
    if (!exchange->is_begun)
        return begin(exchange, method) ? MHD_YES : hand_over(exchange, false);
    if (*size && exchange->is_piecewise) {
        take_piece(exchange, data, size);
        return MHD_YES;
    }
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
    if (!exchange->is_handed_over)
        return hand_over(exchange, true);
    parking_visit(exchange);
    return MHD_YES;
}

/* Decoding is the edge's business: a "%2F" inside a path segment must not become a slash. */
static size_t on_unescape(void *owner UNUSED, struct MHD_Connection *connection UNUSED,
                          char *string)
{
    return strlen(string);
}

static void on_readable(uv_poll_t *poll, int status UNUSED, int events UNUSED)
{
    http_server_run(poll->data);
}

static const char *what_to_do(int reason)
{
    return reason == EADDRINUSE ? " (another coalmine?); --port N takes another, 0 a free one"
           : reason == EACCES   ? "; low ports are root's: --port N takes another, 0 a free one"
           : reason == EADDRNOTAVAIL ? "; --listen must be an address of this machine"
                                     : "";
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
    int connections_max =
        server->options.connections_max ? server->options.connections_max : CONNECTIONS_MAX;
    size_t memory =
        server->options.connection_memory ? server->options.connection_memory : CONNECTION_MEMORY;
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (is_ipv6 ? MHD_USE_IPv6 : 0),
        0, NULL, NULL, on_access, server, MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, server,
        MHD_OPTION_SOCK_ADDR, is_ipv6 ? (void *)&ipv6 : (void *)&ipv4, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)connections_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, server, MHD_OPTION_UNESCAPE_CALLBACK, on_unescape,
        server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_CONNECTION_TIMEOUT, idle_timeout_s(&server->options),
        MHD_OPTION_END);
    int reason = server->start_errno;
    if (!daemon)
        error_set(error, NULL, "cannot listen on %s port %d: %s%s", server->options.address,
                  server->options.port, reason ? strerror(reason) : "libmicrohttpd refused",
                  what_to_do(reason));
    return daemon;
}

struct http_server *http_server_start(struct loop *loop, const struct http_server_options *options,
                                      struct error *error)
{
    struct http_server *server = xcalloc(1, sizeof(*server));
    server->loop = loop;
    server->options = *options;
    server->held_last = &server->held;
    link_init(&server->idle);
    server->daemon = hangup_start(server, error) ? start_daemon(server, error) : NULL;
    if (!server->daemon) {
        hangup_stop(server);
        errno = server->start_errno;
        free(server);
        return NULL;
    }
    server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    int fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    uv_poll_init(loop_uv(loop), &server->poll, fd);
    server->poll.data = server;
    uv_poll_start(&server->poll, UV_READABLE, on_readable);
    idle_start(server);
    return server;
}

int http_server_port(const struct http_server *server)
{
    return server->port;
}

void http_server_drain(struct http_server *server)
{
    if (server->is_draining)
        return; /* libmicrohttpd would give the closed descriptor's number out again */
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
    server->is_closed = true;
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
    for (struct http_exchange *exchange = server->exchanges; exchange; exchange = exchange->next)
        exchange->is_dropped = !exchange->is_handed_over; /* its last bytes may come in this run */
    http_server_run(server);                              /* replies that are ready leave */
    /* The daemon may not be stopped over suspended connections. */
    for (struct http_exchange *exchange = server->exchanges, *next; exchange; exchange = next) {
        next = exchange->next;
        exchange->is_dropped = true;
        if (exchange->is_waiting || exchange->is_paused)
            MHD_resume_connection(exchange->connection);
        else if (exchange->state == PARKED || exchange->state == HELD)
            resume(exchange);
    }
    http_server_run(server);
    loop_timer_stop(&server->idle_timer);
    loop_timer_stop(&server->linger_timer);
    loop_timer_stop(&server->rest_timer);
    loop_timer_stop(&server->shortage_timer);
    uv_poll_stop(&server->poll);
    MHD_stop_daemon(server->daemon);
    hangup_stop(server);
    server->is_destroyed = true;
    uv_close((uv_handle_t *)&server->poll, on_poll_closed);
}

static void make_unsaved(struct http_exchange *exchange)
{
    static const struct http_failure bare = { .status = 500 };
    const struct http_failure *failure = exchange->if_unsaved ? exchange->if_unsaved : &bare;
    MHD_destroy_response(exchange->response);
    exchange->status = failure->status;
    exchange->response = MHD_create_response_from_buffer(
        failure->body.size, (void *)failure->body.data, MHD_RESPMEM_PERSISTENT);
    if (!exchange->response)
        abort();
    for (size_t i = 0; i < failure->header_count; i++)
        MHD_add_response_header(exchange->response, failure->headers[i].name,
                                failure->headers[i].value);
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
        if (exchange->is_stream) {
            stream_release(exchange, is_saved);
        } else {
            if (!is_saved)
                make_unsaved(exchange);
            resume(exchange);
        }
        exchange = next;
    }
    http_server_run(server);
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
    return exchange->connection
               ? MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name)
               : NULL;
}

const char *http_exchange_trailer(const struct http_exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection, MHD_FOOTER_KIND, name);
}

struct header_visit {
    void (*function)(const char *name, const char *value, void *owner);
    void *owner;
};

static enum MHD_Result visit_header(void *owner, enum MHD_ValueKind kind UNUSED, const char *name,
                                    const char *value)
{
    const struct header_visit *visit = owner;
    visit->function(name, value ? value : "", visit->owner);
    return MHD_YES;
}

void http_exchange_each_header(const struct http_exchange *exchange,
                               void (*function)(const char *name, const char *value, void *owner),
                               void *owner)
{
    struct header_visit visit = { function, owner };
    if (exchange->connection)
        MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, visit_header, &visit);
}

struct text http_exchange_body(const struct http_exchange *exchange)
{
    return buffer_text(&exchange->body);
}

const char *http_exchange_client(const struct http_exchange *exchange,
                                 char address_out[HTTP_ADDRESS_SIZE])
{
    const union MHD_ConnectionInfo *info =
        exchange->connection
            ? MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
            : NULL;
    const struct sockaddr *address = info ? info->client_addr : NULL;
    address_out[0] = '\0';
    if (address && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr,
                  address_out, HTTP_ADDRESS_SIZE);
    else if (address && address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
                  address_out, HTTP_ADDRESS_SIZE);
    return address_out;
}

bool http_exchange_is_connected(const struct http_exchange *exchange)
{
    char byte;
    if (!exchange->connection)
        return false;
    int fd = connection_socket(exchange->connection);
    ssize_t size = recv(fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT);
    return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
}

bool http_exchange_is_too_large(const struct http_exchange *exchange)
{
    return exchange->is_too_large;
}

void exchange_add_headers(struct MHD_Response *response, const struct http_reply *reply)
{
    for (size_t i = 0; i < reply->header_count; i++)
        MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
}

static struct MHD_Response *make_response(const struct http_reply *reply)
{
    struct MHD_Response *response =
        reply->body
            ? MHD_create_response_from_buffer(reply->body_size, reply->body, MHD_RESPMEM_MUST_FREE)
            : MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (!response)
        abort();
    exchange_add_headers(response, reply);
    return response;
}

bool exchange_must_hold(const struct http_exchange *exchange)
{
    const struct http_server_options *options = &exchange->server->options;
    return options->must_hold && options->must_hold(options->owner);
}

void exchange_hold(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    exchange->next_held = NULL;
    *server->held_last = exchange;
    server->held_last = &exchange->next_held;
}

void exchange_send(struct http_exchange *exchange)
{
    if (exchange->is_in_handler) {
        exchange->state = READY;
    } else {
        http_server_schedule_run(exchange->server);
        resume(exchange);
    }
}

void http_exchange_reply(struct http_exchange *exchange, const struct http_reply *reply)
{
    exchange->response = make_response(reply);
    exchange->status = reply->status;
    exchange->if_unsaved = reply->if_unsaved;
    if (exchange_must_hold(exchange)) {
        exchange->state = HELD;
        exchange_hold(exchange);
    } else {
        exchange_send(exchange);
    }
}
