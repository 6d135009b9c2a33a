/*
 * HTTP/1.1 over plain sockets, for endpoints on this machine: a write and a read for each request,
 * which is what keeps the generator from being the bottleneck (docs/traffic.md).
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "clock.h"
#include "traffic/transport.h"
#include "xalloc.h"

enum { READ_SIZE = 64 << 10, EVENTS = 64, FAILURE_SIZE = 160, SWEEP_US = 1000000 };
enum { STOOD_STILL_US = 3000000 }; /* waits are shorter */

struct slot {
    int fd; /* -1: no connection */
    bool is_busy;
    bool is_connecting;
    bool was_used;   /* the connection has carried an answer before */
    bool is_retried; /* a kept connection had died; this is the second try */
    bool waits_to_write;
    size_t payload;
    int64_t due_us;
    int64_t sent_us;
    struct buffer unsent;
    struct reply reply;
};

struct plain {
    struct signer *signer;
    struct transport_owner owner;
    struct slot *slots;
    size_t slot_count;
    size_t *idle; /* a stack of slots: the one used last is taken first */
    size_t idle_count;
    int poller;
    struct sockaddr_storage address;
    socklen_t address_size;
    char failure[FAILURE_SIZE]; /* of looking up the address; "": none */
    int64_t swept_us;
    char bytes[READ_SIZE];
};

int epoll_wait_us(int poller, struct epoll_event *events, int room, int64_t timeout_us)
{
    if (timeout_us <= 0 || timeout_us >= 100000)
        return epoll_wait(poller, events, room, timeout_us <= 0 ? 0 : (int)(timeout_us / 1000));
    const struct timespec wait = { timeout_us / 1000000, timeout_us % 1000000 * 1000 };
    struct pollfd watched = { .fd = poller, .events = POLLIN };
    if (ppoll(&watched, 1, &wait, NULL) <= 0)
        return 0;
    return epoll_wait(poller, events, room, 0);
}

static void finish(struct plain *plain, struct slot *slot, const char *failure)
{
    const struct outcome outcome = { slot->due_us, &slot->reply, failure };
    if (failure)
        slot->reply.status = 0;
    slot->is_busy = false;
    plain->idle[plain->idle_count++] = (size_t)(slot - plain->slots);
    plain->owner.on_outcome(&outcome, plain->owner.owner);
}

static void hang_up(struct slot *slot)
{
    if (slot->fd >= 0)
        close(slot->fd);
    slot->fd = -1;
    slot->was_used = false;
    slot->is_connecting = false;
    slot->waits_to_write = false;
    if (slot->unsent.size)
        buffer_drop(&slot->unsent, slot->unsent.size);
}

static void fail(struct plain *plain, struct slot *slot, const char *doing, int number)
{
    char failure[FAILURE_SIZE];
    snprintf(failure, sizeof(failure), "%s: %s", doing, strerror(number));
    hang_up(slot);
    finish(plain, slot, failure);
}

static void watch(struct plain *plain, struct slot *slot, int operation, bool waits_to_write)
{
    struct epoll_event event = { .events = EPOLLIN | (waits_to_write ? EPOLLOUT : 0u),
                                 .data.ptr = slot };
    epoll_ctl(plain->poller, operation, slot->fd, &event);
    slot->waits_to_write = waits_to_write;
}

