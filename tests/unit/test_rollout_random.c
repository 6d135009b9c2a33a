/* rollout: any sequence of events, and a crash at any time. */
#include <math.h>

#include "random.h"
#include "support/rollout_story.h"

/* The alias as it really is, with a revision that every change moves on. */
struct played {
    enum alias_target target;
    double weight;
    bool is_theirs; /* somebody pointed it elsewhere */
    int revision;
    int seen; /* the revision that the engine knows */
};

static bool is_routed(const struct played *world, enum alias_target target, double weight)
{
    if (world->is_theirs)
        return false;
    if (target == TARGET_SPLIT && weight <= 0)
        target = TARGET_BASE;
    return world->target == target &&
           (target != TARGET_SPLIT || fabs(world->weight - weight) < 1e-9);
}

static bool is_as_set(const struct played *world, const struct rollout *rollout)
{
    double weight = world->target == TARGET_SPLIT ? world->weight : 0;
    return !world->is_theirs && rollout_expects(rollout, world->target == TARGET_NEW, weight);
}

static void apply(struct played *world, const struct rollout_action *action)
{
    world->target = action->target;
    world->weight = action->weight;
    world->revision++;
}

/* As engine.c does it: the change is guarded by the revision; after a refusal one looks. */
static enum alias_result change(struct played *world, const struct rollout *rollout,
                                const struct rollout_action *action, unsigned luck)
{
    static const enum alias_result failures[] = { ALIAS_REFUSED, ALIAS_THROTTLED, ALIAS_BUSY,
                                                  ALIAS_VERSION_ABSENT };
    if (luck % 8 == 0)
        return ALIAS_FAILED_TO_SET; /* the request was lost */
    if (luck % 8 == 2)
        return failures[luck / 8 % COUNT_OF(failures)];
    if (world->seen == world->revision) {
        ck_assert_msg(!world->is_theirs, "what somebody else has set is overwritten");
        apply(world, action);
        if (luck % 8 == 1)
            return ALIAS_FAILED_TO_SET; /* the answer was lost */
        world->seen = world->revision;
        return ALIAS_SET;
    }
    world->seen = world->revision;
    if (is_routed(world, action->target, action->weight))
        return ALIAS_SET;
    return is_as_set(world, rollout) ? ALIAS_CHANGED_OURS : ALIAS_CHANGED_THEIRS;
}

static void check_end(const struct played *world, const struct rollout *rollout, const char *where)
{
    bool is_back = is_routed(world, TARGET_BASE, 0);
    switch (rollout->outcome) {
    case OUTCOME_PROMOTED:
        /* Somebody may change the alias after we are done with it. */
        ck_assert_msg(world->is_theirs || is_routed(world, TARGET_NEW, 0), "%s: promoted, but not",
                      where);
        break;
    case OUTCOME_ROLLED_BACK:
    case OUTCOME_INCONCLUSIVE:
    case OUTCOME_FAILED:
        ck_assert_msg(world->is_theirs || is_back, "%s: %s, but traffic goes to the new version",
                      where, rollout_status(rollout));
        break;
    default:
        ck_assert_msg(rollout->outcome == OUTCOME_STUCK, "%s: no end", where);
        break;
    }
}

/* The engine dies; another one takes up what was written. */
static void crash(struct rollout *rollout, struct played *world,
                  const struct rollout_action *intent, int64_t last_ms, int64_t now_ms)
{
    const struct plan *plan = rollout->plan;
    CLEANUP(json_deletep) cJSON *json = cJSON_CreateObject();
    rollout_write(rollout, json);
    CLEANUP(freep) char *text = json_print(json);
    CLEANUP(json_deletep) cJSON *again = json_parse(text_from(text));
    struct rollout other = { .plan = plan };
    ck_assert_msg(rollout_read(&other, again), "%s", text);
    world->seen = world->revision;
    bool is_intended = intent && is_routed(world, intent->target, intent->weight);
    rollout_taken_up(&other, is_as_set(world, &other), is_intended ? intent : NULL,
                     is_routed(world, TARGET_BASE, 0), last_ms, now_ms);
    *rollout = other;
}

