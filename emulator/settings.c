#include "settings.h"

#include <stddef.h>

#include "xalloc.h"

#define ROW(flag, kind, member)                                                                    \
    .name = (flag), .type = (kind), .offset = offsetof(struct settings, member)

const struct option_row settings_rows[] = {
    { ROW("port", OPTION_INTEGER, port), .placeholder = "N", .environment = "COALMINE_PORT",
      .initial = "4566", .help = "TCP port on 127.0.0.1; 0 takes a free one" },
    { ROW("data-dir", OPTION_TEXT, data_dir), .placeholder = "DIR",
      .environment = "COALMINE_DATA_DIR",
      .help = "keep state in DIR; without it in ~/.local/state/coalmine" },
    { ROW("ephemeral", OPTION_FLAG, is_ephemeral), .environment = "COALMINE_EPHEMERAL",
      .help = "keep nothing: state lives in a temporary directory and goes at the end" },
    { ROW("seed", OPTION_INTEGER, seed), .placeholder = "N", .environment = "COALMINE_SEED",
      .initial = "-1", .help = "make alias draws and ids repeat from run to run" },
    { ROW("region", OPTION_TEXT, region), .placeholder = "NAME", .environment = "COALMINE_REGION",
      .initial = "us-east-1", .help = "region of requests that are not signed" },
    { ROW("workshop", OPTION_FLAG, loads_workshop), .environment = "COALMINE_WORKSHOP",
      .help = "preload function `myfunction`, as readers of the canary workshop have it" },
    { ROW("strict", OPTION_FLAG, is_strict), .environment = "COALMINE_STRICT",
      .help = "no kindnesses: be silent where AWS is silent" },
    { ROW("durable", OPTION_FLAG, is_durable), .environment = "COALMINE_DURABLE",
      .help = "sync every write, so that it survives power loss too" },
    { ROW("no-sandbox", OPTION_FLAG, is_unsandboxed), .environment = "COALMINE_NO_SANDBOX",
      .help = "run functions as plain child processes, without bubblewrap" },
    { ROW("max-processes", OPTION_INTEGER, max_processes), .placeholder = "N",
      .environment = "COALMINE_MAX_PROCESSES", .initial = "0",
      .help = "function processes at once; 0 is what suits this machine" },
    { ROW("keepalive", OPTION_DURATION, keepalive_ms), .placeholder = "TIME",
      .environment = "COALMINE_KEEPALIVE", .initial = "10m",
      .help = "stop environments of functions that have been idle for so long" },
    { ROW("concurrency", OPTION_INTEGER, concurrency_limit), .placeholder = "N",
      .environment = "COALMINE_CONCURRENCY", .initial = "1000",
      .help = "ConcurrentExecutions of an account: invocations at once, beyond it they get 429" },
    { ROW("verbose", OPTION_FLAG, is_verbose), .help = "log every step" },
    { ROW("quiet", OPTION_FLAG, is_quiet), .help = "log warnings and errors only" },
    { ROW("help", OPTION_FLAG, wants_help), .help = "print this and exit" },
    { .name = NULL },
};

char *settings_default_directory(void)
{
    const char *state = getenv("XDG_STATE_HOME");
    if (state && state[0] == '/')
        return xformat("%s/coalmine", state);
    const char *home = getenv("HOME");
    return home && home[0] == '/' ? xformat("%s/.local/state/coalmine", home) : NULL;
}
