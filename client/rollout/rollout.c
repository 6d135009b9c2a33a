#include "rollout/rollout.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "xalloc.h"

static void set_reason(struct rollout *rollout, const char *format, ...) PRINTF_LIKE(2, 3);

static void set_reason(struct rollout *rollout, const char *format, ...)
{
    static const char more[] = "...";
    const size_t room = sizeof(rollout->reason) - strlen(more);
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(rollout->reason, room, format, arguments);
    va_end(arguments);
    text_mend_utf8(rollout->reason);
    if (size >= (int)room)
        snprintf(rollout->reason + strlen(rollout->reason), sizeof(more), "%s", more);
}

static bool is_ending(const struct rollout *rollout)
{
    return rollout->phase == PHASE_BACK || rollout->phase == PHASE_OVER;
}

static const struct plan_step *present_step(const struct rollout *rollout)
{
    return &rollout->plan->steps[rollout->step];
}

static void finish(struct rollout *rollout, enum rollout_outcome outcome)
{
    rollout->phase = PHASE_OVER;
    rollout->hold = HOLD_NONE;
    rollout->outcome = outcome;
}

static void begin_tries(struct rollout *rollout)
{
    rollout->tries = 0;
    rollout->waited_ms = 0;
    rollout->wait_ms = 0;
    rollout->throttles = 0;
}

/* On the way back; over at once if the new version has nothing. */
static void go_back(struct rollout *rollout, enum rollout_outcome goal)
{
    rollout->hold = HOLD_NONE;
    rollout->goal = goal;
    begin_tries(rollout);
    if (rollout->weight > 0 || rollout->is_promoted || rollout->is_uncertain)
        rollout->phase = PHASE_BACK;
    else
        finish(rollout, goal);
}

static void hold(struct rollout *rollout, enum rollout_hold kind, int64_t now_ms)
{
    rollout->hold = kind;
    rollout->held_ms = now_ms;
}

static void begin_watch(struct rollout *rollout, int64_t now_ms)
{
    const struct plan_step *step = present_step(rollout);
    rollout->phase = PHASE_WATCH;
    rollout->watch++;
    rollout->step_started_ms = now_ms;
    rollout->step_ends_ms = now_ms + step->duration_ms;
    if (step->kind == STEP_APPROVE)
        hold(rollout, HOLD_APPROVAL, now_ms);
}

static void enter_step(struct rollout *rollout, int step, int64_t now_ms)
{
    rollout->step = step;
    rollout->hook = 0;
    rollout->extensions = 0;
    if ((size_t)step >= rollout->plan->step_count)
        rollout->phase = PHASE_PROMOTE;
    else if (fabs(present_step(rollout)->weight - rollout->weight) > 1e-12)
        rollout->phase = PHASE_SHIFT;
    else
        begin_watch(rollout, now_ms);
}

static void enter_after(struct rollout *rollout)
{
    rollout->phase = PHASE_AFTER;
    rollout->hook = 0;
    if (rollout->plan->hook_counts[HOOK_AFTER] == 0)
        finish(rollout, OUTCOME_PROMOTED);
}

/* Between hooks stand before every change of the weight but the first. */
static void finish_step(struct rollout *rollout, int64_t now_ms)
{
    const struct plan *plan = rollout->plan;
    size_t next = (size_t)rollout->step + 1;
    bool changes =
        next >= plan->step_count || fabs(plan->steps[next].weight - rollout->weight) > 1e-12;
    rollout->hold = HOLD_NONE;
    rollout->hook = 0;
    if (changes && rollout->weight > 0 && plan->hook_counts[HOOK_BETWEEN] > 0)
        rollout->phase = PHASE_BETWEEN;
    else
        enter_step(rollout, (int)next, now_ms);
}

void rollout_start(struct rollout *rollout, const struct plan *plan, int64_t now_ms)
{
    *rollout = (struct rollout){ .plan = plan, .phase = PHASE_BEFORE };
    rollout->step_started_ms = now_ms;
    if (plan->hook_counts[HOOK_BEFORE] == 0)
        enter_step(rollout, 0, now_ms);
}

