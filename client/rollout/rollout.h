/*
 * The rollout as a pure machine: what is to be done next, given where it stands, and where it
 * stands after something happened. No time, no network, no file: the engine performs the actions,
 * and tests walk through every sequence of events.
 */
#ifndef CANARY_ROLLOUT_H
#define CANARY_ROLLOUT_H

#include "plan/plan.h"

enum rollout_phase {
    PHASE_BEFORE,  /* hooks before any traffic */
    PHASE_SHIFT,   /* the step's weight is to be set */
    PHASE_WATCH,   /* the step runs */
    PHASE_BETWEEN, /* hooks before the next weight */
    PHASE_PROMOTE, /* all traffic to the new version */
    PHASE_AFTER,   /* hooks after the promotion */
    PHASE_BACK,    /* all traffic to the old version */
    PHASE_OVER,
    PHASE_COUNT
};

enum rollout_hold {
    HOLD_NONE,
    HOLD_APPROVAL, /* the step wants somebody's approval */
    HOLD_PAUSE,    /* somebody said pause */
    HOLD_FAILURE,  /* a check failed, and the plan wants a pause then */
    HOLD_UNSURE,   /* no answer, and the plan wants a pause then */
    HOLD_COUNT
};

enum rollout_outcome {
    OUTCOME_NONE, /* not over */
    OUTCOME_PROMOTED,
    OUTCOME_ROLLED_BACK,
    OUTCOME_INCONCLUSIVE, /* rolled back for want of an answer */
    OUTCOME_FAILED,       /* something else went wrong; no traffic goes to the new version by us */
    OUTCOME_STUCK,        /* the alias may still be split, and could not be changed */
    OUTCOME_COUNT
};

/* A reason holds the sentences of all checks of a usual plan; what is longer ends in "...". */
enum { REASON_MAX = 4096, EXTENSIONS_MAX = 3 };

/* The way back is tried six times at least; where there is no answer, or something is in its way,
 * until the waits between the tries come to ten times the plan's lostAfter. So is a change forward
 * that something is in the way of, or of whose version AWS does not know everywhere; one that AWS
 * throttles is asked for ten times, a minute each. */
enum { TRIES_MIN = 6, TRY_WAIT_MS = 2000, LATE_TRY_WAIT_MS = 10000, TRY_PATIENCE = 10 };
enum { THROTTLES_MAX = 10 };

struct rollout {
    const struct plan *plan; /* borrowed */
    enum rollout_phase phase;
    enum rollout_hold hold;
    enum rollout_outcome goal; /* PHASE_BACK: what it will be called */
    enum rollout_outcome outcome;
    int step;
    int hook;
    int extensions;
    int tries;         /* of the present change: those that failed, but for throttling */
    int64_t waited_ms; /* between them, with the wait that is due now */
    int64_t wait_ms;   /* before the next of them */
    int throttles;     /* of the present change */
    int watch;         /* counts beginnings of watching: evidence belongs to one of them */
    double weight;     /* the new version's now: 0 none, 1 by split or promotion */
    bool is_promoted;  /* the alias points to the new version */
    /* A change whose answer was lost may have been made all the same: */
    bool is_uncertain;
    double maybe_weight;
    bool maybe_promoted;
    int64_t step_started_ms;
    int64_t step_ends_ms;
    int64_t held_ms; /* when the hold began */
    char reason[REASON_MAX];
};

enum action_kind {
    ACTION_SET_ALIAS,
    ACTION_HOOK,
    ACTION_WATCH, /* let time pass until `until_ms`, judging all along */
    ACTION_HOLD,  /* wait for somebody's word */
    ACTION_END,
};

enum alias_target { TARGET_BASE, TARGET_SPLIT, TARGET_NEW };

struct rollout_action {
    enum action_kind kind;
    enum alias_target target;
    double weight;
    enum hook_when when;
    const struct hook *hook;
    int64_t until_ms;
};

/* At the beginning: nothing is shifted. */
void rollout_start(struct rollout *rollout, const struct plan *plan, int64_t now_ms);

/* What is to be done now. */
struct rollout_action rollout_next(const struct rollout *rollout);

