/*
 * runtime_loop BOOTSTRAP COUNT SECONDS: the Runtime API alone, with no HTTP front, metrics or logs.
 * One thread hands the same event to COUNT processes of a custom runtime again and again, and
 * prints how many answers came in a second.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSES_MAX = 64, REQUEST_MAX = 64 * 1024 };

static const char event[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
    "Lambda-Runtime-Deadline-Ms: 1893456000000\r\n"
    "Lambda-Runtime-Invoked-Function-Arn: "
    "arn:aws:lambda:us-east-1:000000000000:function:C\r\n"
    "Content-Length: 30\r\n\r\n"
    "{\"name\": \"canary\", \"count\": 3}";
static const char accepted[] = "HTTP/1.1 202 Accepted\r\n"
                               "Content-Type: application/json\r\n"
                               "Content-Length: 16\r\n\r\n"
                               "{\"status\":\"OK\"}\n";

struct peer {
    size_t size;
    char bytes[REQUEST_MAX];
};

static struct peer peers[PROCESSES_MAX];

static void give_up(const char *what)
{
    perror(what);
    exit(1);
}

static int listen_somewhere(struct sockaddr_in *address)
{
    socklen_t size = sizeof(*address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *address =
        (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (fd < 0 || bind(fd, (struct sockaddr *)address, sizeof(*address)) != 0 ||
        listen(fd, PROCESSES_MAX) != 0 || getsockname(fd, (struct sockaddr *)address, &size) != 0)
        give_up("listen");
    return fd;
}

static pid_t start(const char *program)
{
    pid_t pid = fork();
    if (pid == 0) {
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    if (pid < 0)
        give_up("fork");
    return pid;
}

static int accept_one(int listener)
{
    int on = 1;
    int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        give_up("accept");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

/* The bytes of the first request, 0 if it is not there yet. */
static size_t request_size(const struct peer *peer)
{
    const char *end = memmem(peer->bytes, peer->size, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t head = (size_t)(end + 4 - peer->bytes);
    const char *length = memmem(peer->bytes, head, "Content-Length: ", 16);
    size_t size = head + (length ? strtoul(length + 16, NULL, 10) : 0);
    return size <= peer->size ? size : 0;
}

/* Answers what has come, in one write: how many answers of the function were among it. */
static long serve(int fd, struct peer *peer)
{
    char out[2 * sizeof(event) + 2 * sizeof(accepted)];
    size_t out_size = 0;
    long answers = 0;
    ssize_t count = read(fd, peer->bytes + peer->size, REQUEST_MAX - peer->size - 1);
    if (count <= 0)
        give_up("read");
    peer->size += (size_t)count;
    peer->bytes[peer->size] = '\0';
    for (size_t size; (size = request_size(peer)) > 0;) {
        int is_answer = peer->bytes[0] == 'P';
        const char *text = is_answer ? accepted : event;
        memcpy(out + out_size, text, strlen(text));
        out_size += strlen(text);
        answers += is_answer;
        peer->size -= size;
        memmove(peer->bytes, peer->bytes + size, peer->size + 1);
    }
    if (out_size && write(fd, out, out_size) != (ssize_t)out_size)
        give_up("write");
    return answers;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double rate_of(struct pollfd *watched, nfds_t count, double seconds)
{
    long answers = 0;
    double first = now();
    double last = first;
    for (; last - first < seconds; last = now()) {
        poll(watched, count, 1000);
        for (nfds_t i = 0; i < count; i++)
            if (watched[i].revents)
                answers += serve(watched[i].fd, &peers[i]);
    }
    return (double)answers / (last - first);
}

int main(int argc, char **argv)
{
    struct pollfd watched[PROCESSES_MAX];
    pid_t pids[PROCESSES_MAX];
    struct sockaddr_in address;
    char place[32];
    long count = argc == 4 ? strtol(argv[2], NULL, 10) : 0;
    if (count < 1 || count > PROCESSES_MAX) {
        fputs("usage: runtime_loop BOOTSTRAP COUNT SECONDS\n", stderr);
        return 2;
    }
    int listener = listen_somewhere(&address);
    snprintf(place, sizeof(place), "127.0.0.1:%d", ntohs(address.sin_port));
    setenv("AWS_LAMBDA_RUNTIME_API", place, 1);
    for (long i = 0; i < count; i++) {
        pids[i] = start(argv[1]);
        watched[i] = (struct pollfd){ .fd = accept_one(listener), .events = POLLIN };
    }
    printf("%.0f\n", rate_of(watched, (nfds_t)count, strtod(argv[3], NULL)));
    for (long i = 0; i < count; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
    return 0;
}
