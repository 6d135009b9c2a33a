/*
 * The limit that libmicrohttpd and the kernel set to invocations: every request's body goes to a
 * child through a pipe, and what the child sends back is the answer. One thread, requests suspended
 * while they wait, as in emulator/http/server.c; no routes, no log, no metrics, nothing durable,
 * and the child does nothing. Prints its port, and ends when its standard input does.
 */
#include <microhttpd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "compiler.h"

enum { CHILDREN = 2, BODY_MAX = 1024, CONNECTION_MEMORY = 64 * 1024 };

struct frame {
    uint32_t size;
    char body[BODY_MAX];
};

struct request {
    struct MHD_Connection *connection;
    struct request *next; /* of those that wait for a child */
    struct frame frame;
    bool is_answered;
};

static struct child {
    int events_fd;
    int answers_fd;
    struct request *request; /* NULL: idle */
} children[CHILDREN];

static struct request *first;
static struct request **last = &first;

static size_t frame_size(const struct frame *frame)
{
    return sizeof(frame->size) + frame->size;
}

/* Frames are smaller than what a pipe takes and gives in one piece. */
static void serve_child(int events_fd, int answers_fd)
{
    struct frame frame;
    while (read(events_fd, &frame, sizeof(frame)) > 0)
        if (write(answers_fd, &frame, frame_size(&frame)) < 0)
            break;
    _exit(0);
}

static void start_child(struct child *child)
{
    int events[2];
    int answers[2];
    if (pipe(events) != 0 || pipe(answers) != 0)
        exit(1);
    pid_t pid = fork();
    if (pid < 0)
        exit(1);
    if (pid == 0) {
        for (struct child *other = children; other <= child; other++)
            close(other->events_fd);
        close(events[1]);
        serve_child(events[0], answers[1]);
    }
    close(events[0]);
    close(answers[1]);
    child->events_fd = events[1];
    child->answers_fd = answers[0];
}

static void hand_over(void)
{
    for (struct child *child = children; first && child < children + CHILDREN; child++) {
        if (child->request)
            continue;
        child->request = first;
        first = first->next;
        if (!first)
            last = &first;
        struct frame *frame = &child->request->frame;
        if (write(child->events_fd, frame, frame_size(frame)) < 0)
            exit(1);
    }
}

static void take_answer(struct child *child)
{
    struct request *request = child->request;
    if (read(child->answers_fd, &request->frame, sizeof(request->frame)) <= 0)
        exit(1);
    child->request = NULL;
    request->is_answered = true;
    MHD_resume_connection(request->connection);
}

static enum MHD_Result answer(struct request *request)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        request->frame.size, request->frame.body, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result queued = MHD_queue_response(request->connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result on_access(void *owner UNUSED, struct MHD_Connection *connection,
                                 const char *url UNUSED, const char *method UNUSED,
                                 const char *version UNUSED, const char *data, size_t *size,
                                 void **context)
{
    struct request *request = *context;
    if (!request) {
        *context = request = calloc(1, sizeof(*request));
        if (!request)
            return MHD_NO;
        request->connection = connection;
        return MHD_YES;
    }
    if (*size) {
        if (request->frame.size + *size > BODY_MAX)
            return MHD_NO;
        memcpy(request->frame.body + request->frame.size, data, *size);
        request->frame.size += (uint32_t)*size;
        *size = 0;
        return MHD_YES;
    }
    if (request->is_answered)
        return answer(request);
    MHD_suspend_connection(connection);
    *last = request;
    last = &request->next;
    return MHD_YES;
}

static void on_completed(void *owner UNUSED, struct MHD_Connection *connection UNUSED,
                         void **context, enum MHD_RequestTerminationCode code UNUSED)
{
    free(*context);
}

static void run(struct MHD_Daemon *daemon)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    do {
        MHD_run(daemon);
        hand_over();
    } while (MHD_get_timeout(daemon, &timeout_ms) == MHD_YES && timeout_ms == 0);
}

static void watch(int epoll_fd, int fd, void *what)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = what };
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        exit(1);
}

static void serve(struct MHD_Daemon *daemon)
{
    static char input;
    struct epoll_event events[CHILDREN + 2];
    int epoll_fd = epoll_create1(0);
    watch(epoll_fd, MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, daemon);
    watch(epoll_fd, STDIN_FILENO, &input);
    for (struct child *child = children; child < children + CHILDREN; child++)
        watch(epoll_fd, child->answers_fd, child);
    for (;;) {
        int count = epoll_wait(epoll_fd, events, CHILDREN + 2, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == &input)
                return;
            if (events[i].data.ptr != daemon)
                take_answer(events[i].data.ptr);
        }
        run(daemon);
    }
}

int main(void)
{
    for (struct child *child = children; child < children + CHILDREN; child++)
        start_child(child);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_access, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
    if (!daemon)
        return 1;
    printf("%d\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    serve(daemon);
    return 0; /* requests may be suspended, which MHD_stop_daemon() does not forgive */
}
