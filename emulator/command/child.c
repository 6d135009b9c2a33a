#include "command/child.h"

#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "runtime/process.h"

bool child_start(const char *complainer, char **command, char **variables, const sigset_t *blocked,
                 pid_t *pid_out)
{
    posix_spawnattr_t attributes;
    sigset_t defaults;
    posix_spawnattr_init(&attributes);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE); /* main() ignores it */
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setsigmask(&attributes, blocked);
    int reason = posix_spawnp(pid_out, command[0], NULL, &attributes, command, variables);
    posix_spawnattr_destroy(&attributes);
    if (reason == 0)
        return true;
    fprintf(stderr, "%s: cannot run '%s': %s\n", complainer, command[0], strerror(reason));
    *pid_out = 0;
    return false;
}

bool child_has_ended(pid_t pid, int *status_out)
{
    int status;
    if (!process_is_over(pid, &status))
        return false;
    *status_out = WIFSIGNALED(status) ? EXIT_SIGNAL_BASE + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
}
