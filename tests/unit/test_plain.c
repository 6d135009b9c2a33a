/* plain: where requests go without a resolver, what their connections carry, and how long they are
 * waited for. */
#include "traffic/transport.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "support/suite.h"
#include "xalloc.h"

enum { AT_ONCE = 100 }; /* more than one look at the connections tells of */

static char asked_for[64]; /* which names and ports were looked up */

/* In place of libc's, as a machine has it without a list of hosts and without a name server: only
 * addresses are found; and two names of two addresses each: of "moved" the second one is good, of
 * "moving" the first. */
int getaddrinfo(const char *name, const char *port, const struct addrinfo *hints,
                struct addrinfo **list_out)
{
    static struct sockaddr_in addresses[2];
    static struct addrinfo found[2];
    (void)hints;
    size_t size = strlen(asked_for);
    snprintf(asked_for + size, sizeof(asked_for) - size, "%s %s;", name, port);
    bool is_address = strcmp(name, "127.0.0.1") == 0;
    bool has_two = strcmp(name, "moved") == 0 || strcmp(name, "moving") == 0;
    if (!is_address && !has_two)
        return EAI_NONAME;
    for (size_t i = 0; i < COUNT_OF(found); i++) {
        bool is_other = has_two && (i == 0) == (strcmp(name, "moved") == 0);
        addresses[i] = (struct sockaddr_in){ .sin_family = AF_INET,
                                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK + is_other),
                                             .sin_port = htons((uint16_t)strtol(port, NULL, 10)) };
        found[i] = (struct addrinfo){ .ai_family = AF_INET,
                                      .ai_socktype = SOCK_STREAM,
                                      .ai_addr = (struct sockaddr *)&addresses[i],
                                      .ai_addrlen = sizeof(addresses[i]),
                                      .ai_next = has_two && i == 0 ? &found[1] : NULL };
    }
    *list_out = found;
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    (void)list;
}

static int64_t passed_s; /* that the clock is ahead of the machine's */

/* Instead of the C library's. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    now->tv_sec += passed_s;
    return result;
}

static int listen_here(unsigned *port_out)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(fd, AT_ONCE), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port_out = ntohs(address.sin_port);
    return fd;
}

static void on_outcome(const struct outcome *outcome, void *owner)
{
    snprintf(owner, 160, "%s", outcome->failure ? outcome->failure : "answered");
}

struct client {
    char *endpoint;
    struct profile profile;
    struct signer signer;
    void *transport;
};

static const struct text usual = { "{}", 2 };

/* Owns the endpoint. */
static void open_at(struct client *client, char *endpoint, const struct text *payload,
                    size_t concurrency, const struct transport_owner *owner)
{
    static char region[] = "eu-west-1", key_id[] = "AKIDEXAMPLE", secret[] = "secret";
    client->endpoint = endpoint;
    client->profile = (struct profile){ .region = region,
                                        .access_key_id = key_id,
                                        .secret_access_key = secret,
                                        .lambda_endpoint = client->endpoint,
                                        .is_local = true };
    signer_init(&client->signer, &client->profile, "f", "live", false, payload, 1);
    client->transport = plain_transport.create(&client->signer, concurrency, owner);
}

static void open_client(struct client *client, const char *host, unsigned port, size_t concurrency,
                        const struct transport_owner *owner)
{
    open_at(client, xformat("http://%s:%u", host, port), &usual, concurrency, owner);
}

static void close_client(struct client *client)
{
    plain_transport.destroy(client->transport);
    signer_clear(&client->signer);
    free(client->endpoint);
}

/* What became of a request to a host of that name: the first word that came in, or the failure. */
static void ask(const char *host, int listener, unsigned port, char told_out[160])
{
    struct client client;
    const struct transport_owner owner = { on_outcome, told_out };
    *told_out = '\0';
    open_client(&client, host, port, 1, &owner);
    plain_transport.send(client.transport, 0, 0);
    if (!*told_out) { /* it is under way: after the connection that tried the address */
        close(accept(listener, NULL, NULL));
        int fd = accept(listener, NULL, NULL);
        plain_transport.wait(client.transport, 100000);
        ck_assert_int_eq(recv(fd, told_out, 4, MSG_WAITALL), 4);
        told_out[4] = '\0';
        close(fd);
    }
    close_client(&client);
}

