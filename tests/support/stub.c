/*
 * stub: an HTTP server that costs next to nothing, to measure load generators against. It answers
 * every request alike, as Lambda's GetAlias and Invoke would, and prints its port.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PENDING_MAX = 64 << 10, EVENTS = 64 };

static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "Content-Type: application/json\r\n"
                             "X-Amz-Executed-Version: 1\r\n"
                             "x-amzn-RequestId: 8f6c1b0e-0b3a-4c1e-9b52-5f3f0c7f1d11\r\n"
                             "Content-Length: 23\r\n\r\n"
                             "{\"FunctionVersion\":\"1\"}";

struct peer {
    int fd;
    size_t size;
    char pending[PENDING_MAX];
};

/* The size of the first request in the bytes; 0: it is not complete. */
static size_t request_size(const char *bytes, size_t size)
{
    const char *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t head = (size_t)(end - bytes) + 4;
    size_t body = 0;
    for (const char *line = bytes; line < end; line = strchr(line, '\n') + 1) {
        if (strncasecmp(line, "content-length:", 15) == 0)
            body = strtoul(line + 15, NULL, 10);
    }
    return head + body <= size ? head + body : 0;
}

static void serve(struct peer *peer)
{
    ssize_t got = recv(peer->fd, peer->pending + peer->size, PENDING_MAX - peer->size - 1, 0);
    if (got <= 0) {
        close(peer->fd);
        free(peer);
        return;
    }
    peer->size += (size_t)got;
    peer->pending[peer->size] = '\0';
    size_t taken;
    while ((taken = request_size(peer->pending, peer->size)) > 0) {
        send(peer->fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
        peer->size -= taken;
        memmove(peer->pending, peer->pending + taken, peer->size + 1);
    }
}

static void welcome(int listener, int poller)
{
    int yes = 1;
    struct peer *peer = malloc(sizeof(*peer));
    if (!peer)
        abort();
    peer->fd = accept(listener, NULL, NULL);
    peer->size = 0;
    setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = peer };
    epoll_ctl(poller, EPOLL_CTL_ADD, peer->fd, &event);
}

int main(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int poller = epoll_create1(0);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 128) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0 ||
        epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) != 0)
        return EXIT_FAILURE;
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr)
                serve(events[i].data.ptr);
            else
                welcome(listener, poller);
        }
    }
}
