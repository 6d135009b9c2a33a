/* plain: where requests go without a resolver. */
#include "traffic/transport.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/suite.h"
#include "xalloc.h"

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

static int listen_here(unsigned *port_out)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(fd, 4), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port_out = ntohs(address.sin_port);
    return fd;
}

static void on_outcome(const struct outcome *outcome, void *owner)
{
    snprintf(owner, 160, "%s", outcome->failure ? outcome->failure : "answered");
}

/* What became of a request to a host of that name: the first word that came in, or the failure. */
static void ask(const char *host, int listener, unsigned port, char told_out[160])
{
    static char region[] = "eu-west-1", key_id[] = "AKIDEXAMPLE", secret[] = "secret";
    const struct text payload = TEXT("{}");
    struct signer signer;
    CLEANUP(freep) char *endpoint = xformat("http://%s:%u", host, port);
    const struct profile profile = { .region = region,
                                     .access_key_id = key_id,
                                     .secret_access_key = secret,
                                     .lambda_endpoint = endpoint,
                                     .is_local = true };
    const struct transport_owner owner = { on_outcome, told_out };
    *told_out = '\0';
    signer_init(&signer, &profile, "f", "live", false, &payload, 1);
    void *transport = plain_transport.create(&signer, 1, &owner);
    plain_transport.send(transport, 0, 0);
    if (!*told_out) { /* it is under way: after the connection that tried the address */
        close(accept(listener, NULL, NULL));
        int fd = accept(listener, NULL, NULL);
        plain_transport.wait(transport, 100000);
        ck_assert_int_eq(recv(fd, told_out, 4, MSG_WAITALL), 4);
        told_out[4] = '\0';
        close(fd);
    }
    plain_transport.destroy(transport);
    signer_clear(&signer);
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

SUITE("plain", localhost_is_this_machine_without_being_looked_up)
