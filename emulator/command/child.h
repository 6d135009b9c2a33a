/*
 * A program that a command runs for the caller, as the caller would have run it.
 */
#ifndef COALMINE_CHILD_H
#define COALMINE_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

enum { EXIT_NOT_STARTED = 127, EXIT_SIGNAL_BASE = 128 /* and the signal's number */ };

/* Starts the program, looked for in PATH, with those variables and this process's streams. It
 * blocks `blocked`, and ignores what this process was started ignoring. False, with no id and the
 * reason printed behind `complainer`, if it cannot be run. */
bool child_start(const char *complainer, char **command, char **variables, const sigset_t *blocked,
                 pid_t *pid_out);

/* True once it has ended, with its exit status as a shell has it. Never waits. */
bool child_has_ended(pid_t pid, int *status_out);

#endif
