/*
 * A plan from flags: laid over the plan file, if there is one.
 */
#ifndef CANARY_PLAN_FLAGS_H
#define CANARY_PLAN_FLAGS_H

#include <stdbool.h>

/* As they were typed; NULL: not given. */
struct plan_flags {
    const char *plan; /* file */
    const char *package;
    const char *version;
    const char *strategy;
    const char *steps; /* "5%:2m,approve,50%:10m" */
    const char *weight;
    const char *duration;
    const char *rate;
    const char *concurrency;
    const char *payload;
    const char *payload_file;
    const char *max_error_rate;
    const char *min_requests;
    const char *health_checks;
    const char *alarms; /* names with commas between */
    const char *before;
    const char *between;
    const char *after;
    const char *notify;
    const char *on_failure;
    const char *on_inconclusive;
    bool is_live;
    bool ignores_firing;
};

#define FLAG_ROW(flag, member, what, text)                                                         \
    {                                                                                              \
        OPTION_ROW(flag, OPTION_TEXT, flags.member), .placeholder = (what), .help = (text)         \
    }

#define PLAN_ROWS                                                                                  \
    FLAG_ROW("plan", plan, "FILE", "a plan (canary init); flags are laid over it"),                \
        FLAG_ROW("package", package, "ZIP-OR-FOLDER",                                              \
                 "upload this first; without it $LATEST is published as it is"),                   \
        FLAG_ROW("version", version, "N", "deploy this published version instead"),                \
        FLAG_ROW("strategy", strategy, "NAME",                                                     \
                 "as CodeDeploy has them: LambdaLinear10PercentEvery1Minute, ..."),                \
        FLAG_ROW("steps", steps, "LIST", "such as 5%:2m,approve,25%:10m,pause:5m"),                \
        FLAG_ROW("weight", weight, "SHARE", "of the traffic for the new version (10%)"),           \
        FLAG_ROW("duration", duration, "TIME", "how long the canary is watched (5m)"),             \
        FLAG_ROW("max-error-rate", max_error_rate, "SHARE",                                        \
                 "of failed requests that is still good (1%)"),                                    \
        FLAG_ROW("min-requests", min_requests, "N", "to the new version, to say anything (10)"),   \
        FLAG_ROW("health-checks", health_checks, "N",                                              \
                 "how often the new version alone must answer well first (3)"),                    \
        FLAG_ROW("rate", rate, "N/s", "requests to send (10/s)"),                                  \
        FLAG_ROW("concurrency", concurrency, "N", "requests under way at most (32)"),              \
        FLAG_ROW("payload", payload, "JSON", "what to send ({})"),                                 \
        FLAG_ROW("payload-file", payload_file, "FILE", "send this file's content"),                \
        { OPTION_ROW("live", OPTION_FLAG, flags.is_live),                                          \
          .help = "send nothing: watch what users meet, in CloudWatch" },                          \
        FLAG_ROW("alarms", alarms, "NAME,...", "CloudWatch alarms that end it when they fire"),    \
        { OPTION_ROW("ignore-firing-alarms", OPTION_FLAG, flags.ignores_firing),                   \
          .help = "start although an alarm fires already" },                                       \
        FLAG_ROW("before", before, "COMMAND", "a hook before any traffic"),                        \
        FLAG_ROW("between", between, "COMMAND", "a hook before each further change"),              \
        FLAG_ROW("after", after, "COMMAND", "a hook after the promotion"),                         \
        FLAG_ROW("notify", notify, "COMMAND", "is told of each event, as JSON"),                   \
        FLAG_ROW("on-failure", on_failure, "WHAT", "rollback or pause (rollback)"),                \
        FLAG_ROW("on-inconclusive", on_inconclusive, "WHAT",                                       \
                 "rollback, pause, extend or promote (rollback)")

struct session;
struct canary_plan;

/* The plan of the flags and the file; NULL with complaints. End with canary_plan_free(). */
struct canary_plan *plan_of_flags(struct session *session);

#endif
