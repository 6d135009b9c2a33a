/*
 * Commands: a row in main.c, a file each. What all of them share: options, the session with AWS,
 * exit codes.
 */
#ifndef CANARY_COMMAND_H
#define CANARY_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/lambda_api.h"
#include "cli/plan_flags.h"
#include "canary.h"
#include "options.h"

enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_ROLLED_BACK = 3,
    EXIT_INCONCLUSIVE = 4,
    EXIT_HELD = 5
};

/* Every option of every command; a command's rows say which ones it takes. */
struct options {
    const char *endpoint_url;
    const char *region;
    const char *profile;
    bool allows_aws;
    const char *output;
    bool wants_help;
    const char *function;
    const char *alias;
    const char *qualifier;
    int64_t duration_ms;
    double rate;
    int64_t concurrency;
    const char *payload;
    const char *payload_file;
    int64_t count;
    const char *arrivals;
    int64_t ramp_ms;
    bool is_unpaced;
    const char *payload_lines;
    bool is_random_payload;
    bool counts_cold;
    int64_t seed;
    struct plan_flags flags;
    const char *state_directory;
    bool is_fast;
    bool is_full;
    bool leaves_when_held;
    bool overwrites;
    const char *on_interrupt;
    const char *unfinished;
    const char *version;
    const char *metric;
    const char *name_space;
    const char *dimensions;
    const char *stat;
    const char *expression;
    const char *widget;
    const char *picture;
    int64_t last_ms;
    const char *period;
    int64_t width;
};

#define OPTION_ROW(flag, kind, member)                                                             \
    .name = (flag), .type = (kind), .offset = offsetof(struct options, member)

#define COMMON_ROWS                                                                                \
    { OPTION_ROW("endpoint-url", OPTION_TEXT, endpoint_url), .placeholder = "URL",                 \
      .help = "where AWS is; else AWS_ENDPOINT_URL[_LAMBDA] or the profile's" },                   \
        { OPTION_ROW("region", OPTION_TEXT, region), .placeholder = "NAME",                        \
          .help = "else AWS_REGION, AWS_DEFAULT_REGION or the profile's" },                        \
        { OPTION_ROW("profile", OPTION_TEXT, profile), .placeholder = "NAME",                      \
          .help = "of ~/.aws/config and credentials; else AWS_PROFILE" },                          \
        { OPTION_ROW("aws", OPTION_FLAG, allows_aws),                                              \
          .help = "allow an endpoint that is not on this machine" },                               \
        { OPTION_ROW("output", OPTION_TEXT, output), .placeholder = "FORM", .initial = "text",     \
          .help = "text for people, json for programs", .choices = "text json" },                  \
        HELP_ROW(struct options, wants_help),                                                      \
    {                                                                                              \
        .name = NULL                                                                               \
    }

#define FUNCTION_ROW                                                                               \
    {                                                                                              \
        OPTION_ROW("function", OPTION_TEXT, function), .placeholder = "NAME",                      \
                                                       .help = "the Lambda function"               \
    }
#define ALIAS_ROW                                                                                  \
    {                                                                                              \
        OPTION_ROW("alias", OPTION_TEXT, alias), .placeholder = "NAME",                            \
                                                 .help = "the alias that users call"               \
    }
#define TRAFFIC_ROWS                                                                               \
    { OPTION_ROW("rate", OPTION_RATE, rate), .placeholder = "N/s", .initial = "10/s",              \
      .help = "requests to send" },                                                                \
        { OPTION_ROW("concurrency", OPTION_INTEGER, concurrency), .placeholder = "N",              \
          .initial = "32", .help = "requests under way at most" },                                 \
        { OPTION_ROW("payload", OPTION_TEXT, payload), .placeholder = "JSON", .initial = "{}",     \
          .help = "what to send" },                                                                \
    {                                                                                              \
        OPTION_ROW("payload-file", OPTION_TEXT, payload_file), .placeholder = "FILE",              \
                                                               .help = "send this file's content"  \
    }

