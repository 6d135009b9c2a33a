/*
 * What `coalmine serve`, `exec` and `env` can be told: option rows and the struct they fill.
 */
#ifndef COALMINE_SETTINGS_H
#define COALMINE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"

struct settings {
    int64_t port;
    const char *listen;
    const char *credentials; /* NULL: signatures are not verified */
    const char *allowed_hosts;
    const char *allowed_origins;
    int64_t idle_ms;
    const char *data_dir; /* NULL: the default directory */
    bool is_ephemeral;
    int64_t seed; /* negative: from the operating system */
    const char *region;
    bool loads_workshop;
    bool is_strict;
    bool is_durable;
    bool is_unsandboxed;
    int64_t max_processes;
    int64_t keepalive_ms;
    int64_t concurrency_limit;
    const char *s3_dir; /* NULL: no buckets */
    int64_t settle_ms;
    const char *clock; /* how service time runs; NULL: with the machine's */
    bool is_verbose;
    bool is_quiet;
    bool wants_help;
};

extern const struct option_row serve_rows[];
extern const struct option_row exec_rows[];
extern const struct option_row env_rows[];

/* Sets the service clock as --clock says: real, frozen or scaled:N, each with @TIME behind it or
 * not; a TIME alone is frozen@TIME. False with a sentence. */
MUST_CHECK bool settings_set_clock(const char *text, struct error *error);

/* Sets it as it was when the program was started with that --clock; NULL: without one. The text
 * must be one that settings_set_clock() has taken. */
void settings_restart_clock(const char *text);

/* The directory to keep state in when nobody names one: $XDG_STATE_HOME/coalmine or
 * ~/.local/state/coalmine. Owned by the caller; NULL if there is no home. */
char *settings_default_directory(void);

#endif
