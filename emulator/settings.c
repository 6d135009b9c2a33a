#include "settings.h"

#include <stddef.h>
#include <stdlib.h>

#include "clock.h"
#include "text.h"
#include "timestamp.h"
#include "xalloc.h"

enum { CLOCK_SCALE_MAX = 1000000 };

#define ROW(flag, kind, member)                                                                    \
    .name = (flag), .type = (kind), .offset = offsetof(struct settings, member)

/* What every server can be told, whoever starts it. */
#define SERVER_ROWS                                                                                \
    { ROW("allow-host", OPTION_TEXT, allowed_hosts), .placeholder = "NAME,...",                    \
      .environment = "COALMINE_ALLOW_HOST",                                                        \
      .help = "Host names to answer under, beside this machine's own" },                           \
        { ROW("allow-origin", OPTION_TEXT, allowed_origins), .placeholder = "ORIGIN,...",          \
          .environment = "COALMINE_ALLOW_ORIGIN",                                                  \
          .help = "origins whose pages may use the API from a browser; * is all of them" },        \
        { ROW("idle-timeout", OPTION_DURATION, idle_ms), .placeholder = "TIME",                    \
          .environment = "COALMINE_IDLE_TIMEOUT", .initial = "60s",                                \
          .help = "close connections on which nothing moves for so long" },                        \
        { ROW("seed", OPTION_INTEGER, seed), .placeholder = "N", .environment = "COALMINE_SEED",   \
          .initial = "-1", .help = "make alias draws repeat, and ids, on a new directory" },       \
        { ROW("region", OPTION_TEXT, region), .placeholder = "NAME",                               \
          .environment = "COALMINE_REGION", .initial = "us-east-1",                                \
          .help = "region of requests that are not signed" },                                      \
        { ROW("workshop", OPTION_FLAG, loads_workshop), .environment = "COALMINE_WORKSHOP",        \
          .help = "preload function `myfunction`, as readers of the canary workshop have it" },    \
        { ROW("strict", OPTION_FLAG, is_strict), .environment = "COALMINE_STRICT",                 \
          .help = "no kindnesses: be silent where AWS is silent, tell functions of no endpoint" }, \
        { ROW("durable", OPTION_FLAG, is_durable), .environment = "COALMINE_DURABLE",              \
          .help = "sync every write, so that it survives power loss too" },                        \
        { ROW("no-sandbox", OPTION_FLAG, is_unsandboxed), .environment = "COALMINE_NO_SANDBOX",    \
          .help = "run functions as plain child processes, without bubblewrap" },                  \
        { ROW("max-processes", OPTION_INTEGER, max_processes), .placeholder = "N",                 \
          .environment = "COALMINE_MAX_PROCESSES", .initial = "0",                                 \
          .help = "function processes at once; 0 is what suits this machine" },                    \
        { ROW("keepalive", OPTION_DURATION, keepalive_ms), .placeholder = "TIME",                  \
          .environment = "COALMINE_KEEPALIVE", .initial = "10m",                                   \
          .help = "stop environments of functions that have been idle for so long" },              \
        { ROW("concurrency", OPTION_INTEGER, concurrency_limit), .placeholder = "N",               \
          .environment = "COALMINE_CONCURRENCY", .initial = "1000",                                \
          .help =                                                                                  \
              "ConcurrentExecutions of an account: invocations at once, beyond it they get 429" }, \
        { ROW("s3-dir", OPTION_TEXT, s3_dir), .placeholder = "DIR",                                \
          .environment = "COALMINE_S3_DIR",                                                        \
          .help = "S3Bucket and S3Key of functions and layers name files DIR/bucket/key" },        \
        { ROW("settle", OPTION_DURATION, settle_ms), .placeholder = "TIME",                        \
          .environment = "COALMINE_SETTLE", .initial = "0s",                                       \
          .help = "functions stay Pending, updates InProgress so long; 0s: until the answer "      \
                  "arrives" },                                                                     \
        { ROW("clock", OPTION_TEXT, clock), .placeholder = "HOW", .environment = "COALMINE_CLOCK", \
          .help = "service time: real, frozen or scaled:60, with @2026-01-01T00:00:00Z to begin "  \
                  "there; "                                                                        \
                  "a time alone is frozen" },                                                      \
        { ROW("verbose", OPTION_FLAG, is_verbose), .help = "log every step" },                     \
        { ROW("quiet", OPTION_FLAG, is_quiet), .help = "log warnings and errors only" },           \
        HELP_ROW(struct settings, wants_help)

