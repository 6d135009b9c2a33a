/*
 * Processes that a function without isolation has left behind: nothing in the kernel ends them
 * together with it, as a process namespace would.
 */
#ifndef COALMINE_STRAYS_H
#define COALMINE_STRAYS_H

#include <sys/types.h>

/* Kills what is left of the session that `leader` led and all that was started with this
 * environment variable ("NAME=VALUE"). Who left the session and cleared its environment gets
 * away. */
void strays_kill(pid_t leader, const char *variable);

#endif