START_TEST(localhost_is_this_machine_without_being_looked_up)
{
    static const char *const names[] = { "localhost",     "LocalHost", "lambda.localhost",
                                         "a.b.localhost", "127.0.0.1", "moved",
                                         "moving" };
    static const char *const others[] = { "localhosts", "mylocalhost", "localhost.example" };
    char told[160];
    unsigned port;
    int listener = listen_here(&port);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        ask(names[i], listener, port, told);
        ck_assert_msg(strcmp(told, "POST") == 0, "%s: %s", names[i], told);
    }
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        ask(others[i], listener, port, told);
        ck_assert_msg(strncmp(told, "cannot look up ", 15) == 0 && strstr(told, others[i]),
                      "%s: %s", others[i], told);
    }
    close(listener);
}
END_TEST

START_TEST(who_is_looked_up)
{
    static const struct {
        const char *endpoint;
        const char *asked_for;
    } rows[] = {
        { "http://10.0.0.9:4566", "10.0.0.9 4566;" },
        { "http://there", "there 80;" },
        { "http://there:81/prefix", "there 81;" },
        { "http://[fd00::9]:4566", "fd00::9 4566;" },
        { "http://[fd00::9]", "fd00::9 80;" },
        { "http://localhost:1", "::1 1;127.0.0.1 1;" },
    };
    char told[160];
    const struct transport_owner owner = { on_outcome, told };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct client client;
        *asked_for = '\0';
        open_at(&client, xstrdup(rows[i].endpoint), &usual, 1, &owner);
        ck_assert_str_eq(asked_for, rows[i].asked_for);
        close_client(&client);
    }
}
END_TEST

/* A client of one connection at a time, and what it was told last. */
struct exchange {
    struct client client;
    int listener;
    unsigned port;
    int count; /* of outcomes */
    int64_t due_us;
    int status;
    char failure[160];
};

static void on_end_of_exchange(const struct outcome *outcome, void *owner)
{
    struct exchange *exchange = owner;
    exchange->count++;
    exchange->due_us = outcome->due_us;
    exchange->status = outcome->reply->status;
    snprintf(exchange->failure, sizeof(exchange->failure), "%s",
             outcome->failure ? outcome->failure : "");
}

static void open_exchange(struct exchange *exchange, const struct text *payload, int backlog)
{
    *exchange = (struct exchange){ 0 };
    exchange->listener = listen_here(&exchange->port);
    const struct transport_owner owner = { on_end_of_exchange, exchange };
    ck_assert_int_eq(listen(exchange->listener, backlog), 0);
    open_at(&exchange->client, xformat("http://127.0.0.1:%u", exchange->port), payload, 1, &owner);
}

static void close_exchange(struct exchange *exchange)
{
    close_client(&exchange->client);
    close(exchange->listener);
}

static void ask_for(struct exchange *exchange, int64_t due_us)
{
    plain_transport.send(exchange->client.transport, 0, due_us);
}

static void go_on(struct exchange *exchange)
{
    plain_transport.wait(exchange->client.transport, 1000);
}

/* -1: there is none that waits. */
static int connection_that_waits(const struct exchange *exchange)
{
    struct pollfd listener = { .fd = exchange->listener, .events = POLLIN };
    return poll(&listener, 1, 0) == 1 ? accept(exchange->listener, NULL, NULL) : -1;
}

static int next_connection(struct exchange *exchange)
{
    int fd;
    while ((fd = connection_that_waits(exchange)) < 0)
        go_on(exchange);
    return fd;
}

/* The server's part: takes a whole request in; the caller owns it. */
static char *take_request(struct exchange *exchange, int fd, size_t body_size)
{
    struct buffer request = { 0 };
    char bytes[4096];
    size_t whole = SIZE_MAX;
    while (request.size < whole) {
        ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        ck_assert_msg(got > 0 || (got < 0 && errno == EAGAIN), "it ended: %zd", got);
        if (got > 0)
            buffer_add(&request, bytes, (size_t)got);
        else
            go_on(exchange);
        const char *head = request.size ? strstr(request.data, "\r\n\r\n") : NULL;
        if (head)
            whole = (size_t)(head - request.data) + 4 + body_size;
    }
    ck_assert_uint_eq(request.size, whole);
    ck_assert_int_eq(strncmp(request.data, "POST /2015-03-31/functions/f/invocations", 40), 0);
    return buffer_take(&request, NULL);
}

