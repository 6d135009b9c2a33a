/* plain: where requests go without a resolver, and how long they are waited for. */
#include "traffic/transport.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "support/suite.h"
#include "xalloc.h"

enum { AT_ONCE = 100 }; /* more than one look at the connections tells of */

/* In place of libc's, as a machine has it without a list of hosts and without a name server: only
 * addresses are found. */
int getaddrinfo(const char *name, const char *port, const struct addrinfo *hints,
                struct addrinfo **list_out)
{
    static struct sockaddr_in address;
    static struct addrinfo found;
    (void)hints;
    if (strcmp(name, "127.0.0.1") != 0)
        return EAI_NONAME;
    address = (struct sockaddr_in){ .sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                    .sin_port = htons((uint16_t)strtol(port, NULL, 10)) };
    found = (struct addrinfo){ .ai_family = AF_INET,
                               .ai_socktype = SOCK_STREAM,
                               .ai_addr = (struct sockaddr *)&address,
                               .ai_addrlen = sizeof(address) };
    *list_out = &found;
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

static void open_client(struct client *client, const char *host, unsigned port, size_t concurrency,
                        const struct transport_owner *owner)
{
    static char region[] = "eu-west-1", key_id[] = "AKIDEXAMPLE", secret[] = "secret";
    static const struct text payload = { "{}", 2 };
    client->endpoint = xformat("http://%s:%u", host, port);
    client->profile = (struct profile){ .region = region,
                                        .access_key_id = key_id,
                                        .secret_access_key = secret,
                                        .lambda_endpoint = client->endpoint,
                                        .is_local = true };
    signer_init(&client->signer, &client->profile, "f", "live", false, &payload, 1);
    client->transport = plain_transport.create(&client->signer, concurrency, owner);
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
    static const char *const names[] = { "localhost", "LocalHost", "lambda.localhost",
                                         "a.b.localhost", "127.0.0.1" };
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
    for (int s = 0; s < 61 && count.failed == 0; s++)
        pass_and_wait(&client, 1);
    ck_assert_int_eq(count.failed, 1);
    close(fd);
    close_client(&client);
    close(listener);
}
END_TEST

SUITE("plain", localhost_is_this_machine_without_being_looked_up,
      answers_that_came_while_it_was_stopped_are_read,
      who_has_not_been_answered_for_a_minute_has_failed)
