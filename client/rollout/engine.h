/*
 * The engine performs what the rollout decides, judges what it sees, takes words from other
 * terminals, and writes everything to the deployment's record.
 */
#ifndef CANARY_ENGINE_H
#define CANARY_ENGINE_H

#include "rollout/deployment.h"
#include "rollout/ports.h"
#include "rollout/rollout.h"

struct engine {
    struct ports ports;
    struct deployment *deployment;
    const struct plan *plan;
    char base[VERSION_SIZE];
    char canary[VERSION_SIZE];
    bool pauses_when_interrupted; /* else rolls back */
    bool leaves_when_held;        /* instead of waiting for somebody's word */

    struct rollout rollout;
    struct lambda_alias alias; /* as last seen */
    struct evidence evidence;  /* of the present watch */
    int evidence_watch;        /* which it is of */
    struct check_memory *memories;
    struct check_verdict *verdicts;
    const struct check *checks;
    size_t check_count;
    struct traffic_sample pending; /* judged, and not yet in the record */
    struct version_evidence base_total;
    struct version_evidence canary_total;
    struct version_evidence others_total;
    uint64_t throttled_total;
    uint64_t failed_total;
    char last_failure[FAILURE_SIZE];
    int64_t failed_ms;   /* service time when that was told of */
    double split_weight; /* of the last split step that was watched, and what it saw */
    uint64_t split_base;
    uint64_t split_canary;
    const struct hook *failed_hook; /* which was run last, and how often it failed */
    int64_t hook_failures;
    int64_t watched_ms; /* service time with traffic, in all */
    int64_t sampled_ms;
    int64_t observed_ms;
    /* Service times when each alarm of the plan and of the present checks was last read, all that
     * is asked of CloudWatch while a step is watched, and what traffic there was: */
    int64_t heard_ms;
    int64_t all_read_ms;
    int64_t counted_ms;
    int64_t saved_ms;
    bool is_blind;       /* CloudWatch could not be read when last tried */
    int uncounted_watch; /* in which it was told that traffic could not be counted */
    int unrun_watch;     /* in which it was told of an invocation error */
    int refused_watch;   /* in which it was told of another request without a good answer */
    bool is_stop_heeded; /* that the user wants to stop */
    bool owes_reading;   /* of the traffic, once the weights are back */
    bool is_left;        /* ended without being over: it waits for somebody */
    bool is_end_told;    /* to those who are notified, and to the record */
    bool was_taken_up;   /* from a dead engine */
};

/* From the beginning. `alias` is as just seen: all traffic to `base`. engine->evidence may hold the
 * alarms' states as they were then: an alarm that fires already counts once it has been well. */
void engine_start(struct engine *engine, const struct lambda_alias *alias);

/* Takes a dead engine's work up from deployment.json (`saved`). False with a sentence if it says
 * nothing that can be taken up. */
MUST_CHECK bool engine_take_up(struct engine *engine, const cJSON *saved, struct error *error);

/* Runs until the end, or (engine->is_left) until it waits for somebody and may leave. */
void engine_run(struct engine *engine);

/* Applies a word directly, for a deployment without a living engine. NULL or the refusal. */
const char *engine_control(struct engine *engine, enum control_verb verb, const char *by);

void engine_clear(struct engine *engine);

/* For what tells people besides: a `notice` line. */
void engine_notice(struct engine *engine, const char *format, ...) PRINTF_LIKE(2, 3);

/* Between engine.c and its parts: watch.c, observe.c, take_up.c. */
int64_t engine_now_ms(const struct engine *engine);
/* Does the alias send traffic as the rollout says? All to the old version? As this change of it
 * would have it? */
bool engine_is_as_set(const struct engine *engine, const struct lambda_alias *alias);
bool engine_is_back(const struct engine *engine, const struct lambda_alias *alias);
bool engine_is_as_intended(const struct engine *engine, const struct lambda_alias *alias,
                           const struct rollout_action *action);
/* Writes the deployment's state down. `intent`: a change of the alias that is about to be made, so
 * that who takes over can tell whether it was; NULL: none is. */
void engine_save(struct engine *engine, const struct rollout_action *intent);
/* While time passes without anything to write down: so that it is seen to be alive. `age_ms` is how
 * old what is written may be, if that is more than ten seconds. */
void engine_save_if_old(struct engine *engine, int64_t age_ms);
/* A step begins, whatever is done in it; nothing if it has begun already. */
void engine_begin_step(struct engine *engine);
/* Takes what traffic that has ended still owed. */
void engine_read_last(struct engine *engine);
/* A `sample` line of what has come since the last one; none if that is nothing. */
void engine_record_pending(struct engine *engine);
/* An `alarm` line: the state in which it was seen. */
void engine_record_alarm(struct engine *engine, const struct alarm_evidence *alarm);
/* Adds it to the step's evidence, to the deployment's totals and to what is to be recorded. */
void engine_add_sample(struct engine *engine, const struct traffic_sample *sample);
/* A `decision` line. */
void engine_decide(struct engine *engine, const char *action, const char *reason);
/* Sends and watches one step's traffic until its time is over, or something ends it before. */
void engine_watch(struct engine *engine);
/* Does what `canary pause` and its like have asked for, and answers them. False if nobody has, or
 * it was refused. */
bool engine_take_word(struct engine *engine);
/* While nothing is watched: asks for the alarms of the plan and of its checks, if it has any and it
 * is time. */
void engine_look_at_alarms(struct engine *engine);
/* Nothing is sent while approval is waited for, but what CloudWatch tells is judged: its metrics,
 * its alarms, and what users meet. */
void engine_look_while_waiting(struct engine *engine);
/* A hook may take an hour, in which an alarm may have come to fire. */
void engine_look_after_hook(struct engine *engine);
/* Reads what CloudWatch says, if that is due; `is_final`: in any case. */
void engine_observe(struct engine *engine, bool is_final);
/* Has the step a check that is no dry run? */
bool engine_has_checks(const struct engine *engine);
/* Why nobody knows how things stand (static): the plan's alarms, or anything that the step's checks
 * judge, have not been told of for the plan's lostAfter, and what was known once says nothing of
 * what came later. NULL: it is known. */
const char *engine_unread_alarms(const struct engine *engine);
const char *engine_unknown(const struct engine *engine);
/* Runs the plan's notifications, one after the other, and records each. */
void engine_notify(struct engine *engine, const char *event);

#endif