#define STATE_ROW                                                                                  \
    {                                                                                              \
        OPTION_ROW("state-dir", OPTION_TEXT, state_directory),                                     \
            .placeholder = "DIR",                                                                  \
            .help = "where deployments are kept; else $XDG_STATE_HOME/canary"                      \
    }

#define ON_INTERRUPT_ROW                                                                           \
    {                                                                                              \
        OPTION_ROW("on-interrupt", OPTION_TEXT, on_interrupt),                                     \
            .placeholder = "WHAT", .choices = "rollback pause",                                    \
            .help = "what Ctrl-C does: rollback, or pause (rollback)"                              \
    }

/* The options of the commands, for help, completion and pages; they end with a row without a name.
 */
extern const struct option_row traffic_rows[];
extern const struct option_row deploy_rows[];
extern const struct option_row plan_rows[];
extern const struct option_row init_rows[];
extern const struct option_row common_rows[];   /* validate, schema */
extern const struct option_row control_rows[];  /* pause, abort, rollback */
extern const struct option_row going_on_rows[]; /* resume, approve */
extern const struct option_row promote_rows[];
extern const struct option_row status_rows[]; /* status, watch, history */
extern const struct option_row report_rows[];
extern const struct option_row analyze_rows[];
extern const struct option_row graph_rows[];
extern const struct option_row check_rows[];
extern const struct option_row explain_rows[];
extern const struct option_row clock_rows[];

/* Each takes what stands behind its name, and gives the exit status. */
int init_command(int count, char **arguments);
int validate_command(int count, char **arguments);
int schema_command(int count, char **arguments);
int plan_command(int count, char **arguments);
int deploy_command(int count, char **arguments);
int status_command(int count, char **arguments);
int watch_command(int count, char **arguments);
int history_command(int count, char **arguments);
int pause_command(int count, char **arguments);
int resume_command(int count, char **arguments);
int approve_command(int count, char **arguments);
int promote_command(int count, char **arguments);
int abort_command(int count, char **arguments);
int rollback_command(int count, char **arguments);
int traffic_command(int count, char **arguments);
int report_command(int count, char **arguments);
int analyze_command(int count, char **arguments);
int check_command(int count, char **arguments);
int explain_command(int count, char **arguments);
int clock_command(int count, char **arguments);
int graph_command(int count, char **arguments);

/* What a command works with. */
struct session {
    const struct command_form *form; /* borrowed */
    struct options options;
    struct api api;
    char *payload;           /* owned; what to send */
    char account[16];        /* "" on this machine */
    int64_t clock_offset_ms; /* of Coalmine's clock */
    int operand_count;
    char **operands; /* borrowed: the arguments that are no options */
};

/* How a command is called. */
struct command_form {
    const char *verb; /* of those that differ in it alone; else NULL */
    const char *usage;
    const struct option_row *rows;
    int operands_max;    /* of the arguments that are no options */
    bool needs_function; /* --function must be given */
    bool is_offline;     /* it asks AWS nothing */
    bool prints_json;    /* in either form of output: no facts follow */
};

/* A whole command: reads its options, gives help, guards the endpoint, starts the output, acts,
 * ends the output. The exit status, which is what `act` gives if it comes to that. */
int session_run(const struct command_form *form, int (*act)(struct session *session), int count,
                char **arguments);

/* --version, as deploy calls it, or --qualifier, as AWS does; NULL: neither. */
const char *qualifier_of(const struct options *options);
/* What libcanary is told by the options. */
struct canary_settings settings_of(const struct options *options);
/* Function and alias, from the options or the plan; false with a complaint. */
bool find_target(struct session *session, char **function_out, char **alias_out);
/* False with a complaint unless one of --alias, --version and --qualifier is given. */
bool says_whom(const struct options *options);
/* The alias as it is now; false with a sentence, also if there is none. */
MUST_CHECK bool read_alias(struct session *session, const char *function, const char *alias,
                           struct lambda_alias *alias_out, struct error *error);

/* True once the user pressed Ctrl-C, or closed the terminal (or SIGTERM came); session_run
 * watches for it. */
bool is_interrupted(void);

#endif