static const char *const plans[] = {
    canary_10,
    ",\"strategy\":\"AllAtOnce\",\"hooks\":{\"after\":[{\"command\":\"x\"}]}",
    ",\"strategy\":{\"linear\":{\"weight\":\"30%\",\"every\":\"1m\"}},\"onFailure\":\"pause\"",
    ",\"strategy\":{\"steps\":[{\"weight\":\"5%\",\"for\":\"1m\"},{\"approve\":true},"
    "{\"weight\":\"50%\"},{\"pause\":\"1m\"},{\"hook\":{\"command\":\"x\"}},"
    "{\"analysis\":{\"for\":\"1m\"}},{\"weight\":\"100%\",\"for\":\"1m\"}]},"
    "\"onInconclusive\":\"extend\",\"hooks\":{\"before\":[{\"command\":\"x\"}],"
    "\"between\":[{\"command\":\"x\"}],\"after\":[{\"command\":\"x\"},{\"command\":\"y\"}]}",
    ",\"onInconclusive\":\"pause\",\"strategy\":{\"steps\":[{\"weight\":0,\"for\":\"1m\"}]}",
};

/* Performs the next action with luck; false at the end. */
static bool step(struct rollout *rollout, struct played *world, struct random_stream *stream,
                 bool is_calm, int64_t *now_ms)
{
    static const char noise[] = "pppqfuccaPRAMFXijlAARR";
    struct rollout_action action = rollout_next(rollout);
    unsigned luck = is_calm ? 7 : (unsigned)(random_next(stream) >> 32);
    int64_t before_ms = *now_ms;
    *now_ms += 1000;
    if (action.kind == ACTION_END)
        return false;
    if (!is_calm && luck % 64 == 3) { /* somebody else */
        world->revision++;
        world->is_theirs |= luck % 128 == 3;
    }
    if (action.kind == ACTION_SET_ALIAS) {
        unsigned death = is_calm ? 9 : luck / 64 % 10;
        if (death == 0) { /* before the change: the intent is written */
            crash(rollout, world, &action, before_ms, *now_ms);
            return true;
        }
        enum alias_result result = change(world, rollout, &action, luck / 1024);
        if (death == 1) /* after it */
            crash(rollout, world, &action, before_ms, *now_ms);
        else
            rollout_alias_done(rollout, result, "alias", *now_ms);
    } else if (action.kind == ACTION_HOOK) {
        rollout_hook_done(rollout, is_calm || luck / 64 % 6 != 0, "hook", *now_ms);
    } else if (is_calm) {
        tell(rollout, action.kind == ACTION_HOLD ? 'X' : 'p', *now_ms);
    }
    if (!is_calm && luck / 8 % 8 < 3)
        tell(rollout, noise[luck / 64 % (sizeof(noise) - 1)], *now_ms);
    if (!is_calm && luck / 4096 % 12 == 0)
        crash(rollout, world, NULL, before_ms, *now_ms);
    return true;
}

START_TEST(every_sequence_of_events_and_crashes_ends_in_what_is_said)
{
    random_set_seed(20261125);
    struct random_stream stream = random_stream_for("rollout");
    int outcomes[OUTCOME_COUNT] = { 0 };
    for (int run = 0; run < 60000; run++) {
        struct plan *plan = run % 2000 ? NULL : parse(plans[run / 2000 % COUNT_OF(plans)]);
        static struct plan *kept;
        if (plan) {
            plan_destroy(kept);
            kept = plan;
        }
        struct rollout rollout;
        struct played world = { .target = TARGET_BASE };
        int64_t now_ms = 1000;
        char where[64];
        snprintf(where, sizeof(where), "run %d", run);
        rollout_start(&rollout, kept, now_ms);
        int moves = 0;
        while (step(&rollout, &world, &stream, moves > 60, &now_ms))
            ck_assert_msg(++moves < 400, "run %d never ends", run);
        check_end(&world, &rollout, where);
        outcomes[rollout.outcome]++;
        if (run == 59999)
            plan_destroy(kept);
    }
    for (int outcome = OUTCOME_PROMOTED; outcome < OUTCOME_COUNT; outcome++)
        ck_assert_msg(outcomes[outcome] > 0, "no run ended with outcome %d", outcome);
}
END_TEST

SUITE("rollout at random", every_sequence_of_events_and_crashes_ends_in_what_is_said)
