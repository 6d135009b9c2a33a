/*
 * Bubblewrap: whether it works here, and the arguments that make a function's view of the file
 * system (lambda-api.md, section 19.2): read-only system, code at /var/task, layers at /opt, a
 * /tmp of its own, no home, its own processes, and an end together with its parent. The network is
 * shared.
 */
#ifndef COALMINE_ISOLATION_H
#define COALMINE_ISOLATION_H

#include "runtime/string_list.h"

/* How many of bubblewrap's own processes stand above the function's: one that waits outside, one
 * that reaps inside. */
enum { ISOLATION_PROCESSES = 2 };

/* Bubblewrap's path if it works on this machine, else NULL with errno 0. Tried at the first call,
 * which blocks for some milliseconds; warns once if it does not work. NULL with errno, and tried
 * again at the next call, if there is no room to try it, or where it is cannot be looked at. */
const char *isolation_program(void);

struct isolation_plan {
    const char *code_directory;
    const char *layers_directory; /* what is at /opt; NULL: nothing */
    const char *runtime_directory;
    const char *tmp_directory;
    const char *system_root; /* of system_root.h; NULL: none */
    /* NULL: none. If it is outside /usr, its prefix is shown too; of a home only what it needs. */
    const char *interpreter;
};

/* Adds the program and all arguments up to the command that shall run inside. */
void isolation_add_arguments(struct string_list *arguments, const struct isolation_plan *plan);

#endif