static void take_usual(struct exchange *exchange, int fd)
{
    free(take_request(exchange, fd, usual.size));
}

static void wait_for_outcome(struct exchange *exchange, int count)
{
    while (exchange->count < count)
        go_on(exchange);
    ck_assert_int_eq(exchange->count, count);
}

static void answer(int fd, const char *bytes)
{
    ck_assert_int_eq(send(fd, bytes, strlen(bytes), MSG_NOSIGNAL), (ssize_t)strlen(bytes));
}

static void check_gone(struct exchange *exchange, int fd)
{
    char byte;
    ssize_t got;
    while ((got = recv(fd, &byte, 1, MSG_DONTWAIT)) < 0 && errno == EAGAIN)
        go_on(exchange);
    ck_assert_int_le(got, 0);
    close(fd);
}

#define GOOD_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

/* The first request of a client, answered well: the connection stands. */
static int begin_well(struct exchange *exchange)
{
    close(accept(exchange->listener, NULL, NULL)); /* it tried the address */
    ask_for(exchange, 1);
    int fd = next_connection(exchange);
    take_usual(exchange, fd);
    answer(fd, GOOD_REPLY);
    wait_for_outcome(exchange, 1);
    ck_assert_str_eq(exchange->failure, "");
    return fd;
}

START_TEST(a_connection_is_used_again_if_the_answer_lets_it)
{
    static const struct {
        const char *reply;
        int status;
        bool ends; /* the server closes it */
        bool is_kept;
    } rows[] = {
        { GOOD_REPLY, 200, false, true },
        { "HTTP/1.1 100 Continue\r\n\r\n" GOOD_REPLY, 200, false, true },
        { "HTTP/1.1 204 No Content\r\n\r\n", 204, false, true },
        { "HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 500, false,
          true },
        { GOOD_REPLY "\n", 200, false, false }, /* what is that? */
        { "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", 200, false,
          false },
        { "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, false, false },
        { "HTTP/1.1 200 OK\r\n\r\n{}", 200, true, false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct exchange exchange;
        open_exchange(&exchange, &usual, AT_ONCE);
        int fd = begin_well(&exchange);
        ask_for(&exchange, 42);
        take_usual(&exchange, fd);
        answer(fd, rows[i].reply);
        if (rows[i].ends)
            shutdown(fd, SHUT_WR);
        wait_for_outcome(&exchange, 2);
        ck_assert_msg(exchange.status == rows[i].status && !*exchange.failure &&
                          exchange.due_us == 42,
                      "row %zu: %d, %s", i, exchange.status, exchange.failure);
        ask_for(&exchange, 43);
        int next = rows[i].is_kept ? fd : next_connection(&exchange);
        take_usual(&exchange, next);
        ck_assert_int_eq(connection_that_waits(&exchange), -1);
        if (!rows[i].is_kept)
            check_gone(&exchange, fd);
        close(next);
        close_exchange(&exchange);
    }
}
END_TEST

START_TEST(what_is_no_whole_answer_has_failed)
{
    static const char broken[] = "the connection ended before the answer did: ";
    static const struct {
        const char *reply;
        const char *failure;
    } rows[] = {
        { "", broken },
        { "HTTP/1.1 2", broken },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", broken },
        { "SSH-2.0-x\r\n\r\n", "the answer is not HTTP/1.1" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct exchange exchange;
        open_exchange(&exchange, &usual, AT_ONCE);
        close(accept(exchange.listener, NULL, NULL));
        ask_for(&exchange, 1);
        int fd = next_connection(&exchange);
        take_usual(&exchange, fd);
        answer(fd, rows[i].reply);
        close(fd);
        wait_for_outcome(&exchange, 1);
        ck_assert_msg(strncmp(exchange.failure, rows[i].failure, strlen(rows[i].failure)) == 0,
                      "row %zu: %s", i, exchange.failure);
        ck_assert_int_eq(exchange.status, 0);
        ck_assert_int_eq(connection_that_waits(&exchange), -1); /* nothing was sent twice */
        ask_for(&exchange, 2);
        fd = next_connection(&exchange);
        take_usual(&exchange, fd);
        answer(fd, GOOD_REPLY);
        wait_for_outcome(&exchange, 2);
        ck_assert_str_eq(exchange.failure, "");
        close(fd);
        close_exchange(&exchange);
    }
}
END_TEST

/* A server may end it when it likes, also while the next request is on its way. */
START_TEST(what_meets_the_end_of_a_kept_connection_is_sent_once_more)
{
    static const struct {
        bool is_known; /* that it has ended, before the request */
        int tries;     /* which do not get an answer */
        bool is_good;
    } rows[] = { { false, 1, true }, { false, 2, false }, { true, 0, true }, { true, 1, false } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct exchange exchange;
        open_exchange(&exchange, &usual, AT_ONCE);
        int fd = begin_well(&exchange);
        for (int times = 1; times <= (rows[i].is_good ? 2 : 1); times++) { /* of each request */
            if (rows[i].is_known) {
                shutdown(fd, SHUT_WR);
                check_gone(&exchange, fd);
            }
            ask_for(&exchange, 2);
            if (rows[i].is_known)
                fd = next_connection(&exchange);
            for (int k = 0; k < rows[i].tries; k++) {
                take_usual(&exchange, fd);
                close(fd);
                if (rows[i].is_good || k + 1 < rows[i].tries)
                    fd = next_connection(&exchange);
            }
            if (rows[i].is_good) {
                take_usual(&exchange, fd);
                answer(fd, GOOD_REPLY);
            }
            wait_for_outcome(&exchange, times + 1);
            ck_assert_msg((*exchange.failure == '\0') == rows[i].is_good, "row %zu: %s", i,
                          exchange.failure);
            ck_assert_int_eq(connection_that_waits(&exchange), -1);
        }
        if (rows[i].is_good)
            close(fd);
        close_exchange(&exchange);
    }
}
END_TEST

START_TEST(what_nobody_asked_for_answers_nothing)
{
    struct exchange exchange;
    open_exchange(&exchange, &usual, AT_ONCE);
    int fd = begin_well(&exchange);
    answer(fd, GOOD_REPLY);
    check_gone(&exchange, fd);
    ask_for(&exchange, 2);
    fd = next_connection(&exchange);
    take_usual(&exchange, fd);
    ck_assert_int_eq(exchange.count, 1);
    close(fd);
    close_exchange(&exchange);
}
END_TEST

/* More than a socket takes at once; who is answered before all of it is sent sends no more. */
START_TEST(a_large_payload_goes_out_in_pieces)
{
    enum { LARGE = 6 << 20 };
    CLEANUP(freep) char *bytes = xmalloc(LARGE);
    const struct text payload = { bytes, LARGE };
    struct exchange exchange;
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (char)('0' + i * 7 / 5 % 61);
    open_exchange(&exchange, &payload, AT_ONCE);
    close(accept(exchange.listener, NULL, NULL));
    ask_for(&exchange, 1);
    int fd = next_connection(&exchange);
    for (int i = 1; i <= 2; i++) { /* on a new connection, and on one that stands */
        CLEANUP(freep) char *request = take_request(&exchange, fd, LARGE);
        ck_assert(memcmp(strstr(request, "\r\n\r\n") + 4, bytes, LARGE) == 0);
        answer(fd, GOOD_REPLY);
        wait_for_outcome(&exchange, i);
        ck_assert_str_eq(exchange.failure, "");
        ask_for(&exchange, i + 1);
    }
    answer(fd, GOOD_REPLY);
    wait_for_outcome(&exchange, 3);
    ck_assert_int_eq(exchange.status, 200);
    ask_for(&exchange, 4);
    close(next_connection(&exchange));
    close(fd);
    close_exchange(&exchange);
}
END_TEST

START_TEST(where_nobody_listens_nothing_is_sent)
{
    struct exchange exchange;
    open_exchange(&exchange, &usual, AT_ONCE);
    close(exchange.listener);
    for (int i = 1; i <= 2; i++) {
        ask_for(&exchange, i);
        wait_for_outcome(&exchange, i);
        ck_assert_str_eq(exchange.failure, "cannot connect: Connection refused");
    }
    close_client(&exchange.client);
}
END_TEST

struct count {
    int answered;
    int failed;
};

static void count_outcome(const struct outcome *outcome, void *owner)
{
    struct count *count = owner;
    count->answered += !outcome->failure;
    count->failed += outcome->failure != NULL;
}

/* Sends so many, and takes them in. */
static void send_all(struct client *client, int listener, int count, int *fds_out)
{
    close(accept(listener, NULL, NULL)); /* it tried the address */
    for (int i = 0; i < count; i++) {
        plain_transport.send(client->transport, 0, 0);
        fds_out[i] = accept(listener, NULL, NULL);
        ck_assert_int_ge(fds_out[i], 0);
    }
}

static void pass_and_wait(const struct client *client, int64_t seconds)
{
    passed_s += seconds;
    plain_transport.wait(client->transport, 1);
}

/* Whatever looks at them first: all have been answered before the minute was over. */
START_TEST(answers_that_came_while_it_was_stopped_are_read)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    struct count count = { 0 };
    const struct transport_owner owner = { count_outcome, &count };
    struct client client;
    int fds[AT_ONCE];
    unsigned port;
    int listener = listen_here(&port);
    open_client(&client, "127.0.0.1", port, AT_ONCE, &owner);
    send_all(&client, listener, AT_ONCE, fds);
    for (int i = 0; i < AT_ONCE; i++)
        ck_assert_int_eq(send(fds[i], reply, strlen(reply), MSG_NOSIGNAL), (ssize_t)strlen(reply));
    pass_and_wait(&client, 61);
    while (count.answered + count.failed < AT_ONCE)
        plain_transport.wait(client.transport, 1000);
    ck_assert_int_eq(count.failed, 0);
    for (int i = 0; i < AT_ONCE; i++)
        close(fds[i]);
    close_client(&client);
    close(listener);
}
END_TEST

START_TEST(who_has_not_been_answered_for_a_minute_has_failed)
{
    struct count count = { 0 };
    const struct transport_owner owner = { count_outcome, &count };
    struct client client;
    int fd;
    unsigned port;
    int listener = listen_here(&port);
    open_client(&client, "127.0.0.1", port, 1, &owner);
    send_all(&client, listener, 1, &fd);
    for (int s = 0; s < 59; s++)
        pass_and_wait(&client, 1);
    ck_assert_int_eq(count.failed, 0);
    for (int s = 0; s < 2; s++)
        pass_and_wait(&client, 1);
    ck_assert_int_eq(count.failed, 1);
    close(fd);
    close_client(&client);
    close(listener);
}
END_TEST

/* Its queue is full, with the connection that tried the address. */
START_TEST(who_does_not_take_the_connection_has_ten_seconds)
{
    struct exchange exchange;
    open_exchange(&exchange, &usual, 0);
    ask_for(&exchange, 1);
    for (int s = 0; s < 9; s++)
        pass_and_wait(&exchange.client, 1);
    ck_assert_int_eq(exchange.count, 0);
    for (int s = 0; s < 2; s++)
        pass_and_wait(&exchange.client, 1);
    ck_assert_int_eq(exchange.count, 1);
    ck_assert_str_eq(exchange.failure, "no answer: Connection timed out");
    close_exchange(&exchange);
}
END_TEST

SUITE("plain", localhost_is_this_machine_without_being_looked_up, who_is_looked_up,
      a_connection_is_used_again_if_the_answer_lets_it, what_is_no_whole_answer_has_failed,
      what_meets_the_end_of_a_kept_connection_is_sent_once_more,
      what_nobody_asked_for_answers_nothing, a_large_payload_goes_out_in_pieces,
      where_nobody_listens_nothing_is_sent, who_does_not_take_the_connection_has_ten_seconds,
      answers_that_came_while_it_was_stopped_are_read,
      who_has_not_been_answered_for_a_minute_has_failed)
