/*
 * runtime_loop BOOTSTRAP SECONDS: the Runtime API with nothing around it. Whenever the program asks
 * for the next event it gets one, so both are busy all the time; no front, no log, no states.
 * Prints how many events were answered per second.
 */
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "compiler.h"

enum { CONNECTION_MEMORY = 64 * 1024 }; /* as in emulator/http/server.c */

static const char event[] = "{\"name\": \"canary\", \"count\": 3}";
static unsigned long answered;

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, const char *body)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(body), (void *)body, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "application/json");
    if (body == event) {
        MHD_add_response_header(response, "Lambda-Runtime-Aws-Request-Id",
                                "8476a536-e9f4-11e8-9739-2dfe598c3fcd");
        MHD_add_response_header(response, "Lambda-Runtime-Deadline-Ms", "1542409706888");
        MHD_add_response_header(response, "Lambda-Runtime-Invoked-Function-Arn",
                                "arn:aws:lambda:us-east-1:000000000000:function:f");
        MHD_add_response_header(response, "Lambda-Runtime-Trace-Id",
                                "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;"
                                "Sampled=0;Lineage=1:38a5ab94:0");
    }
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result on_access(void *owner UNUSED, struct MHD_Connection *connection,
                                 const char *url UNUSED, const char *method,
                                 const char *version UNUSED, const char *data UNUSED, size_t *size,
                                 void **context)
{
    bool is_first = !*context;
    *context = connection;
    if (is_first || *size) {
        *size = 0;
        return MHD_YES;
    }
    if (strcmp(method, "GET") == 0)
        return reply(connection, MHD_HTTP_OK, event);
    answered++;
    return reply(connection, MHD_HTTP_ACCEPTED, "{\"status\":\"OK\"}");
}

static void on_completed(void *owner UNUSED, struct MHD_Connection *connection UNUSED,
                         void **context, enum MHD_RequestTerminationCode code UNUSED)
{
    *context = NULL;
}

static pid_t start(const char *bootstrap, int port)
{
    char place[64];
    snprintf(place, sizeof(place), "127.0.0.1:%d", port);
    setenv("AWS_LAMBDA_RUNTIME_API", place, 1);
    pid_t pid = fork();
    if (pid == 0) {
        execl(bootstrap, bootstrap, (char *)NULL);
        _exit(1);
    }
    return pid;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void serve(struct MHD_Daemon *daemon, double end_s)
{
    int epoll = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    struct pollfd watched = { epoll, POLLIN, 0 };
    while (now_s() < end_s && poll(&watched, 1, 1000) >= 0) {
        MHD_UNSIGNED_LONG_LONG timeout_ms;
        do
            MHD_run(daemon);
        while (MHD_get_timeout(daemon, &timeout_ms) == MHD_YES && timeout_ms == 0);
    }
}

int main(int count, char **arguments)
{
    if (count != 3)
        return 2;
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, on_access, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
    if (!daemon)
        return 1;
    double seconds = strtod(arguments[2], NULL);
    pid_t pid = start(arguments[1], MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    serve(daemon, now_s() + seconds);
    kill(pid, SIGKILL);
    printf("%.0f\n", (double)answered / seconds);
    MHD_stop_daemon(daemon);
    return 0;
}