static struct rollout_action hook_action(enum hook_when when, const struct hook *hook)
{
    return (struct rollout_action){ .kind = ACTION_HOOK, .when = when, .hook = hook };
}

static struct rollout_action listed_hook(const struct rollout *rollout, enum hook_when when)
{
    return hook_action(when, &rollout->plan->hooks[when][rollout->hook]);
}

static struct rollout_action alias_action(enum alias_target target, double weight)
{
    return (struct rollout_action){ .kind = ACTION_SET_ALIAS, .target = target, .weight = weight };
}

struct rollout_action rollout_next(const struct rollout *rollout)
{
    if (rollout->hold != HOLD_NONE)
        return (struct rollout_action){ .kind = ACTION_HOLD };
    switch (rollout->phase) {
    case PHASE_BEFORE:
        return listed_hook(rollout, HOOK_BEFORE);
    case PHASE_BETWEEN:
        return listed_hook(rollout, HOOK_BETWEEN);
    case PHASE_AFTER:
        return listed_hook(rollout, HOOK_AFTER);
    case PHASE_SHIFT:
        return present_step(rollout)->weight > 0
                   ? alias_action(TARGET_SPLIT, present_step(rollout)->weight)
                   : alias_action(TARGET_BASE, 0);
    case PHASE_WATCH:
        if (present_step(rollout)->kind == STEP_HOOK)
            return hook_action(HOOK_STEP, &present_step(rollout)->hook);
        return (struct rollout_action){ .kind = ACTION_WATCH, .until_ms = rollout->step_ends_ms };
    case PHASE_PROMOTE:
        return alias_action(TARGET_NEW, 1);
    case PHASE_BACK:
        return alias_action(TARGET_BASE, 0);
    default:
        return (struct rollout_action){ .kind = ACTION_END };
    }
}

static void fail(struct rollout *rollout, const char *sentence, int64_t now_ms)
{
    set_reason(rollout, "%s", sentence);
    if (rollout->plan->on_failure == FAILURE_PAUSE)
        hold(rollout, HOLD_FAILURE, now_ms);
    else
        go_back(rollout, OUTCOME_ROLLED_BACK);
}

static enum hook_when hooks_of(enum rollout_phase phase)
{
    return phase == PHASE_BEFORE ? HOOK_BEFORE : phase == PHASE_BETWEEN ? HOOK_BETWEEN : HOOK_AFTER;
}

static void next_hook(struct rollout *rollout, int64_t now_ms)
{
    if ((size_t)++rollout->hook < rollout->plan->hook_counts[hooks_of(rollout->phase)])
        return;
    if (rollout->phase == PHASE_BEFORE)
        enter_step(rollout, 0, now_ms);
    else if (rollout->phase == PHASE_BETWEEN)
        enter_step(rollout, rollout->step + 1, now_ms);
    else
        finish(rollout, OUTCOME_PROMOTED);
}

void rollout_hook_done(struct rollout *rollout, bool is_good, const char *sentence, int64_t now_ms)
{
    if (rollout_next(rollout).kind != ACTION_HOOK)
        return;
    if (!is_good) {
        set_reason(rollout, "%s", sentence);
        go_back(rollout, OUTCOME_ROLLED_BACK);
    } else if (rollout->phase == PHASE_WATCH) {
        finish_step(rollout, now_ms);
    } else {
        next_hook(rollout, now_ms);
    }
}

