/*
 * One run of a plan, from the profile to the outcome: what include/canary.h offers, in parts.
 */
#ifndef CANARY_JOB_H
#define CANARY_JOB_H

#include "aws/api.h"
#include "canary.h"
#include "crypto.h"
#include "rollout/engine.h"
#include "rollout/world.h"

/* The public plan is the inner one, and what it was read from. */
struct canary_plan {
    struct plan *plan;
};

struct job {
    const struct plan *plan;
    struct plan *own_plan; /* a taken up deployment's; owned */
    const struct canary_settings *settings;
    const struct canary_observer *observer;
    struct api api;
    bool has_api;
    char *state;
    char account[16];
    struct deployment deployment;
    bool has_deployment;
    struct world world;
    bool has_world;
    int clock_lock; /* -1: Coalmine's clock is not ours to turn */
    struct engine engine;
    struct lambda_alias alias;
    char base[VERSION_SIZE];
    char canary[VERSION_SIZE];
    char package_hash[SHA256_HEX_SIZE]; /* "": no package */
    struct text package;                /* owned bytes */
    char *unfinished;                   /* what became of the one before; NULL: there was none */
    struct error error;
};

/* Profile, guard, account, state directory. */
MUST_CHECK bool job_open(struct job *job, const struct canary_settings *settings,
                         const struct canary_observer *observer);
void job_close(struct job *job);

/* Which alias of which account and server is meant; texts are borrowed from the job and the caller.
 */
struct alias_identity job_identity(const struct job *job, const char *function, const char *alias);

/* Tells the observer and the record. */
void job_notice(struct job *job, const char *format, ...) PRINTF_LIKE(2, 3);

/* Makes the new version ready: uploads, publishes, asks it whether it is well. What ends the
 * deployment here sets the outcome. */
enum prepared {
    PREPARED_READY,
    PREPARED_OVER, /* the outcome is set */
};
enum prepared job_prepare(struct job *job, struct canary_outcome *outcome_out);

/* Gives the engine what it works with; the versions as far as they are known. */
void job_set_up_engine(struct job *job);

/* The end of a deployment that never came to the engine. */
void job_end_early(struct job *job, enum canary_verdict verdict, const char *reason,
                   struct canary_outcome *outcome_out);

/* The outcome of what the engine did. */
void job_outcome(const struct job *job, struct canary_outcome *outcome_out);

/* Writes into the record what is deployed, with the versions as far as they are known. */
void job_record_plan(struct job *job);

/* Runs the engine on a deployment that was left, after `verb` (NULL: none). `undoes_promotion`: to
 * go back is to take back a promotion, too, that was its end and has not been told of. */
MUST_CHECK bool job_take_up(struct job *job, const char *id, const char *verb,
                            bool undoes_promotion, struct canary_outcome *outcome_out);

#endif