const struct option_row serve_rows[] = {
    { ROW("port", OPTION_INTEGER, port), .placeholder = "N", .environment = "COALMINE_PORT",
      .initial = "4566", .help = "TCP port; 0 takes a free one" },
    { ROW("listen", OPTION_TEXT, listen), .placeholder = "ADDRESS",
      .environment = "COALMINE_LISTEN", .initial = "127.0.0.1",
      .help = "IP address to listen on; any that is not this machine's own needs --credentials" },
    { ROW("credentials", OPTION_TEXT, credentials), .placeholder = "FILE",
      .environment = "COALMINE_CREDENTIALS",
      .help = "verify signatures: only the keys in FILE may call; its form is ~/.aws/credentials" },
    { ROW("data-dir", OPTION_TEXT, data_dir), .placeholder = "DIR",
      .environment = "COALMINE_DATA_DIR",
      .help = "keep state in DIR; without it in ~/.local/state/coalmine" },
    { ROW("ephemeral", OPTION_FLAG, is_ephemeral), .environment = "COALMINE_EPHEMERAL",
      .help = "keep nothing: state lives in a temporary directory and goes at the end" },
    SERVER_ROWS,
    { .name = NULL },
};

const struct option_row exec_rows[] = {
    { ROW("data-dir", OPTION_TEXT, data_dir), .placeholder = "DIR",
      .environment = "COALMINE_DATA_DIR", .help = "keep state in DIR; without it nothing is kept" },
    { ROW("ephemeral", OPTION_FLAG, is_ephemeral), .environment = "COALMINE_EPHEMERAL",
      .help = "keep nothing, whatever COALMINE_DATA_DIR says" },
    SERVER_ROWS,
    { .name = NULL },
};

const struct option_row env_rows[] = {
    { ROW("port", OPTION_INTEGER, port), .placeholder = "N", .environment = "COALMINE_PORT",
      .initial = "4566", .help = "the server's TCP port" },
    { ROW("region", OPTION_TEXT, region), .placeholder = "NAME", .environment = "COALMINE_REGION",
      .initial = "us-east-1", .help = "the region to work in" },
    HELP_ROW(struct settings, wants_help),
    { .name = NULL },
};

static bool read_clock_mode(struct text mode, double *scale_out, enum clock_mode *mode_out)
{
    static const char scaled[] = "scaled:";
    *scale_out = 0;
    *mode_out = text_equal(mode, "real") ? CLOCK_REAL : CLOCK_FROZEN;
    if (text_equal(mode, "real") || text_equal(mode, "frozen"))
        return true;
    *mode_out = CLOCK_SCALED;
    if (!text_starts_with(mode, scaled))
        return false;
    struct text number = { mode.data + strlen(scaled), mode.size - strlen(scaled) };
    return text_to_double(number, scale_out) && *scale_out > 0 && *scale_out <= CLOCK_SCALE_MAX;
}

bool settings_set_clock(const char *text, struct error *error)
{
    int64_t time_ms;
    double scale = 0;
    enum clock_mode mode = CLOCK_FROZEN;
    struct text time = text_from(text);
    struct text head = text_cut(&time, '@');
    bool is_time_alone = !time.data && timestamp_parse(head, &time_ms);
    if (!is_time_alone &&
        (!read_clock_mode(head, &scale, &mode) || (time.data && !timestamp_parse(time, &time_ms))))
        return error_set(error, NULL,
                         "--clock is real, frozen or scaled:60, with @2026-01-01T00:00:00Z behind "
                         "it or not, or a time alone, not '%s'",
                         text);
    clock_set_mode(mode, scale);
    if (is_time_alone || time.data)
        clock_set_now_ms(time_ms);
    return true;
}

void settings_restart_clock(const char *text)
{
    CLEANUP(error_clear) struct error error = { 0 };
    clock_set_mode(CLOCK_REAL, 0);
    clock_set_now_ms(clock_true_ms());
    if (text && !settings_set_clock(text, &error))
        abort(); /* it was taken at the start */
}

char *settings_default_directory(void)
{
    const char *state = getenv("XDG_STATE_HOME");
    if (state && state[0] == '/')
        return xformat("%s/coalmine", state);
    const char *home = getenv("HOME");
    return home && home[0] == '/' ? xformat("%s/.local/state/coalmine", home) : NULL;
}