static bool dial(struct plain *plain, struct slot *slot)
{
    int yes = 1;
    slot->fd = socket(plain->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (slot->fd < 0)
        return false;
    setsockopt(slot->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    if (connect(slot->fd, (const struct sockaddr *)&plain->address, plain->address_size) == 0)
        slot->is_connecting = false;
    else if (errno == EINPROGRESS)
        slot->is_connecting = true;
    else
        return false;
    watch(plain, slot, EPOLL_CTL_ADD, slot->is_connecting);
    return true;
}

static void write_rest(struct plain *plain, struct slot *slot)
{
    ssize_t sent =
        send(slot->fd, slot->unsent.data, slot->unsent.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) {
        watch(plain, slot, EPOLL_CTL_MOD, false); /* it may have been answered all the same */
        return;
    }
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        fail(plain, slot, "the request broke off", errno);
        return;
    }
    if (sent > 0)
        buffer_drop(&slot->unsent, (size_t)sent);
    if (slot->waits_to_write != (slot->unsent.size > 0))
        watch(plain, slot, EPOLL_CTL_MOD, slot->unsent.size > 0);
}

static void put_off(struct slot *slot, struct text bytes, size_t sent)
{
    if (sent < bytes.size)
        buffer_add(&slot->unsent, bytes.data + sent, bytes.size - sent);
}

static ssize_t send_both(int fd, struct text head, struct text body)
{
    struct iovec pieces[2] = { { (void *)(uintptr_t)head.data, head.size },
                               { (void *)(uintptr_t)body.data, body.size } };
    const struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 2 };
    return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Sends at once if the connection stands; else it goes out when it does. */
static void begin(struct plain *plain, struct slot *slot)
{
    if (slot->fd < 0 && !dial(plain, slot)) {
        fail(plain, slot, "cannot connect", errno);
        return;
    }
    struct text head = signer_head(plain->signer, slot->payload, clock_true_ms());
    struct text body = plain->signer->payloads[slot->payload];
    ssize_t sent = slot->is_connecting ? 0 : send_both(slot->fd, head, body);
    if (sent < 0)
        sent = 0; /* what is wrong, if it is more than a full socket, shows on the next look */
    size_t of_head = (size_t)sent < head.size ? (size_t)sent : head.size;
    put_off(slot, head, of_head);
    put_off(slot, body, (size_t)sent - of_head);
    if (slot->unsent.size && !slot->waits_to_write)
        watch(plain, slot, EPOLL_CTL_MOD, true);
}

static void plain_send(void *transport, size_t payload, int64_t due_us)
{
    struct plain *plain = transport;
    struct slot *slot = &plain->slots[plain->idle[--plain->idle_count]];
    slot->payload = payload;
    slot->due_us = due_us;
    slot->sent_us = clock_monotonic_us();
    slot->is_busy = true;
    slot->is_retried = false;
    reply_reset(&slot->reply);
    if (*plain->failure)
        finish(plain, slot, plain->failure);
    else
        begin(plain, slot);
}

/* A server may close a kept connection at any time: a request that met that is sent once more. */
static void on_closed(struct plain *plain, struct slot *slot, int number)
{
    bool is_worth_a_retry = slot->was_used && !slot->is_retried && slot->reply.seen == 0;
    if (!slot->is_busy) {
        hang_up(slot);
    } else if (number == 0 && reply_end(&slot->reply)) {
        hang_up(slot);
        finish(plain, slot, NULL);
    } else if (is_worth_a_retry) {
        hang_up(slot);
        slot->is_retried = true;
        begin(plain, slot);
    } else {
        fail(plain, slot, "the connection ended before the answer did",
             number ? number : ECONNRESET);
    }
}

static void on_bytes(struct plain *plain, struct slot *slot, size_t size)
{
    size_t taken = slot->is_busy ? reply_feed(&slot->reply, plain->bytes, size) : 0;
    bool is_done = slot->is_busy && slot->reply.state == REPLY_DONE;
    if (is_done && taken == size && !slot->reply.is_last && slot->unsent.size == 0) {
        slot->was_used = true;
        finish(plain, slot, NULL);
    } else if (is_done) {
        hang_up(slot);
        finish(plain, slot, NULL);
    } else if (!slot->is_busy) {
        hang_up(slot); /* an answer to nothing */
    } else if (slot->reply.state == REPLY_BAD) {
        hang_up(slot);
        finish(plain, slot, "the answer is not HTTP/1.1");
    }
}

static void on_event(struct plain *plain, struct slot *slot, uint32_t events)
{
    int number = 0;
    socklen_t size = sizeof(number);
    if (slot->is_connecting && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) {
        getsockopt(slot->fd, SOL_SOCKET, SO_ERROR, &number, &size);
        if (number) {
            fail(plain, slot, "cannot connect", number);
            return;
        }
        slot->is_connecting = false;
    }
    if ((events & EPOLLOUT) && slot->waits_to_write)
        write_rest(plain, slot);
    if (slot->fd < 0 || !(events & (EPOLLIN | EPOLLERR | EPOLLHUP)))
        return;
    ssize_t got = recv(slot->fd, plain->bytes, READ_SIZE, MSG_DONTWAIT);
    if (got > 0)
        on_bytes(plain, slot, (size_t)got);
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        on_closed(plain, slot, got == 0 ? 0 : errno);
}

/* Now and then: whoever has waited too long fails. If this process was stopped meanwhile (Ctrl-Z),
 * it may have been answered: there is time until the next look to read that. */
static void sweep(struct plain *plain)
{
    int64_t now_us = clock_monotonic_us();
    int64_t since_us = now_us - plain->swept_us;
    if (since_us < SWEEP_US)
        return;
    plain->swept_us = now_us;
    if (since_us > STOOD_STILL_US)
        return;
    for (size_t i = 0; i < plain->slot_count; i++) {
        struct slot *slot = &plain->slots[i];
        int64_t limit_ms = slot->is_connecting ? CONNECT_TIMEOUT_MS : EXCHANGE_TIMEOUT_MS;
        if (slot->is_busy && now_us - slot->sent_us > limit_ms * 1000)
            fail(plain, slot, "no answer", ETIMEDOUT);
    }
}

static void plain_wait(void *transport, int64_t timeout_us)
{
    struct plain *plain = transport;
    struct epoll_event events[EVENTS];
    int count = epoll_wait_us(plain->poller, events, EVENTS, timeout_us);
    for (int i = 0; i < count; i++) {
        struct slot *slot = events[i].data.ptr;
        if (slot->fd >= 0)
            on_event(plain, slot, events[i].events);
    }
    sweep(plain);
}

/* Keeps the address; true if it takes a connection. */
static bool try_address(struct plain *plain, const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_good = fd >= 0 && connect(fd, address->ai_addr, address->ai_addrlen) == 0;
    if (fd >= 0)
        close(fd);
    memcpy(&plain->address, address->ai_addr, address->ai_addrlen);
    plain->address_size = address->ai_addrlen;
    return is_good;
}

/* "localhost" and the names below it are this machine (RFC 6761). libcurl, which the other calls
 * are made by, knows that; but not every resolver does, and not every machine has one. */
static bool is_this_machine(const char *name)
{
    static const char below[] = ".localhost";
    size_t size = strlen(name);
    size_t end = sizeof(below) - 1;
    return strcasecmp(name, below + 1) == 0 ||
           (size > end && strcasecmp(name + size - end, below) == 0);
}

/* True if one of the name's addresses takes a connection; else the last of them is kept. */
static bool try_name(struct plain *plain, const char *name, const char *port)
{
    struct addrinfo *list = NULL;
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    int failure = getaddrinfo(name, port, &hints, &list);
    bool is_good = false;
    *plain->failure = '\0';
    if (failure)
        snprintf(plain->failure, sizeof(plain->failure), "cannot look up %s: %s", name,
                 gai_strerror(failure));
    for (const struct addrinfo *at = list; at && !is_good; at = at->ai_next)
        is_good = try_address(plain, at);
    if (list)
        freeaddrinfo(list);
    return is_good;
}

static void look_up(struct plain *plain)
{
    CLEANUP(freep) char *host = xstrdup(plain->signer->host);
    const char *name = host;
    char *port = strrchr(host, ':');
    if (port && strchr(port, ']'))
        port = NULL;
    if (port)
        *port++ = '\0';
    if (*host == '[') { /* an IPv6 address */
        name++;
        host[strcspn(host, "]")] = '\0';
    }
    port = port ? port : (char *)"80";
    if (!is_this_machine(name))
        try_name(plain, name, port);
    else if (!try_name(plain, "::1", port))
        try_name(plain, "127.0.0.1", port);
}

static void *plain_create(struct signer *signer, size_t concurrency,
                          const struct transport_owner *owner)
{
    struct plain *plain = xcalloc(1, sizeof(*plain));
    plain->signer = signer;
    plain->owner = *owner;
    plain->slots = xcalloc(concurrency, sizeof(*plain->slots));
    plain->slot_count = concurrency;
    plain->idle = xcalloc(concurrency, sizeof(*plain->idle));
    for (size_t i = concurrency; i-- > 0;) {
        plain->slots[i].fd = -1;
        plain->idle[plain->idle_count++] = i;
    }
    plain->poller = epoll_create1(EPOLL_CLOEXEC);
    if (plain->poller < 0)
        abort();
    look_up(plain);
    return plain;
}

static void plain_destroy(void *transport)
{
    struct plain *plain = transport;
    for (size_t i = 0; i < plain->slot_count; i++) {
        hang_up(&plain->slots[i]);
        buffer_clear(&plain->slots[i].unsent);
        reply_clear(&plain->slots[i].reply);
    }
    close(plain->poller);
    free(plain->slots);
    free(plain->idle);
    free(plain);
}

const struct transport_kind plain_transport = { plain_create, plain_send, plain_wait,
                                                plain_destroy };
