/*
 * The command line and the environment of a function process (lambda-api.md, section 19.1),
 * built from nothing: the server's own environment does not reach functions.
 */
#ifndef COALMINE_SANDBOX_COMMAND_H
#define COALMINE_SANDBOX_COMMAND_H

#include <stdbool.h>

#include "runtime/pool.h"
#include "runtime/string_list.h"

struct sandbox_place {
    const struct sandbox_plan *plan;
    const char *interpreter;       /* absolute; NULL: the package's bootstrap runs */
    const char *runtime_directory; /* ours, with the bootstraps */
    const struct function_api *api;
    const char *tmp_directory; /* the environment's own */
    const char *system_root;   /* of system_root.h; NULL: none */
    const char *log_stream;
    int runtime_api_port; /* 0: the process speaks frames */
    bool is_isolated;
};

struct sandbox_command {
    struct string_list arguments;
    struct string_list environment;
    const char *directory; /* where to start; NULL: anywhere. Borrowed from the plan */
};

/* What to start for a function there, with or without walls; sandbox_command_clear() frees. */
void sandbox_command_build(struct sandbox_command *command, const struct sandbox_place *place);
/* The variables alone that are this function's and this environment's: without those that describe
 * Lambda's own file system. */
void sandbox_command_add_variables(struct string_list *list, const struct sandbox_place *place);
void sandbox_command_clear(struct sandbox_command *command);

#endif