/* What happened. Each may be told at any time; what does not fit the phase changes nothing. */
void rollout_hook_done(struct rollout *rollout, bool is_good, const char *sentence, int64_t now_ms);

enum alias_result {
    ALIAS_SET,
    ALIAS_FAILED_TO_SET,  /* no answer; it is as it was, as far as we know */
    ALIAS_REFUSED,        /* it is as it was */
    ALIAS_BUSY,           /* it is as it was: something else is done with it just now */
    ALIAS_VERSION_ABSENT, /* it is as it was: AWS does not know the version, or not everywhere yet
                           */
    ALIAS_THROTTLED,      /* it is as it was, and may be changed when it is tried again */
    ALIAS_CHANGED_OURS,   /* somebody changed it, but traffic still goes as we said last */
    ALIAS_CHANGED_THEIRS, /* somebody changed where traffic goes: not ours to touch any more */
    ALIAS_GONE,           /* somebody deleted it */
};
/* What became of ACTION_SET_ALIAS at `now_ms`; `sentence` says why it was not set (copied). */
void rollout_alias_done(struct rollout *rollout, enum alias_result result, const char *sentence,
                        int64_t now_ms);

/* The step is really watched from now on: setting the alias and writing it down took a while. */
void rollout_watch_begun(struct rollout *rollout, int64_t now_ms);

/* `is_final`: the step's time is over. While approval is waited for, a failure alone counts. */
void rollout_judged(struct rollout *rollout, enum check_result result, bool is_final,
                    const char *sentence, int64_t now_ms);

/* An alarm fires. */
void rollout_alarmed(struct rollout *rollout, const char *sentence, int64_t now_ms);

/* It cannot go on: AWS does not answer any more, a file cannot be read. Rolls back. */
void rollout_troubled(struct rollout *rollout, const char *sentence);

/* The user stopped the program: rolls back, or pauses. */
void rollout_interrupted(struct rollout *rollout, bool wants_pause, int64_t now_ms);

enum control_verb {
    CONTROL_PAUSE,
    CONTROL_RESUME,
    CONTROL_APPROVE,
    CONTROL_PROMOTE,      /* the present step is good enough: on to the next */
    CONTROL_PROMOTE_FULL, /* all steps are: promote now */
    CONTROL_ABORT,
    CONTROL_ROLLBACK,
    CONTROL_COUNT
};
/* Somebody's word. Returns NULL, or why it does not apply now (static). */
const char *rollout_control(struct rollout *rollout, enum control_verb verb, const char *by,
                            int64_t now_ms);

/* A promotion that was its end is not, as somebody wants it taken back. */
void rollout_reopen(struct rollout *rollout);

/* Is traffic that goes like this (`weight` of it to the new version, or all by promotion) as we
 * have set it, or may have? */
bool rollout_expects(const struct rollout *rollout, bool is_promoted, double weight);

/* Taken up again at `now_ms` by a new engine, after the old one died at `last_ms`. `is_as_set`:
 * the alias sends traffic as this says; `intended`: it does what the change that was under way
 * wanted (NULL: it does not, or none was). `is_back`: the new version gets none. */
void rollout_taken_up(struct rollout *rollout, bool is_as_set,
                      const struct rollout_action *intended, bool is_back, int64_t last_ms,
                      int64_t now_ms);

const char *rollout_phase_name(enum rollout_phase phase);
/* "approval", "pause", "failure", "unsure". */
const char *rollout_hold_name(enum rollout_hold hold);
/* "running", "paused", "promoted", ...: `status` of deployment.json. */
const char *rollout_status(const struct rollout *rollout);
/* What the program ends with: 0, 1, 3, 4, or 5 if it is not over. */
int rollout_exit_status(const struct rollout *rollout);
const char *control_verb_name(enum control_verb verb);
bool control_verb_parse(const char *name, enum control_verb *verb_out);

/* As deployment.json keeps it; added to `json`. */
void rollout_write(const struct rollout *rollout, cJSON *json);
/* False if it is no such thing. The plan must be set before. */
MUST_CHECK bool rollout_read(struct rollout *rollout, const cJSON *json);

#endif
