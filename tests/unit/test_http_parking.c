/*
 * Exchanges that wait for their reply: what becomes of them, and of the server's counts, when the
 * client leaves meanwhile; and that connections, and new ones, are looked at again afterwards. And
 * who leaves behind half a request, and what libmicrohttpd's starts and drains leave.
 */
#include "support/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/exchange.h"
#include "support/limits.h"

enum { PATIENCE_MS = 60000, CONNECTIONS_MAX = 2, CROWD = 150, NEVER_MS = 24 * 3600 * 1000 };

struct bench {
    struct loop *loop;
    struct http_server *server;
    struct http_exchange *asked; /* the last one */
    int count;
    bool must_hold;
    int connections_max; /* 0: CONNECTIONS_MAX */
    int64_t idle_ms;
};

static void on_request(struct http_exchange *exchange, void *owner)
{
    struct bench *bench = owner;
    bench->asked = exchange;
    bench->count++;
}

static size_t body_ceiling(const struct http_exchange *exchange UNUSED, void *owner UNUSED)
{
    return 0;
}

static bool must_hold(void *owner)
{
    const struct bench *bench = owner;
    return bench->must_hold;
}

/* NULL with errno if that cannot be had. */
static struct http_server *start(struct bench *bench, int port)
{
    struct error error = { 0 };
    const struct http_server_options options = { .address = "127.0.0.1",
                                                 .port = port,
                                                 .on_request = on_request,
                                                 .body_ceiling = body_ceiling,
                                                 .must_hold = must_hold,
                                                 .connections_max = bench->connections_max
                                                                        ? bench->connections_max
                                                                        : CONNECTIONS_MAX,
                                                 .idle_ms = bench->idle_ms,
                                                 .owner = bench };
    struct http_server *server = http_server_start(bench->loop, &options, &error);
    int reason = errno;
    error_clear(&error);
    errno = reason;
    return server;
}

static void bench_init(struct bench *bench)
{
    *bench = (struct bench){ .loop = loop_create() };
    bench->server = start(bench, 0);
    ck_assert_ptr_nonnull(bench->server);
}

static void bench_clear(struct bench *bench)
{
    http_server_destroy(bench->server);
    loop_destroy(bench->loop);
}

static int connect_client(const struct bench *bench)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)http_server_port(bench->server)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int client = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(client, (const struct sockaddr *)&address, sizeof(address)), 0);
    return client;
}

static void send_request(int client)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    ck_assert_int_eq(send(client, request, strlen(request), 0), (int)strlen(request));
}

/* Sends a request and waits until it is in the handler's hands. */
static struct http_exchange *ask(struct bench *bench, int client)
{
    int before = bench->count;
    send_request(client);
    while (bench->count == before)
        loop_turn(bench->loop);
    return bench->asked;
}

static void reset(int client)
{
    struct linger at_once = { .l_onoff = 1 };
    setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(client);
}

static bool is_readable(int fd, int timeout_ms)
{
    struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
    return poll(&poll_fd, 1, timeout_ms) == 1;
}

/* Whether something has come that makes the server run. */
static bool is_woken(const struct bench *bench, int timeout_ms)
{
    uv_os_fd_t watched;
    uv_fileno((const uv_handle_t *)&bench->server->poll, &watched);
    return is_readable(watched, timeout_ms);
}

/* Asks, and lingers from then on, however slow the machine is: nothing counts the milliseconds. */
static struct http_exchange *ask_and_linger(struct bench *bench, int client)
{
    struct http_exchange *exchange = ask(bench, client);
    loop_timer_stop(&bench->server->linger_timer);
    ck_assert_uint_eq(bench->server->lingering, 1);
    return exchange;
}

/* An exchange whose client has left while it waited. */
static struct http_exchange *leave_one_behind(struct bench *bench)
{
    int client = connect_client(bench);
    struct http_exchange *exchange = ask_and_linger(bench, client);
    reset(client);
    while (exchange->is_lingering)
        loop_turn(bench->loop);
    ck_assert_ptr_null(exchange->connection);
    ck_assert_uint_eq(http_server_pending(bench->server), 1);
    return exchange;
}

static void expect_nothing_left(const struct bench *bench)
{
    ck_assert_ptr_null(bench->server->exchanges);
    ck_assert_uint_eq(bench->server->lingering, 0);
    ck_assert_uint_eq(bench->server->active, 0);
    ck_assert_uint_eq(http_server_pending(bench->server), 0);
}

START_TEST(one_left_behind_goes_with_its_reply)
{
    struct bench bench;
    bench_init(&bench);
    struct http_exchange *exchange = leave_one_behind(&bench);
    ck_assert_ptr_null(http_exchange_header(exchange, "Host"));
    ck_assert(!http_exchange_is_connected(exchange));
    http_exchange_reply(exchange, &(struct http_reply){ .status = 200 });
    expect_nothing_left(&bench);
    bench_clear(&bench);
}
END_TEST

