/*
 * HTTP by libcurl, for endpoints that need TLS or are not on this machine: its sockets are watched
 * by our own epoll, handles and connections are used again.
 */
#include <curl/curl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "aws/http.h"
#include "clock.h"
#include "traffic/transport.h"
#include "xalloc.h"

enum { EVENTS = 64 };

struct slot {
    CURL *handle;
    struct curl_slist *headers;
    struct reply reply;
    int64_t due_us;
};

struct pool {
    struct signer *signer;
    struct transport_owner owner;
    CURLM *multi;
    struct slot *slots;
    size_t slot_count;
    size_t *idle;
    size_t idle_count;
    char *url;
    int poller;
    int64_t timer_us; /* when libcurl wants to be called; -1: never */
};

static int on_socket(CURL *handle, curl_socket_t socket, int what, void *owner, void *mark)
{
    (void)handle;
    struct pool *pool = owner;
    struct epoll_event event = { .events = (what & CURL_POLL_IN ? EPOLLIN : 0u) |
                                           (what & CURL_POLL_OUT ? EPOLLOUT : 0u),
                                 .data.fd = socket };
    if (what == CURL_POLL_REMOVE)
        epoll_ctl(pool->poller, EPOLL_CTL_DEL, socket, NULL);
    else
        epoll_ctl(pool->poller, mark ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
    curl_multi_assign(pool->multi, socket, what == CURL_POLL_REMOVE ? NULL : pool);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *owner)
{
    (void)multi;
    struct pool *pool = owner;
    pool->timer_us = timeout_ms < 0 ? -1 : clock_monotonic_us() + timeout_ms * 1000;
    return 0;
}

static size_t on_header(char *data, size_t size, size_t count, void *owner)
{
    struct reply *reply = owner;
    struct text line = { data, size * count };
    while (line.size && (line.data[line.size - 1] == '\r' || line.data[line.size - 1] == '\n'))
        line.size--;
    /* libcurl frames the body itself. */
    if (strncasecmp(line.data, "x-amz", line.size < 5 ? line.size : 5) == 0)
        reply_header(reply, line);
    return size * count;
}

static size_t on_body(char *data, size_t size, size_t count, void *owner)
{
    struct reply *reply = owner;
    size_t room = REPLY_BODY_MAX - reply->body.size;
    buffer_add(&reply->body, data, size * count < room ? size * count : room);
    return size * count;
}

static void set_up(const struct pool *pool, struct slot *slot)
{
    slot->handle = curl_easy_init();
    if (!slot->handle)
        abort();
    curl_easy_setopt(slot->handle, CURLOPT_URL, pool->url);
    curl_easy_setopt(slot->handle, CURLOPT_POST, 1L);
    curl_easy_setopt(slot->handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(slot->handle, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(slot->handle, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(slot->handle, CURLOPT_TIMEOUT_MS, (long)EXCHANGE_TIMEOUT_MS);
    curl_easy_setopt(slot->handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(slot->handle, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(slot->handle, CURLOPT_HEADERDATA, &slot->reply);
    curl_easy_setopt(slot->handle, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(slot->handle, CURLOPT_WRITEDATA, &slot->reply);
    curl_easy_setopt(slot->handle, CURLOPT_PRIVATE, slot);
    http_trust(slot->handle, pool->signer->profile->authorities);
}

static void add_line(struct curl_slist **list, struct text line)
{
    CLEANUP(freep) char *copy = xstrndup(line.data, line.size);
    *list = curl_slist_append(*list, copy);
    if (!*list)
        abort();
}

/* The signed head's lines as libcurl takes them: without those that it writes itself. */
static struct curl_slist *header_list(struct text head)
{
    struct curl_slist *list = NULL;
    text_cut(&head, '\n');
    while (head.size > 2) {
        struct text line = text_cut(&head, '\n');
        line.size -= line.size > 0; /* the carriage return */
        if (!text_starts_with(line, "content-length:"))
            add_line(&list, line);
    }
    add_line(&list, TEXT("Expect:")); /* else it waits for 100 Continue */
    return list;
}

static void pool_send(void *transport, size_t payload, int64_t due_us)
{
    struct pool *pool = transport;
    struct slot *slot = &pool->slots[pool->idle[--pool->idle_count]];
    struct text body = pool->signer->payloads[payload];
    if (!slot->handle)
        set_up(pool, slot);
    reply_reset(&slot->reply);
    curl_slist_free_all(slot->headers);
    slot->due_us = due_us;
    slot->headers = header_list(signer_head(pool->signer, payload, clock_true_ms()));
    curl_easy_setopt(slot->handle, CURLOPT_HTTPHEADER, slot->headers);
    curl_easy_setopt(slot->handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
    curl_easy_setopt(slot->handle, CURLOPT_POSTFIELDS, body.data ? body.data : "");
    curl_multi_add_handle(pool->multi, slot->handle);
}

static void finish(struct pool *pool, struct slot *slot, CURLcode code)
{
    long status = 0;
    curl_easy_getinfo(slot->handle, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(pool->multi, slot->handle);
    slot->reply.status = code == CURLE_OK ? (int)status : 0;
    const struct outcome outcome = { slot->due_us, &slot->reply,
                                     code == CURLE_OK ? NULL : curl_easy_strerror(code) };
    pool->idle[pool->idle_count++] = (size_t)(slot - pool->slots);
    pool->owner.on_outcome(&outcome, pool->owner.owner);
}

static void tell_outcomes(struct pool *pool)
{
    int left;
    const CURLMsg *message;
    while ((message = curl_multi_info_read(pool->multi, &left))) {
        struct slot *slot = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
        finish(pool, slot, code);
    }
}

static void pool_wait(void *transport, int64_t timeout_us)
{
    struct pool *pool = transport;
    struct epoll_event events[EVENTS];
    int running;
    int64_t now_us = clock_monotonic_us();
    if (pool->timer_us >= 0 && pool->timer_us - now_us < timeout_us)
        timeout_us = pool->timer_us - now_us;
    int count = epoll_wait_us(pool->poller, events, EVENTS, timeout_us);
    for (int i = 0; i < count; i++) {
        int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(pool->multi, events[i].data.fd, what, &running);
    }
    if (pool->timer_us >= 0 && clock_monotonic_us() >= pool->timer_us) {
        pool->timer_us = -1;
        curl_multi_socket_action(pool->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    tell_outcomes(pool);
}

static void *pool_create(struct signer *signer, size_t concurrency,
                         const struct transport_owner *owner)
{
    struct pool *pool = xcalloc(1, sizeof(*pool));
    pool->signer = signer;
    pool->owner = *owner;
    pool->timer_us = -1;
    pool->slots = xcalloc(concurrency, sizeof(*pool->slots));
    pool->slot_count = concurrency;
    pool->idle = xcalloc(concurrency, sizeof(*pool->idle));
    for (size_t i = concurrency; i-- > 0;)
        pool->idle[pool->idle_count++] = i;
    pool->url = xformat("%s%s?%s", signer->origin, signer->path, signer->query);
    pool->poller = epoll_create1(EPOLL_CLOEXEC);
    pool->multi = curl_multi_init();
    if (pool->poller < 0 || !pool->multi)
        abort();
    curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, (long)concurrency);
    curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
    curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
    return pool;
}

static void pool_destroy(void *transport)
{
    struct pool *pool = transport;
    for (size_t i = 0; i < pool->slot_count; i++) {
        if (pool->slots[i].handle)
            curl_multi_remove_handle(pool->multi, pool->slots[i].handle);
        curl_easy_cleanup(pool->slots[i].handle);
        curl_slist_free_all(pool->slots[i].headers);
        reply_clear(&pool->slots[i].reply);
    }
    curl_multi_cleanup(pool->multi);
    close(pool->poller);
    free(pool->url);
    free(pool->slots);
    free(pool->idle);
    free(pool);
}

const struct transport_kind curl_transport = { pool_create, pool_send, pool_wait, pool_destroy };
