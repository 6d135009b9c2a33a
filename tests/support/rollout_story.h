/*
 * Rollouts as stories: one event is a letter, so that what happened is a string.
 */
#ifndef COALMINE_ROLLOUT_STORY_H
#define COALMINE_ROLLOUT_STORY_H

#include "rollout/rollout.h"
#include "support/suite.h"
#include "xalloc.h"

#define TARGET "\"function\":\"f\",\"alias\":\"a\""

static inline struct plan *parse(const char *members)
{
    struct member_faults faults = { 0 };
    CLEANUP(freep) char *json = xformat("{" TARGET "%s}", members);
    struct plan *plan = plan_parse(text_from(json), &faults);
    ck_assert_msg(plan != NULL, "%s: %s", json, faults.count ? faults.items[0].message : "");
    return plan;
}

static const char canary_10[] = ",\"strategy\":{\"canary\":{\"weight\":\"10%\",\"for\":\"1m\"}}";

/* The letters:
 *   s alias set          S alias not set (no answer)   o changed, still ours   t changed by others
 *   r refused            T throttled           b something else is in the way
 *   n the version is not known everywhere
 *   p pass, final        q pass, early                 f fail                  u unsure, final
 *   c continue           h hook good                   H hook failed           a alarm
 *   P pause  R resume  A approve  M promote  F promote-full  X abort
 *   i interrupted (roll back)   j interrupted (pause)   l trouble */
static inline void tell(struct rollout *rollout, char event, int64_t now_ms)
{
    static const struct {
        char letter;
        enum control_verb verb;
    } words[] = { { 'P', CONTROL_PAUSE },   { 'R', CONTROL_RESUME },       { 'A', CONTROL_APPROVE },
                  { 'M', CONTROL_PROMOTE }, { 'F', CONTROL_PROMOTE_FULL }, { 'X', CONTROL_ABORT } };
    static const struct {
        char letter;
        enum alias_result result;
    } sets[] = { { 's', ALIAS_SET },
                 { 'S', ALIAS_FAILED_TO_SET },
                 { 'r', ALIAS_REFUSED },
                 { 'T', ALIAS_THROTTLED },
                 { 'b', ALIAS_BUSY },
                 { 'o', ALIAS_CHANGED_OURS },
                 { 't', ALIAS_CHANGED_THEIRS },
                 { 'n', ALIAS_VERSION_ABSENT } };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (words[i].letter == event)
            rollout_control(rollout, words[i].verb, "test", now_ms);
    }
    for (size_t i = 0; i < COUNT_OF(sets); i++) {
        if (sets[i].letter == event)
            rollout_alias_done(rollout, sets[i].result, "alias", now_ms);
    }
    if (event == 'p' || event == 'q')
        rollout_judged(rollout, CHECK_PASS, event == 'p', "good", now_ms);
    if (event == 'f')
        rollout_judged(rollout, CHECK_FAIL, false, "bad", now_ms);
    if (event == 'u')
        rollout_judged(rollout, CHECK_INCONCLUSIVE, true, "unsure", now_ms);
    if (event == 'c')
        rollout_judged(rollout, CHECK_CONTINUE, false, "", now_ms);
    if (event == 'h' || event == 'H')
        rollout_hook_done(rollout, event == 'h', "hook", now_ms);
    if (event == 'a')
        rollout_alarmed(rollout, "alarm", now_ms);
    if (event == 'i' || event == 'j')
        rollout_interrupted(rollout, event == 'j', now_ms);
    if (event == 'l')
        rollout_troubled(rollout, "lost");
}

static inline void tell_all(struct rollout *rollout, const char *story, int64_t now_ms)
{
    for (const char *event = story; *event; event++)
        tell(rollout, *event, now_ms += 1000);
}

#endif