START_TEST(one_left_behind_goes_when_what_it_changed_is_saved_or_not)
{
    struct bench bench;
    bench_init(&bench);
    bench.must_hold = true;
    for (int is_saved = 0; is_saved < 2; is_saved++) {
        struct http_exchange *exchange = leave_one_behind(&bench);
        http_exchange_reply(exchange, &(struct http_reply){ .status = 200 });
        ck_assert(http_server_release(bench.server, is_saved));
        expect_nothing_left(&bench);
    }
    bench_clear(&bench);
}
END_TEST

START_TEST(one_whose_reply_is_held_can_be_left_behind)
{
    struct bench bench;
    bench_init(&bench);
    bench.must_hold = true;
    int client = connect_client(&bench);
    struct http_exchange *exchange = ask_and_linger(&bench, client);
    http_exchange_reply(exchange, &(struct http_reply){ .status = 200 });
    reset(client);
    while (exchange->is_lingering)
        loop_turn(bench.loop);
    ck_assert_ptr_null(exchange->connection);
    ck_assert(http_server_release(bench.server, false));
    expect_nothing_left(&bench);
    bench_clear(&bench);
}
END_TEST

START_TEST(a_stream_left_behind_goes_with_its_end)
{
    struct bench bench;
    struct flow flow = { 0 };
    bench_init(&bench);
    struct http_exchange *exchange = leave_one_behind(&bench);
    http_exchange_stream_begin(exchange, &(struct http_reply){ .status = 200 }, &flow);
    ck_assert(http_exchange_is_gone(exchange));
    http_exchange_stream_write(exchange, TEXT("piece"));
    ck_assert_uint_eq(http_exchange_stream_backlog(exchange), 0);
    http_exchange_stream_end(exchange, TEXT("last"));
    expect_nothing_left(&bench);
    bench_clear(&bench);
}
END_TEST

START_TEST(a_stream_without_a_client_keeps_nobody_from_lingering)
{
    struct bench bench;
    struct flow flow = { 0 };
    bench_init(&bench);
    int client = connect_client(&bench);
    struct http_exchange *exchange = ask(&bench, client);
    http_exchange_stream_begin(exchange, &(struct http_reply){ .status = 200 }, &flow);
    reset(client);
    while (!http_exchange_is_gone(exchange)) {
        http_exchange_stream_write(exchange, TEXT("piece"));
        loop_turn(bench.loop);
    }
    ck_assert_uint_eq(bench.server->active, 0);
    http_exchange_stream_end(exchange, TEXT(""));
    expect_nothing_left(&bench);
    bench_clear(&bench);
}
END_TEST

START_TEST(a_server_ends_with_one_left_behind)
{
    struct bench bench;
    bench_init(&bench);
    leave_one_behind(&bench);
    int client = connect_client(&bench);
    ask(&bench, client); /* lingers */
    bench_clear(&bench);
    close(client);
}
END_TEST

