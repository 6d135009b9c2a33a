#include "command/stop_signals.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void stop_signals_fill(sigset_t *signals_out, bool has_child)
{
    sigemptyset(signals_out);
    sigaddset(signals_out, SIGINT);
    sigaddset(signals_out, SIGTERM);
    if (has_child)
        sigaddset(signals_out, SIGQUIT);
    if (!is_ignored(SIGHUP))
        sigaddset(signals_out, SIGHUP);
}

int stop_signals_open(const char *complainer, bool has_child, sigset_t *before_out)
{
    sigset_t signals;
    stop_signals_fill(&signals, has_child);
    sigprocmask(SIG_BLOCK, &signals, before_out);
    int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        fprintf(stderr, "%s: cannot wait for signals: %s\n", complainer, strerror(errno));
    return fd;
}

bool stop_signals_read(int fd, struct signalfd_siginfo *signal_out)
{
    return read(fd, signal_out, sizeof(*signal_out)) == sizeof(*signal_out);
}

bool stop_signals_reach_child(int number, int32_t code)
{
    return (number == SIGINT || number == SIGQUIT) && code == SI_KERNEL;
}
