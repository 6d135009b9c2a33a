/*
 * The signals that ask a command to end: SIGINT, SIGTERM, and SIGHUP (the terminal was closed).
 */
#ifndef COALMINE_STOP_SIGNALS_H
#define COALMINE_STOP_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* Blocks them, so that one which comes before somebody listens does not end the command where it
 * stands: it waits. A hangup that is ignored, as under nohup, is left out: blocked, it would come
 * all the same. `before_out` is what was blocked until now. Before any thread is started: those
 * that are must block them, too. */
void stop_signals_block(sigset_t *signals_out, sigset_t *before_out);

/* Ctrl-C in a terminal sends SIGINT to a command's child as well: it needs none from us. `code` is
 * si_code, or ssi_code. */
bool stop_signals_reach_child(int number, int32_t code);

#endif