static bool is_near(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

bool rollout_expects(const struct rollout *rollout, bool is_promoted, double weight)
{
    bool is_as_set =
        is_promoted == rollout->is_promoted && (is_promoted || is_near(weight, rollout->weight));
    bool is_as_maybe = rollout->is_uncertain && is_promoted == rollout->maybe_promoted &&
                       (is_promoted || is_near(weight, rollout->maybe_weight));
    return is_as_set || is_as_maybe;
}

static void alias_was_set(struct rollout *rollout, int64_t now_ms)
{
    rollout->is_uncertain = false;
    begin_tries(rollout);
    switch (rollout->phase) {
    case PHASE_SHIFT:
        rollout->weight = present_step(rollout)->weight;
        begin_watch(rollout, now_ms);
        break;
    case PHASE_PROMOTE:
        rollout->weight = 1;
        rollout->is_promoted = true;
        enter_after(rollout);
        break;
    default:
        rollout->weight = 0;
        rollout->is_promoted = false;
        finish(rollout, rollout->goal);
        break;
    }
}

/* Without an answer the change may have been made all the same: it will be taken back. */
static void assume_it_was_set(struct rollout *rollout)
{
    rollout->is_uncertain = true;
    rollout->maybe_promoted = rollout->phase == PHASE_PROMOTE;
    rollout->maybe_weight = rollout->maybe_promoted ? 0 : present_step(rollout)->weight;
}

/* The weights are taken back however long AWS has no time for it. */
static bool is_still_patient(struct rollout *rollout)
{
    return rollout->phase == PHASE_BACK || ++rollout->throttles < THROTTLES_MAX;
}

/* Who is refused will be refused again; the network may be back, and what was in the way gone
 * (provisioned concurrency follows an alias for minutes). */
static bool is_tried_again(struct rollout *rollout, enum alias_result result)
{
    bool may_last = result == ALIAS_FAILED_TO_SET || result == ALIAS_BUSY;
    int64_t patience_ms = may_last ? TRY_PATIENCE * rollout->plan->lost_after_ms : 0;
    if (++rollout->tries >= TRIES_MIN && rollout->waited_ms >= patience_ms)
        return false;
    rollout->wait_ms = rollout->tries < TRIES_MIN ? TRY_WAIT_MS : LATE_TRY_WAIT_MS;
    rollout->waited_ms += rollout->wait_ms;
    return true;
}

static void way_back_failed(struct rollout *rollout, enum alias_result result, const char *sentence)
{
    if (is_tried_again(rollout, result))
        return;
    set_reason(rollout, "%s", sentence);
    finish(rollout, OUTCOME_STUCK);
}

/* Forward nothing is urgent, but what has no answer may have been done. */
static void way_on_failed(struct rollout *rollout, enum alias_result result, const char *sentence)
{
    bool may_pass = result == ALIAS_BUSY || result == ALIAS_VERSION_ABSENT;
    if (may_pass && is_tried_again(rollout, result))
        return;
    set_reason(rollout, "%s", sentence);
    if (result == ALIAS_FAILED_TO_SET)
        assume_it_was_set(rollout);
    go_back(rollout, OUTCOME_FAILED);
}

void rollout_alias_done(struct rollout *rollout, enum alias_result result, const char *sentence,
                        int64_t now_ms)
{
    if (rollout_next(rollout).kind != ACTION_SET_ALIAS ||
        (result == ALIAS_THROTTLED && is_still_patient(rollout)))
        return;
    if (result == ALIAS_SET) {
        alias_was_set(rollout, now_ms);
    } else if (result == ALIAS_CHANGED_THEIRS || result == ALIAS_GONE) {
        set_reason(rollout, "%s", sentence);
        finish(rollout, OUTCOME_FAILED);
    } else if (rollout->phase != PHASE_BACK) {
        way_on_failed(rollout, result, sentence);
    } else {
        way_back_failed(rollout, result, sentence);
    }
}

static void decide_unsure(struct rollout *rollout, const char *sentence, int64_t now_ms)
{
    set_reason(rollout, "%s", sentence);
    switch ((enum on_inconclusive)rollout->plan->on_inconclusive) {
    case INCONCLUSIVE_PAUSE:
        hold(rollout, HOLD_UNSURE, now_ms);
        break;
    case INCONCLUSIVE_PROMOTE:
        finish_step(rollout, now_ms);
        break;
    case INCONCLUSIVE_EXTEND:
        if (rollout->extensions++ < EXTENSIONS_MAX)
            rollout->step_ends_ms = now_ms + present_step(rollout)->duration_ms;
        else
            go_back(rollout, OUTCOME_INCONCLUSIVE);
        break;
    case INCONCLUSIVE_ROLLBACK:
        go_back(rollout, OUTCOME_INCONCLUSIVE);
        break;
    }
}

void rollout_watch_begun(struct rollout *rollout, int64_t now_ms)
{
    if (rollout_next(rollout).kind != ACTION_WATCH)
        return;
    rollout->step_started_ms = now_ms;
    rollout->step_ends_ms = now_ms + present_step(rollout)->duration_ms;
}

void rollout_judged(struct rollout *rollout, enum check_result result, bool is_final,
                    const char *sentence, int64_t now_ms)
{
    bool waits = !is_ending(rollout) && rollout->hold == HOLD_APPROVAL;
    if (rollout_next(rollout).kind != ACTION_WATCH && !(waits && result == CHECK_FAIL))
        return;
    if (result == CHECK_FAIL) {
        fail(rollout, sentence, now_ms);
    } else if (result == CHECK_PASS && (is_final || present_step(rollout)->promotes_early)) {
        set_reason(rollout, "%s", sentence);
        finish_step(rollout, now_ms);
    } else if (is_final && result != CHECK_PASS) {
        decide_unsure(rollout, sentence, now_ms);
    }
}

void rollout_alarmed(struct rollout *rollout, const char *sentence, int64_t now_ms)
{
    if (!is_ending(rollout) && rollout->hold != HOLD_FAILURE)
        fail(rollout, sentence, now_ms);
}

void rollout_troubled(struct rollout *rollout, const char *sentence)
{
    if (is_ending(rollout))
        return;
    set_reason(rollout, "%s", sentence);
    go_back(rollout, OUTCOME_FAILED);
}

void rollout_interrupted(struct rollout *rollout, bool wants_pause, int64_t now_ms)
{
    if (is_ending(rollout))
        return;
    if (!wants_pause) {
        set_reason(rollout, "you stopped the deployment");
        go_back(rollout, OUTCOME_ROLLED_BACK);
    } else if (rollout->hold == HOLD_NONE) {
        set_reason(rollout, "you paused the deployment");
        hold(rollout, HOLD_PAUSE, now_ms);
    }
}

/* Why it stood still is no reason any more. */
static void let_go(struct rollout *rollout)
{
    rollout->hold = HOLD_NONE;
    *rollout->reason = '\0';
}

/* Whoever goes on over a verdict or an alarm answers for it. */
static void overrule(struct rollout *rollout, const char *verb, const char *by)
{
    CLEANUP(freep) char *verdict = xstrdup(rollout->reason);
    set_reason(rollout, "%s said %s, although: %s", by, verb, verdict);
}

static bool has_verdict_against_it(const struct rollout *rollout)
{
    return rollout->hold == HOLD_FAILURE || rollout->hold == HOLD_UNSURE;
}

static const char *resume(struct rollout *rollout, int64_t now_ms)
{
    switch (rollout->hold) {
    case HOLD_NONE:
        return "it is not paused";
    case HOLD_APPROVAL:
        return "it waits for approval: canary approve, or canary abort";
    case HOLD_PAUSE:
        if (rollout->phase == PHASE_WATCH)
            rollout->step_ends_ms += now_ms - rollout->held_ms;
        let_go(rollout);
        return NULL;
    default: /* the step is watched again from its beginning */
        let_go(rollout);
        if (rollout->phase == PHASE_WATCH)
            begin_watch(rollout, now_ms);
        return NULL;
    }
}

static const char *approve(struct rollout *rollout, const char *by, int64_t now_ms)
{
    if (rollout->hold == HOLD_NONE || rollout->hold == HOLD_PAUSE)
        return "it does not wait for approval";
    if (has_verdict_against_it(rollout))
        overrule(rollout, "approve", by);
    if (rollout->phase != PHASE_WATCH)
        rollout->hold = HOLD_NONE;
    else
        finish_step(rollout, now_ms);
    return NULL;
}

static const char *promote(struct rollout *rollout, const char *by, int64_t now_ms)
{
    bool is_watching = rollout->phase == PHASE_WATCH;
    if (!is_watching && rollout->hold == HOLD_NONE)
        return "there is no step to end just now";
    if (has_verdict_against_it(rollout))
        overrule(rollout, "promote", by);
    else if (is_watching)
        set_reason(rollout, "%s said promote before the step's end", by);
    else
        let_go(rollout);
    if (is_watching)
        finish_step(rollout, now_ms);
    else
        rollout->hold = HOLD_NONE;
    return NULL;
}

static const char *promote_full(struct rollout *rollout, const char *by)
{
    if (rollout->is_promoted)
        return "the new version has all the traffic already";
    CLEANUP(freep)
    char *verdict = has_verdict_against_it(rollout) ? xstrdup(rollout->reason) : NULL;
    set_reason(rollout, "promoted by %s without waiting for the rest of the plan%s%s", by,
               verdict ? ", although: " : "", verdict ? verdict : "");
    rollout->hold = HOLD_NONE;
    rollout->phase = PHASE_PROMOTE;
    begin_tries(rollout);
    return NULL;
}

const char *rollout_control(struct rollout *rollout, enum control_verb verb, const char *by,
                            int64_t now_ms)
{
    if (rollout->phase == PHASE_BACK && (verb == CONTROL_ABORT || verb == CONTROL_ROLLBACK))
        return NULL; /* as it is anyway */
    if (is_ending(rollout))
        return "it is over, or about to be";
    switch (verb) {
    case CONTROL_PAUSE:
        if (rollout->hold != HOLD_NONE)
            return "it stands still already";
        set_reason(rollout, "paused by %s", by);
        hold(rollout, HOLD_PAUSE, now_ms);
        return NULL;
    case CONTROL_RESUME:
        return resume(rollout, now_ms);
    case CONTROL_APPROVE:
        return approve(rollout, by, now_ms);
    case CONTROL_PROMOTE:
        return promote(rollout, by, now_ms);
    case CONTROL_PROMOTE_FULL:
        return promote_full(rollout, by);
    default:
        set_reason(rollout, "%s by %s", verb == CONTROL_ABORT ? "aborted" : "rolled back", by);
        go_back(rollout, OUTCOME_ROLLED_BACK);
        return NULL;
    }
}

void rollout_reopen(struct rollout *rollout)
{
    if (rollout->phase != PHASE_OVER || rollout->outcome != OUTCOME_PROMOTED)
        return;
    rollout->phase = PHASE_AFTER;
    rollout->outcome = OUTCOME_NONE;
}

/* Somebody else has done that; or the dead engine has, and could not write it down. */
static void leave_as_it_is(struct rollout *rollout, bool is_back)
{
    set_reason(rollout,
               is_back ? "all traffic goes to the old version already: the deployment's client "
                         "took it back and could not write that down (was the disk full?), or "
                         "somebody else did"
                       : "the alias is not as the deployment has written down that it set it: "
                         "somebody else has changed it while nobody watched, or the client could "
                         "not write any more (was the disk full?); nothing was overwritten");
    finish(rollout, is_back ? OUTCOME_ROLLED_BACK : OUTCOME_FAILED);
}

void rollout_taken_up(struct rollout *rollout, bool is_as_set,
                      const struct rollout_action *intended, bool is_back, int64_t last_ms,
                      int64_t now_ms)
{
    if (rollout->phase == PHASE_OVER && rollout->outcome != OUTCOME_STUCK)
        return;
    if (rollout->phase == PHASE_OVER) { /* stuck: try the way back again */
        rollout->phase = PHASE_BACK;
        rollout->outcome = OUTCOME_NONE;
        begin_tries(rollout);
    }
    if (intended && rollout_next(rollout).kind == ACTION_SET_ALIAS) {
        rollout_alias_done(rollout, ALIAS_SET, "", now_ms);
    } else if (!is_as_set) {
        leave_as_it_is(rollout, is_back);
    } else if (rollout->phase == PHASE_WATCH && rollout->hold == HOLD_NONE) {
        rollout->step_ends_ms += now_ms - last_ms;
    }
}
