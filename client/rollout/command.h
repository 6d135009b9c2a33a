/*
 * A shell command with a time limit.
 */
#ifndef CANARY_ROLLOUT_COMMAND_H
#define CANARY_ROLLOUT_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "text.h"

struct command {
    const char *line;          /* for /bin/sh -c */
    struct text input;         /* what it may read from stdin */
    const char *const *extras; /* "NAME=value", NULL-ended: set besides our environment */
    int64_t timeout_ms;
    bool (*should_stop)(void *owner); /* ends it and all it started */
    void *owner;
};

/* Runs it to its end. `output` gets what it writes to stdout and stderr, of more than its ceiling
 * the end. True if its status is 0; else the last line of the output says why it is not. */
bool command_run(const struct command *command, struct buffer *output);

#endif
