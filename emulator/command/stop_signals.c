#include "command/stop_signals.h"

#include <stddef.h>

static bool is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void stop_signals_block(sigset_t *signals_out, sigset_t *before_out)
{
    sigemptyset(signals_out);
    sigaddset(signals_out, SIGINT);
    sigaddset(signals_out, SIGTERM);
    if (!is_ignored(SIGHUP))
        sigaddset(signals_out, SIGHUP);
    sigprocmask(SIG_BLOCK, signals_out, before_out);
}

bool stop_signals_reach_child(int number, int32_t code)
{
    return number == SIGINT && code == SI_KERNEL;
}
