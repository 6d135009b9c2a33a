/*
 * libcanary: canary deployments of AWS Lambda functions from C. A plan is parsed, run, and its
 * outcome read. All failures are values; nothing is printed, no signal handler is installed, and
 * the process never ends (but for want of memory). Calls on different objects may run in different
 * threads. Compile with `pkg-config --cflags --libs canary`; canary(3) has an example.
 */
#ifndef CANARY_H
#define CANARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CANARY_API __attribute__((visibility("default")))

/* Texts that functions give to the caller are ended with this (NULL is fine). */
CANARY_API void canary_free(void *memory);

/* ---- Plans -------------------------------------------------------------------------------- */

/* What canary deploy does, as canary.json says it. Unchanging once parsed. */
struct canary_plan;

struct canary_problem {
    int line;      /* from 1; 0: the whole text */
    char *path;    /* "strategy.steps[2].weight" */
    char *message; /* a sentence */
};

/* Zeroed: none. */
struct canary_problems {
    struct canary_problem *items;
    size_t count;
};

/* JSON, comments allowed. NULL if there are problems; all of them are added to `problems`. Paths in
 * it are meant from the current directory. */
CANARY_API struct canary_plan *canary_plan_parse(const char *json, size_t size,
                                                 struct canary_problems *problems);
CANARY_API void canary_plan_free(struct canary_plan *plan);
CANARY_API void canary_problems_clear(struct canary_problems *problems);

/* The JSON Schema of plans; end with canary_free(). */
CANARY_API char *canary_plan_schema(void);

/* ---- Running ------------------------------------------------------------------------------ */

/* What to do with a half-done deployment of the same alias whose client is dead. */
enum canary_unfinished {
    CANARY_UNFINISHED_AUTO, /* take it up if it has the same plan and package, else roll it back */
    CANARY_UNFINISHED_RESUME,
    CANARY_UNFINISHED_ROLLBACK
};

/* Zeroed: everything is found where the AWS CLI finds it. */
struct canary_settings {
    const char *endpoint_url;    /* NULL: AWS_ENDPOINT_URL[_LAMBDA] or the profile's */
    const char *region;          /* NULL: AWS_REGION or the profile's */
    const char *profile;         /* NULL: AWS_PROFILE or "default" */
    const char *state_directory; /* NULL: $XDG_STATE_HOME/canary or ~/.local/state/canary */
    bool allows_aws;             /* else an endpoint that is not on this machine is refused */
    bool is_fast;                /* Coalmine's clock is turned instead of waiting */
    bool pauses_when_stopped;    /* the observer's stop pauses the deployment; else it rolls back */
    bool leaves_when_held;       /* return instead of waiting for approval or resume */
    enum canary_unfinished unfinished;
};

/* Hears what happens, in the calling thread. Members may be NULL. */
struct canary_observer {
    void *owner;
    /* A line of the record (docs/record.md): its type and the whole object as JSON. */
    void (*on_event)(const char *type, const char *json, void *owner);
    /* Asked many times a second, so it must be cheap. True, and true from then on, stops the
     * deployment: what is waited for ends at once. */
    bool (*should_stop)(void *owner);
};

enum canary_verdict {
    CANARY_PROMOTED,
    CANARY_CREATED,   /* the alias is new: the first deployment */
    CANARY_UNCHANGED, /* the version had all the traffic already */
    CANARY_ROLLED_BACK,
    CANARY_INCONCLUSIVE, /* rolled back, or paused, for want of an answer */
    CANARY_HELD,         /* paused, or waiting for approval: canary_settings.leaves_when_held */
    CANARY_FAILED,       /* something else went wrong; no traffic goes to the new version */
    CANARY_STUCK         /* the alias may still be split: it could not be taken back */
};

/* What became of it. All texts are the outcome's; never NULL after a run. */
struct canary_outcome {
    enum canary_verdict verdict;
    int exit_status;    /* what canary deploy ends with */
    char *reason;       /* a sentence with its numbers */
    char *deployment;   /* id; its record is below the state directory */
    char *version;      /* the new one; "" if there was none yet */
    char *base_version; /* the old one; "" likewise */
    uint64_t requests;  /* that the new version answered */
    uint64_t errors;    /* function errors among them */
    uint64_t base_requests;
    uint64_t base_errors;
    char *report; /* all numbers, as JSON */
};

/* Runs a plan to its end. False if nothing was begun, with a sentence (end it with canary_free());
 * else `outcome_out` is set, for canary_outcome_clear(). `observer` may be NULL. */
CANARY_API bool canary_run(const struct canary_plan *plan, const struct canary_settings *settings,
                           const struct canary_observer *observer,
                           struct canary_outcome *outcome_out, char **error_out);

/* Takes up the unfinished deployment of an alias whose client is gone, applying `verb` first:
 * "resume", "approve", "promote", "promote-full", "abort", "rollback", or NULL for none. */
CANARY_API bool canary_take_up(const char *function, const char *alias, const char *verb,
                               const struct canary_settings *settings,
                               const struct canary_observer *observer,
                               struct canary_outcome *outcome_out, char **error_out);

CANARY_API void canary_outcome_clear(struct canary_outcome *outcome);

/* "promoted", "rolled back", ...; static. */
CANARY_API const char *canary_verdict_name(enum canary_verdict verdict);

/* ---- Watching and steering from elsewhere -------------------------------------------------- */

/* How the latest deployment of an alias stands, as JSON (docs/record.md, deployment.json, with
 * "isAlive"). NULL with a sentence if there is none. */
CANARY_API char *canary_status(const char *function, const char *alias,
                               const struct canary_settings *settings, char **error_out);

/* Tells a running deployment: the verbs of canary_take_up(), and "pause". False with a sentence if
 * there is none that runs, or it does not apply now. */
CANARY_API bool canary_tell(const char *function, const char *alias, const char *verb,
                            const struct canary_settings *settings, char **error_out);

#ifdef __cplusplus
}
#endif

#endif
