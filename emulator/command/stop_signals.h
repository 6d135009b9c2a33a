/*
 * The signals that ask a command to end: SIGINT, SIGTERM, and SIGHUP (the terminal was closed).
 */
#ifndef COALMINE_STOP_SIGNALS_H
#define COALMINE_STOP_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/signalfd.h>

/* Fills the set, for the command to block before it does anything else, so that one which comes
 * before it listens does not end it where it stands: it waits. A hangup that is ignored, as under
 * nohup, is left out: blocked, it would come all the same. With `has_child` SIGQUIT is among them:
 * what a child makes of it, a dump of its threads perhaps, is no reason to end. Threads that are
 * started must block them, too. */
void stop_signals_fill(sigset_t *signals_out, bool has_child);

/* Blocks them for the rest of this process, and gives the descriptor, not waited for, on which they
 * come: one that comes when nobody listens any more does not end what is still to be done. -1 if
 * that cannot be, which is said. `before_out` (may be NULL) gets what was blocked until then. */
int stop_signals_open(const char *complainer, bool has_child, sigset_t *before_out);
/* False: none has come. */
bool stop_signals_read(int fd, struct signalfd_siginfo *signal_out);

/* Ctrl-C and Ctrl-\ in a terminal send SIGINT and SIGQUIT to a command's child as well: it needs
 * none from us. `code` is si_code, or ssi_code. */
bool stop_signals_reach_child(int number, int32_t code);

#endif
