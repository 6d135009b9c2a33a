/*
 * Child processes made without copying the parent's page tables (vfork), that die when the
 * parent dies and inherit nothing but what their plan names.
 */
#ifndef COALMINE_PROCESS_H
#define COALMINE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "buffer.h"
#include "compiler.h"

struct storage;

struct process_plan {
    char *const *arguments;        /* the first is the program's absolute path */
    char *const *environment;      /* all of it */
    const char *directory;         /* to start in; NULL: the parent's */
    int log_fd;                    /* becomes stdout and stderr */
    int events_fd;                 /* becomes descriptor 3; -1: none */
    int answers_fd;                /* becomes descriptor 4; -1: none */
    const struct storage *storage; /* to enter first; NULL: none */
};

/* Starts a process that leads a session of its own. 0, or why it could not be started (errno). */
MUST_CHECK int process_start(const struct process_plan *plan, pid_t *pid_out);

/* Kills the process and all of its group. */
void process_kill(pid_t pid);

/* True once it has ended, with the status of waitpid(); it must not be asked again then. */
bool process_is_over(pid_t pid, int *status_out);

/* As the first process of a container the server inherits what functions leave behind: one such
 * that has ended and must be waited for, or 0. What process_start() started leads a session, like
 * these; children of the server's own session are somebody else's. */
pid_t process_find_orphan(void);

/* Waits until it has ended. Its status as waitpid() gives it, which is 0 only of a plain exit with
 * status 0; -1: it is no child of this process. */
int process_wait(pid_t pid);

/* Why it ended, as Lambda's error messages say it: "exit status 1", "signal: killed"; NULL for
 * a plain exit with status 0. `is_wrapped`: bubblewrap stood in between and made 128 + n of
 * signal n. The text is in `text_out` or static. */
enum { PROCESS_REASON_SIZE = 48 };
const char *process_exit_reason(int status, bool is_wrapped, char text_out[PROCESS_REASON_SIZE]);

/* A pipe whose ends are closed on exec and clear of the descriptors that a child is given. False
 * with errno set. */
MUST_CHECK bool process_pipe(int *read_out, int *write_out);

/* Whether this errno says that descriptors, processes or memory are short: another time it may go
 * well. */
bool process_is_shortage(int reason);

/* Moves a descriptor clear of those that a child is given. False, and it stays, with errno set. */
MUST_CHECK bool process_move_up(int *fd);

/* Runs a short command to its end, at most `timeout_ms` long, and adds what it prints. True if
 * it exited with status 0; else errno says why it was not started, or is 0. Blocks: for trials and
 * questions that are asked once. */
MUST_CHECK bool process_run(char *const *arguments, int timeout_ms, struct buffer *output);

/* Reads and writes of this end answer EAGAIN instead of waiting. */
void process_make_nonblocking(int fd);

/* Closes *fd if it is open and makes it -1. */
void process_close(int *fd);

#endif
