/*
 * The rollout's words, and how it is kept in deployment.json.
 */
#include <math.h>
#include <stdio.h>

#include "rollout/rollout.h"

static const char *const phases[PHASE_COUNT] = {
    [PHASE_BEFORE] = "before",   [PHASE_SHIFT] = "shift",     [PHASE_WATCH] = "watch",
    [PHASE_BETWEEN] = "between", [PHASE_PROMOTE] = "promote", [PHASE_AFTER] = "after",
    [PHASE_BACK] = "back",       [PHASE_OVER] = "over",
};
static const char *const holds[HOLD_COUNT] = { [HOLD_NONE] = "none",
                                               [HOLD_APPROVAL] = "approval",
                                               [HOLD_PAUSE] = "pause",
                                               [HOLD_FAILURE] = "failure",
                                               [HOLD_UNSURE] = "unsure" };
static const char *const outcomes[OUTCOME_COUNT] = {
    [OUTCOME_NONE] = "running",
    [OUTCOME_PROMOTED] = "promoted",
    [OUTCOME_ROLLED_BACK] = "rolled back",
    [OUTCOME_INCONCLUSIVE] = "inconclusive",
    [OUTCOME_FAILED] = "failed",
    [OUTCOME_STUCK] = "stuck",
};
static const char *const verbs[CONTROL_COUNT] = {
    [CONTROL_PAUSE] = "pause",
    [CONTROL_RESUME] = "resume",
    [CONTROL_APPROVE] = "approve",
    [CONTROL_PROMOTE] = "promote",
    [CONTROL_PROMOTE_FULL] = "promote-full",
    [CONTROL_ABORT] = "abort",
    [CONTROL_ROLLBACK] = "rollback",
};

const char *rollout_phase_name(enum rollout_phase phase)
{
    return phases[phase];
}

const char *rollout_hold_name(enum rollout_hold hold)
{
    return holds[hold];
}

const char *control_verb_name(enum control_verb verb)
{
    return verbs[verb];
}

static bool find_name(const char *name, const char *const *names, int count, int *index_out)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            *index_out = i;
            return true;
        }
    }
    return false;
}

bool control_verb_parse(const char *name, enum control_verb *verb_out)
{
    int index;
    if (!find_name(name, verbs, CONTROL_COUNT, &index))
        return false;
    *verb_out = (enum control_verb)index;
    return true;
}

const char *rollout_status(const struct rollout *rollout)
{
    if (rollout->phase == PHASE_OVER)
        return outcomes[rollout->outcome];
    if (rollout->hold == HOLD_APPROVAL)
        return "approval";
    return rollout->hold == HOLD_NONE ? "running" : "paused";
}

int rollout_exit_status(const struct rollout *rollout)
{
    static const int statuses[OUTCOME_COUNT] = {
        [OUTCOME_NONE] = 5,   [OUTCOME_PROMOTED] = 0,     [OUTCOME_ROLLED_BACK] = 3,
        [OUTCOME_FAILED] = 1, [OUTCOME_INCONCLUSIVE] = 4, [OUTCOME_STUCK] = 1
    };
    return rollout->hold == HOLD_UNSURE ? 4 : statuses[rollout->outcome];
}

void rollout_write(const struct rollout *rollout, cJSON *json)
{
    json_set_text(json, "status", rollout_status(rollout));
    json_set_text(json, "reason", rollout->reason);
    if (rollout->phase == PHASE_OVER)
        json_set_double(json, "exitCode", rollout_exit_status(rollout));
    json_set_text(json, "phase", phases[rollout->phase]);
    json_set_text(json, "hold", holds[rollout->hold]);
    json_set_text(json, "goal", outcomes[rollout->goal]);
    json_set_text(json, "outcome", outcomes[rollout->outcome]);
    json_set_double(json, "step", rollout->step);
    json_set_double(json, "steps", (double)rollout->plan->step_count);
    json_set_double(json, "hook", rollout->hook);
    json_set_double(json, "extensions", rollout->extensions);
    json_set_double(json, "watch", rollout->watch);
    json_set_double(json, "weight", rollout->weight);
    json_set_bool(json, "isPromoted", rollout->is_promoted);
    json_set_bool(json, "isUncertain", rollout->is_uncertain);
    json_set_double(json, "maybeWeight", rollout->maybe_weight);
    json_set_bool(json, "maybePromoted", rollout->maybe_promoted);
    json_set_double(json, "stepStartedAt", (double)rollout->step_started_ms);
    json_set_double(json, "stepEndsAt", (double)rollout->step_ends_ms);
    json_set_double(json, "heldAt", (double)rollout->held_ms);
}

static bool read_words(struct rollout *rollout, const cJSON *json)
{
    int phase;
    int hold;
    int goal;
    int outcome;
    if (!find_name(json_text(json, "phase", ""), phases, PHASE_COUNT, &phase) ||
        !find_name(json_text(json, "hold", ""), holds, HOLD_COUNT, &hold) ||
        !find_name(json_text(json, "goal", ""), outcomes, OUTCOME_COUNT, &goal) ||
        !find_name(json_text(json, "outcome", ""), outcomes, OUTCOME_COUNT, &outcome))
        return false;
    rollout->phase = (enum rollout_phase)phase;
    rollout->hold = (enum rollout_hold)hold;
    rollout->goal = (enum rollout_outcome)goal;
    rollout->outcome = (enum rollout_outcome)outcome;
    return true;
}

/* Nothing that is read may lead outside of the plan's lists. */
static bool fits_plan(const struct rollout *rollout)
{
    const struct plan *plan = rollout->plan;
    bool needs_step = rollout->phase == PHASE_SHIFT || rollout->phase == PHASE_WATCH ||
                      rollout->phase == PHASE_BETWEEN;
    size_t hooks = rollout->phase == PHASE_BEFORE    ? plan->hook_counts[HOOK_BEFORE]
                   : rollout->phase == PHASE_BETWEEN ? plan->hook_counts[HOOK_BETWEEN]
                   : rollout->phase == PHASE_AFTER   ? plan->hook_counts[HOOK_AFTER]
                                                     : (size_t)INT32_MAX;
    return rollout->step >= 0 && rollout->hook >= 0 &&
           (!needs_step || (size_t)rollout->step < plan->step_count) &&
           (size_t)rollout->hook < hooks && rollout->weight >= 0 && rollout->weight <= 1;
}

bool rollout_read(struct rollout *rollout, const cJSON *json)
{
    *rollout = (struct rollout){ .plan = rollout->plan };
    if (!read_words(rollout, json))
        return false;
    rollout->step = (int)json_int(json, "step", -1);
    rollout->hook = (int)json_int(json, "hook", 0);
    rollout->extensions = (int)json_int(json, "extensions", 0);
    rollout->watch = (int)json_int(json, "watch", 0);
    rollout->weight = json_double(json, "weight", -1);
    rollout->is_promoted = json_bool(json, "isPromoted", false);
    rollout->is_uncertain = json_bool(json, "isUncertain", false);
    rollout->maybe_weight = json_double(json, "maybeWeight", 0);
    rollout->maybe_promoted = json_bool(json, "maybePromoted", false);
    rollout->step_started_ms = json_int(json, "stepStartedAt", 0);
    rollout->step_ends_ms = json_int(json, "stepEndsAt", 0);
    rollout->held_ms = json_int(json, "heldAt", 0);
    snprintf(rollout->reason, sizeof(rollout->reason), "%s", json_text(json, "reason", ""));
    return fits_plan(rollout);
}
