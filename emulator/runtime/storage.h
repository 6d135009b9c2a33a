/*
 * EphemeralStorage: a /tmp of a given size, in memory, for as long as its directory exists.
 *
 * A mount namespace of the server's own, that no process lives in, holds one file system per
 * environment. A process of the environment enters the namespace before it becomes bubblewrap,
 * so that a process started after a crash finds the same /tmp. Nothing has to be unmounted: with
 * the directory below it the file system goes, and with the server the namespace.
 */
#ifndef COALMINE_STORAGE_H
#define COALMINE_STORAGE_H

#include <stdbool.h>

#include "compiler.h"

enum { STORAGE_OPTIONS_SIZE = 48 };

/* What a process is to enter before it executes its program. */
struct storage {
    int user_namespace; /* -1: the server may mount without one */
    int mount_namespace;
    const char *directory; /* on which the file system is, or will be */
    char options[STORAGE_OPTIONS_SIZE];
};

/* False with errno 0 if this machine does not let us; tried at the first call, told once. False
 * with errno, and tried again at the next call, if there is no room to try it. `directory` is
 * borrowed. */
MUST_CHECK bool storage_plan(const char *directory, int size_mb, struct storage *storage_out);

/* Runs `work` in a child of the server's that has entered the namespace, and waits for it. `work`
 * returns 0 or errno. 0, or errno: EPERM if there is no namespace, EAGAIN if the child was killed.
 */
MUST_CHECK int storage_run(int (*work)(void *owner), void *owner);

/* Enters the namespace and mounts the file system, unless it is there. Nothing but system calls:
 * for a child between vfork() and exec. 0, or errno. */
MUST_CHECK int storage_enter(const struct storage *storage);

#endif