/* Its owner may have ended what a request needs. */
START_TEST(a_server_that_ends_hands_over_no_request_that_becomes_whole)
{
    static const char most[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{";
    struct bench bench;
    bench_init(&bench);
    int client = connect_client(&bench);
    ck_assert_int_eq(send(client, most, strlen(most), 0), (int)strlen(most));
    while (!bench.server->exchanges || !bench.server->exchanges->is_begun)
        loop_turn(bench.loop);
    ck_assert_int_eq(send(client, "}", 1, 0), 1);
    ck_assert(is_woken(&bench, PATIENCE_MS));
    bench_clear(&bench);
    ck_assert_int_eq(bench.count, 0);
    close(client);
}
END_TEST

/* libmicrohttpd takes a connection that was resumed for readable, and does not watch it before it
 * has tried. A run that ends because only others linger must not leave it so. */
START_TEST(a_connection_is_watched_after_its_reply_while_others_linger)
{
    struct bench bench;
    char answer[4096];
    bench_init(&bench);
    int client = connect_client(&bench);
    int other = connect_client(&bench);
    struct http_exchange *exchange = ask(&bench, client);
    while (exchange->is_lingering)
        loop_turn(bench.loop);
    ask(&bench, other);
    http_exchange_reply(exchange, &(struct http_reply){ .status = 200 });
    while (!is_readable(client, 0))
        uv_run(loop_uv(bench.loop), UV_RUN_NOWAIT);
    ck_assert_int_gt(recv(client, answer, sizeof(answer), 0), 0);
    send_request(client);
    ck_assert(is_woken(&bench, PATIENCE_MS));
    bench_clear(&bench);
    close(client);
    close(other);
}
END_TEST

START_TEST(who_found_no_room_comes_in_when_another_is_answered_and_closed)
{
    static const struct http_header close_header = { "Connection", "close" };
    struct bench bench;
    int clients[CONNECTIONS_MAX + 1];
    bench_init(&bench);
    for (int i = 0; i <= CONNECTIONS_MAX; i++)
        clients[i] = connect_client(&bench);
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        ask(&bench, clients[i]);
    send_request(clients[CONNECTIONS_MAX]);
    http_exchange_reply(
        bench.asked,
        &(struct http_reply){ .status = 200, .headers = &close_header, .header_count = 1 });
    do
        uv_run(loop_uv(bench.loop), UV_RUN_NOWAIT);
    while (bench.count == CONNECTIONS_MAX && is_woken(&bench, PATIENCE_MS));
    ck_assert_int_eq(bench.count, CONNECTIONS_MAX + 1);
    bench_clear(&bench);
    for (int i = 0; i <= CONNECTIONS_MAX; i++)
        close(clients[i]);
}
END_TEST

static unsigned connection_count(const struct bench *bench)
{
    return MHD_get_daemon_info(bench->server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
        ->num_connections;
}

/* libmicrohttpd reads the bytes, and is told of the end no more. More of them than the server asks
 * the kernel for at once; one whose request is whole has its answer first. */
START_TEST(a_crowd_that_leaves_behind_half_a_request_is_let_go_at_once)
{
    struct bench bench = { .loop = loop_create(),
                           .connections_max = CROWD + 1,
                           .idle_ms = NEVER_MS };
    int clients[CROWD];
    char answer[4096];
    bench.server = start(&bench, 0);
    ck_assert_ptr_nonnull(bench.server);
    int whole = connect_client(&bench);
    struct http_exchange *exchange = ask(&bench, whole);
    for (int i = 0; i < CROWD; i++)
        clients[i] = connect_client(&bench);
    while (connection_count(&bench) < CROWD + 1)
        uv_run(loop_uv(bench.loop), UV_RUN_NOWAIT);
    shutdown(whole, SHUT_WR);
    for (int i = 0; i < CROWD; i++) {
        ck_assert_int_eq(send(clients[i], "GET / HT", 8, 0), 8);
        shutdown(clients[i], SHUT_WR);
    }
    while (connection_count(&bench) > 1)
        uv_run(loop_uv(bench.loop), UV_RUN_NOWAIT);
    http_exchange_reply(exchange, &(struct http_reply){ .status = 200 });
    while (connection_count(&bench) > 0)
        uv_run(loop_uv(bench.loop), UV_RUN_NOWAIT);
    ck_assert_int_gt(recv(whole, answer, sizeof(answer), 0), 0);
    bench_clear(&bench);
    for (int i = 0; i < CROWD; i++)
        close(clients[i]);
    close(whole);
}
END_TEST

/* Its number may be another's by then: a connection's, or a file's of the store. */
START_TEST(a_server_drained_twice_closes_its_socket_once)
{
    struct bench bench;
    bench_init(&bench);
    int listening = MHD_get_daemon_info(bench.server->daemon, MHD_DAEMON_INFO_LISTEN_FD)->listen_fd;
    http_server_drain(bench.server);
    ck_assert_int_eq(dup2(STDERR_FILENO, listening), listening);
    http_server_drain(bench.server);
    ck_assert_int_ne(fcntl(listening, F_GETFD), -1);
    bench_clear(&bench);
    ck_assert_int_eq(close(listening), 0);
}
END_TEST

/* Who starts one for a function waits for descriptors, and for nothing else. */
START_TEST(a_server_that_cannot_start_leaves_the_reason_in_errno)
{
    struct bench bench;
    bench_init(&bench);
    ck_assert_ptr_null(start(&bench, http_server_port(bench.server)));
    ck_assert_int_eq(errno, EADDRINUSE);
    rlim_t before = limit_use_up_descriptors();
    ck_assert_ptr_null(start(&bench, 0));
    ck_assert_int_eq(errno, EMFILE);
    rlim_t used_up = limit_set(RLIMIT_NOFILE, before);
    limit_set(RLIMIT_NOFILE, used_up + 1); /* enough for the socket that listens */
    ck_assert_ptr_null(start(&bench, 0));
    ck_assert_int_eq(errno, EMFILE);
    limit_set(RLIMIT_NOFILE, before);
    bench_clear(&bench);
}
END_TEST

SUITE("http_parking", one_left_behind_goes_with_its_reply,
      one_left_behind_goes_when_what_it_changed_is_saved_or_not,
      one_whose_reply_is_held_can_be_left_behind, a_stream_left_behind_goes_with_its_end,
      a_stream_without_a_client_keeps_nobody_from_lingering, a_server_ends_with_one_left_behind,
      a_server_that_ends_hands_over_no_request_that_becomes_whole,
      a_connection_is_watched_after_its_reply_while_others_linger,
      who_found_no_room_comes_in_when_another_is_answered_and_closed,
      a_crowd_that_leaves_behind_half_a_request_is_let_go_at_once,
      a_server_drained_twice_closes_its_socket_once,
      a_server_that_cannot_start_leaves_the_reason_in_errno)
