/*
 * Processes that outlive what they were started for, as nothing in the kernel ends them with it.
 * A function without isolation leaves what it has started, where a process namespace would end.
 * With isolation a bubblewrap that is just starting is left when the server is killed: its child
 * waits for a word from its parent before it asks to die with it.
 */
#ifndef COALMINE_STRAYS_H
#define COALMINE_STRAYS_H

#include <sys/types.h>

/* Kills what is left of the session that `leader` led and all that was started with this
 * environment variable ("NAME=VALUE"). Who left the session and cleared its environment gets
 * away. */
void strays_kill(pid_t leader, const char *variable);

/* Kills what a server that was killed left in the pool's directory that we have now: processes
 * that are no younger than this one, nor of its own, and that were given its workspace_runtime(),
 * as an argument or as LAMBDA_RUNTIME_DIR. Reads all of /proc: for a worker. */
void strays_kill_predecessors(const char *runtime_directory);

#endif
