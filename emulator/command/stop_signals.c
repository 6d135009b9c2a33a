#include "command/stop_signals.h"

#include <stddef.h>

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

bool stop_signals_reach_child(int number, int32_t code)
{
    return (number == SIGINT || number == SIGQUIT) && code == SI_KERNEL;
}
