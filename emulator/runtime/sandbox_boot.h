/*
 * Starting the process of a sandbox: what can be wrong before it runs is told here in Lambda's
 * terms.
 */
#ifndef COALMINE_SANDBOX_BOOT_H
#define COALMINE_SANDBOX_BOOT_H

#include <stdbool.h>
#include <sys/types.h>

#include "compiler.h"
#include "loop/loop.h"
#include "runtime/channel.h"
#include "runtime/frame_channel.h"
#include "runtime/pool.h"
#include "runtime/runtime_api.h"
#include "runtime/sandbox.h"
#include "runtime/system_root.h"

/* What there is to know before. */
struct boot_plan {
    struct loop *loop;
    const struct sandbox_plan *plan;
    const char *runtime_directory;
    const struct function_api *api;
    const char *home; /* made by the first boot that can */
    const char *tmp_directory;
    const char *log_stream;
    struct system_root *system_root;
    bool is_isolated; /* if bubblewrap works */
    const struct channel_events *events;
    void *owner;
};

/* A process that boots. Exactly one of the channels is there. */
struct booted {
    pid_t pid;
    int log_fd; /* its stdout and stderr */
    bool is_isolated;
    struct frame_channel *frames;
    struct runtime_api *api;
};

/* Why there is no process. */
struct boot_failure {
    const char *error_type; /* static; NULL: none */
    char *message;          /* owned */
    bool is_shortage;       /* of descriptors, processes or memory: it may go well later */
};

/* How long a boot may last; longer when nobody waits for it (lambda-api.md F4). */
int boot_max_ms(const struct sandbox_host *host, const struct sandbox_plan *plan);

/* False with the failure set; nothing is left open then. */
MUST_CHECK bool boot(const struct boot_plan *plan, struct booted *booted_out,
                     struct boot_failure *failure);

#endif
