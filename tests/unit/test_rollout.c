/* rollout: decisions from events, without time or network; every end says the truth. */
#include "rollout/rollout.h"

#include <math.h>

#include "random.h"
#include "support/suite.h"
#include "xalloc.h"

#define TARGET "\"function\":\"f\",\"alias\":\"a\""

static struct plan *parse(const char *members)
{
    struct member_faults faults = { 0 };
    CLEANUP(freep) char *json = xformat("{" TARGET "%s}", members);
    struct plan *plan = plan_parse(text_from(json), &faults);
    ck_assert_msg(plan != NULL, "%s: %s", json, faults.count ? faults.items[0].message : "");
    return plan;
}

static const char canary_10[] = ",\"strategy\":{\"canary\":{\"weight\":\"10%\",\"for\":\"1m\"}}";

/* The way back without an answer is given up after ten seconds of waiting: six tries. */
static const char canary_lost[] =
    ",\"lostAfter\":\"1s\",\"strategy\":{\"canary\":{\"weight\":\"10%\",\"for\":\"1m\"}}";

/* One event as a letter, so that a story is a string:
 *   s alias set          S alias not set (no answer)   o changed, still ours   t changed by others
 *   r refused            T throttled           b something else is in the way
 *   p pass, final        q pass, early                 f fail                  u unsure, final
 *   c continue           h hook good                   H hook failed           a alarm
 *   P pause  R resume  A approve  M promote  F promote-full  X abort
 *   i interrupted (roll back)   j interrupted (pause)   l trouble */
static void tell(struct rollout *rollout, char event, int64_t now_ms)
{
    static const struct {
        char letter;
        enum control_verb verb;
    } words[] = { { 'P', CONTROL_PAUSE },   { 'R', CONTROL_RESUME },       { 'A', CONTROL_APPROVE },
                  { 'M', CONTROL_PROMOTE }, { 'F', CONTROL_PROMOTE_FULL }, { 'X', CONTROL_ABORT } };
    static const struct {
        char letter;
        enum alias_result result;
    } sets[] = { { 's', ALIAS_SET },           { 'S', ALIAS_FAILED_TO_SET },
                 { 'r', ALIAS_REFUSED },       { 'T', ALIAS_THROTTLED },
                 { 'b', ALIAS_BUSY },          { 'o', ALIAS_CHANGED_OURS },
                 { 't', ALIAS_CHANGED_THEIRS } };
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

START_TEST(stories_end_as_they_should)
{
    static const struct {
        const char *plan;
        const char *story;
        const char *status;
        double weight;
    } rows[] = {
        { canary_10, "sps", "promoted", 1 },
        { canary_10, "s", "running", 0.1 },
        { canary_10, "scccq", "running", 0.1 }, /* early, but the plan does not want that */
        { canary_10, "sfs", "rolled back", 0 },
        { canary_10, "sus", "inconclusive", 0 },
        { canary_10, "sas", "rolled back", 0 },
        { canary_10, "sis", "rolled back", 0 },
        { canary_10, "sj", "paused", 0.1 },
        { canary_10, "sjRps", "promoted", 1 },
        { canary_10, "sls", "failed", 0 },
        { canary_10, "sPs", "paused", 0.1 },
        { canary_10, "sPRps", "promoted", 1 },
        { canary_10, "sPXs", "rolled back", 0 },
        { canary_10, "sA", "running", 0.1 },
        { canary_10, "sPA", "paused", 0.1 }, /* what was paused is resumed, not approved */
        { canary_10, "sMs", "promoted", 1 },
        { canary_10, "sFs", "promoted", 1 },
        { canary_10, "sPFs", "promoted", 1 },
        { canary_10, "t", "failed", 0 },
        { canary_10, "o", "failed", 0 },
        { canary_10, "r", "failed", 0 },
        { canary_10, "sprs", "failed", 0 },
        { canary_10, "sfrrrrrr", "stuck", 0.1 },
        { canary_10, "Ss", "failed", 0 }, /* perhaps it was set: taken back */
        { canary_10, "spSs", "failed", 0 },
        { canary_10, "spts", "failed", 0.1 }, /* theirs: left as it is */
        { canary_lost, "sfSSSSSS", "stuck", 0.1 },
        { canary_lost, "sfSSSSSs", "rolled back", 0 },
        { canary_10, "sfSSSSSSSSSSSSs", "rolled back", 0 }, /* the network may come back */
        { canary_10, "sfSSSSSr", "stuck", 0.1 },
        { canary_10, "TTTTTTTTTspTs", "promoted", 1 },
        { canary_10, "TTTTTTTTTT", "failed", 0 },
        { canary_10, "TTTTTTTTTspTTTTTTTTTs", "promoted", 1 },
        { canary_10, "sfTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTs", "rolled back", 0 },
        { canary_10, "b", "failed", 0 },
        { canary_10, "sfbbbbbbbbbbbbs", "rolled back", 0 },
        { canary_lost, "sfbbbbbb", "stuck", 0.1 },
        { canary_10, "Tis", "rolled back", 0 },
        { canary_10, "Tj", "paused", 0 },
        { canary_10, "sfoos", "rolled back", 0 },
        { ",\"strategy\":\"AllAtOnce\"", "s", "promoted", 1 },
        { ",\"strategy\":\"AllAtOnce\"", "Ss", "failed", 0 },
        { ",\"strategy\":{\"canary\":{\"weight\":\"10%\",\"for\":\"1m\",\"promoteEarly\":true}}",
          "sqs", "promoted", 1 },
        { ",\"onFailure\":\"pause\"", "sf", "paused", 0.1 },
        { ",\"onFailure\":\"pause\"", "sfa", "paused", 0.1 },
        { ",\"onFailure\":\"pause\"", "sfRps", "promoted", 1 },
        { ",\"onFailure\":\"pause\"", "sfAs", "promoted", 1 },
        { ",\"onFailure\":\"pause\"", "sfXs", "rolled back", 0 },
        { ",\"onInconclusive\":\"pause\"", "suAs", "promoted", 1 },
        { ",\"onInconclusive\":\"promote\"", "sus", "promoted", 1 },
        { ",\"onInconclusive\":\"extend\"", "suuups", "promoted", 1 },
        { ",\"onInconclusive\":\"extend\"", "suuuus", "inconclusive", 0 },
        { ",\"onInconclusive\":\"extend\",\"strategy\":{\"linear\":{\"weight\":\"40%\","
          "\"every\":\"1m\"}}",
          "suuupsuuups", "promoted", 1 },
        { ",\"strategy\":{\"linear\":{\"weight\":\"50%\",\"every\":\"1m\"}}", "sps", "promoted",
          1 },
        { ",\"strategy\":{\"steps\":[{\"weight\":\"5%\"},{\"approve\":true},{\"weight\":\"50%\"}]}",
          "sp", "approval", 0.05 },
        { ",\"strategy\":{\"steps\":[{\"weight\":\"5%\"},{\"approve\":true},{\"weight\":\"50%\"}]}",
          "spR", "approval", 0.05 },
        { ",\"strategy\":{\"steps\":[{\"weight\":\"5%\"},{\"approve\":true},{\"weight\":\"50%\"}]}",
          "spAsps", "promoted", 1 },
        { ",\"strategy\":{\"steps\":[{\"weight\":\"5%\"},{\"approve\":true},{\"weight\":\"50%\"}]}",
          "spas", "rolled back", 0 },
        { ",\"strategy\":{\"steps\":[{\"weight\":\"5%\"},{\"approve\":true},{\"weight\":\"50%\"}]}",
          "spfs", "rolled back", 0 }, /* while approval is waited for, a failure alone counts */
        { ",\"strategy\":{\"steps\":[{\"weight\":\"5%\"},{\"approve\":true},{\"weight\":\"50%\"}]}",
          "sppquc", "approval", 0.05 },
        { ",\"strategy\":{\"steps\":[{\"weight\":\"5%\"},{\"hook\":{\"command\":\"x\"}}]}", "sphs",
          "promoted", 1 },
        { ",\"strategy\":{\"steps\":[{\"weight\":\"5%\"},{\"hook\":{\"command\":\"x\"}}]}", "spHs",
          "rolled back", 0 },
        { ",\"strategy\":{\"steps\":[{\"weight\":0},{\"hook\":{\"command\":\"x\"}}]}", "phs",
          "promoted", 1 },
        { ",\"hooks\":{\"before\":[{\"command\":\"x\"},{\"command\":\"y\"}]}", "hhsps", "promoted",
          1 },
        { ",\"hooks\":{\"before\":[{\"command\":\"x\"}]}", "H", "rolled back", 0 },
        { ",\"hooks\":{\"between\":[{\"command\":\"x\"}]}", "sphs", "promoted", 1 },
        { ",\"hooks\":{\"between\":[{\"command\":\"x\"}]}", "spHs", "rolled back", 0 },
        { ",\"hooks\":{\"between\":[{\"command\":\"x\"},{\"command\":\"y\"}]},\"strategy\":{"
          "\"steps\":[{\"weight\":\"5%\"},{\"approve\":true},{\"weight\":\"50%\"}]}",
          "spAhhs", "running", 0.5 }, /* only where the weight changes */
        { ",\"hooks\":{\"between\":[{\"command\":\"x\"}]},\"strategy\":{\"steps\":["
          "{\"weight\":0,\"for\":\"1m\"},{\"weight\":\"5%\"}]}",
          "ps", "running", 0.05 }, /* before the first change there is nothing to be between */
        { ",\"hooks\":{\"after\":[{\"command\":\"x\"}]}", "sps", "running", 1 },
        { ",\"hooks\":{\"after\":[{\"command\":\"x\"}]}", "spsh", "promoted", 1 },
        { ",\"hooks\":{\"after\":[{\"command\":\"x\"}]}", "spsHs", "rolled back", 0 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct plan *plan = parse(rows[i].plan);
        struct rollout rollout;
        int64_t now_ms = 1000;
        rollout_start(&rollout, plan, now_ms);
        for (const char *event = rows[i].story; *event; event++)
            tell(&rollout, *event, now_ms += 1000);
        ck_assert_msg(strcmp(rollout_status(&rollout), rows[i].status) == 0 &&
                          fabs(rollout.weight - rows[i].weight) < 1e-9,
                      "row %zu %s %s: %s, weight %g (%s)", i, rows[i].plan, rows[i].story,
                      rollout_status(&rollout), rollout.weight, rollout.reason);
        plan_destroy(plan);
    }
}
END_TEST

START_TEST(a_pause_prolongs_the_step_and_words_that_do_not_fit_are_refused)
{
    struct plan *plan = parse(canary_10);
    struct rollout rollout;
    rollout_start(&rollout, plan, 0);
    rollout_alias_done(&rollout, ALIAS_SET, "", 1000);
    ck_assert_int_eq(rollout_next(&rollout).until_ms, 61000);
    ck_assert_ptr_nonnull(rollout_control(&rollout, CONTROL_APPROVE, "x", 2000));
    ck_assert_ptr_nonnull(rollout_control(&rollout, CONTROL_RESUME, "x", 2000));
    ck_assert_ptr_null(rollout_control(&rollout, CONTROL_PAUSE, "x", 11000));
    ck_assert_ptr_nonnull(rollout_control(&rollout, CONTROL_PAUSE, "x", 12000));
    ck_assert_ptr_null(rollout_control(&rollout, CONTROL_RESUME, "x", 41000));
    ck_assert_int_eq(rollout_next(&rollout).until_ms, 91000);
    ck_assert_ptr_null(rollout_control(&rollout, CONTROL_ABORT, "x", 42000));
    ck_assert_ptr_nonnull(rollout_control(&rollout, CONTROL_PAUSE, "x", 42000));
    plan_destroy(plan);
}
END_TEST

START_TEST(the_time_that_nobody_watched_is_added_when_it_is_taken_up)
{
    struct plan *plan = parse(canary_10);
    struct rollout rollout;
    rollout_start(&rollout, plan, 0);
    rollout_alias_done(&rollout, ALIAS_SET, "", 1000);
    rollout_taken_up(&rollout, true, NULL, false, 11000, 41000);
    ck_assert_int_eq(rollout_next(&rollout).until_ms, 91000);
    plan_destroy(plan);
}
END_TEST

static void tell_all(struct rollout *rollout, const char *story, int64_t now_ms)
{
    for (const char *event = story; *event; event++)
        tell(rollout, *event, now_ms += 1000);
}

START_TEST(what_somebody_changed_while_nobody_watched_is_left_as_it_is)
{
    static const struct rollout_action back = { .kind = ACTION_SET_ALIAS, .target = TARGET_BASE };
    static const struct {
        const char *story;
        bool is_as_set;
        const struct rollout_action *intended;
        bool is_back;
        const char *status;
        const char *reason;
    } rows[] = {
        { "s", true, NULL, false, "running", "" },
        { "s", false, NULL, false, "failed", "somebody else has changed it" },
        { "s", false, NULL, true, "rolled back", "all traffic goes to the old version already" },
        { "sP", false, NULL, false, "failed", "nothing was overwritten" },
        { "sf", true, NULL, false, "running", "bad" },
        { "sf", false, &back, true, "rolled back", "bad" },
        { "s", false, &back, true, "rolled back", "already" }, /* no change was under way */
        { "sps", false, NULL, true, "promoted", "good" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct plan *plan = parse(canary_10);
        struct rollout rollout;
        rollout_start(&rollout, plan, 0);
        tell_all(&rollout, rows[i].story, 0);
        rollout_taken_up(&rollout, rows[i].is_as_set, rows[i].intended, rows[i].is_back, 9000,
                         10000);
        ck_assert_msg(strcmp(rollout_status(&rollout), rows[i].status) == 0 &&
                          strstr(rollout.reason, rows[i].reason),
                      "row %zu: %s (%s)", i, rollout_status(&rollout), rollout.reason);
        plan_destroy(plan);
    }
}
END_TEST

START_TEST(a_word_that_is_refused_is_no_reason)
{
    struct plan *plan =
        parse(",\"strategy\":\"AllAtOnce\",\"hooks\":{\"after\":[{\"command\":\"x\"}]}");
    struct rollout rollout;
    rollout_start(&rollout, plan, 0);
    rollout_alias_done(&rollout, ALIAS_SET, "", 1000);
    ck_assert(rollout.is_promoted && rollout.phase == PHASE_AFTER);
    ck_assert_ptr_nonnull(rollout_control(&rollout, CONTROL_PROMOTE_FULL, "x", 2000));
    ck_assert_str_eq(rollout.reason, "");
    plan_destroy(plan);
}
END_TEST

START_TEST(the_failure_that_it_stands_still_for_stays_the_reason)
{
    struct plan *plan = parse(",\"onFailure\":\"pause\"");
    struct rollout rollout;
    rollout_start(&rollout, plan, 0);
    tell_all(&rollout, "sfa", 0);
    ck_assert_str_eq(rollout.reason, "bad");
    plan_destroy(plan);
}
END_TEST

/* Why it stands still is no reason once it goes on; who goes on over a verdict is named with it. */
START_TEST(whoever_lets_it_go_on_is_the_reason)
{
    static const struct {
        const char *plan;
        const char *story;
        const char *reason;
    } rows[] = {
        { canary_10, "sPR", "" },
        { canary_10, "sjR", "" },
        { canary_10, "sPRps", "good" },
        { canary_10, "sMs", "test said promote before the step's end" },
        { canary_10, "sPMs", "test said promote before the step's end" },
        { canary_10, "PM", "" },
        { ",\"onFailure\":\"pause\"", "sfR", "" },
        { ",\"onFailure\":\"pause\"", "sfRps", "good" },
        { ",\"onFailure\":\"pause\"", "sfAs", "test said approve, although: bad" },
        { ",\"onFailure\":\"pause\"", "sfMs", "test said promote, although: bad" },
        { ",\"onFailure\":\"pause\"", "aA", "test said approve, although: alarm" },
        { canary_10, "sFs", "promoted by test without waiting for the rest of the plan" },
        { canary_10, "sPFs", "promoted by test without waiting for the rest of the plan" },
        { ",\"onFailure\":\"pause\"", "sfFs",
          "promoted by test without waiting for the rest of the plan, although: bad" },
        { ",\"onInconclusive\":\"pause\"", "suAs", "test said approve, although: unsure" },
        { ",\"strategy\":{\"steps\":[{\"weight\":0.1,\"for\":\"1m\"},{\"approve\":true}]}", "spAs",
          "good" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct plan *plan = parse(rows[i].plan);
        struct rollout rollout;
        rollout_start(&rollout, plan, 0);
        tell_all(&rollout, rows[i].story, 0);
        ck_assert_msg(strcmp(rollout.reason, rows[i].reason) == 0, "%s: %s", rows[i].story,
                      rollout.reason);
        plan_destroy(plan);
    }
}
END_TEST

START_TEST(a_reason_that_is_too_long_says_that_it_goes_on)
{
    struct plan *plan = parse("");
    struct rollout rollout;
    char sentence[2 * REASON_MAX];
    for (size_t i = 0; i < sizeof(sentence) - 1; i++) /* characters of two bytes each */
        sentence[i] = "\xc3\xa4"[i % 2];
    sentence[sizeof(sentence) - 1] = '\0';
    rollout_start(&rollout, plan, 0);
    rollout_troubled(&rollout, sentence);
    size_t size = strlen(rollout.reason);
    ck_assert_uint_gt(size, REASON_MAX - 8);
    ck_assert_str_eq(rollout.reason + size - 5, "\xc3\xa4...");
    ck_assert_str_eq(rollout_status(&rollout), "failed");
    plan_destroy(plan);
}
END_TEST

START_TEST(a_way_back_without_an_answer_is_tried_for_ten_times_lost_after)
{
    struct plan *plan = parse(canary_10);
    struct rollout rollout;
    rollout_start(&rollout, plan, 0);
    tell_all(&rollout, "sf", 0);
    int64_t waited_ms = 0;
    while (rollout.phase == PHASE_BACK && waited_ms < 3600000) {
        rollout_alias_done(&rollout, ALIAS_FAILED_TO_SET, "no answer", 0);
        waited_ms += rollout.phase == PHASE_BACK ? rollout.back_wait_ms : 0;
    }
    ck_assert_str_eq(rollout_status(&rollout), "stuck");
    ck_assert_int_ge(waited_ms, 600000);
    ck_assert_int_le(waited_ms, 610000);
    plan_destroy(plan);
}
END_TEST

START_TEST(a_way_back_that_was_stuck_is_tried_as_often_when_it_is_taken_up)
{
    struct plan *plan = parse(canary_lost);
    struct rollout rollout;
    rollout_start(&rollout, plan, 0);
    tell_all(&rollout, "sfSSSSSS", 0);
    ck_assert_str_eq(rollout_status(&rollout), "stuck");
    rollout_taken_up(&rollout, true, NULL, false, 9000, 10000);
    tell_all(&rollout, "SSSSSs", 10000);
    ck_assert_str_eq(rollout_status(&rollout), "rolled back");
    plan_destroy(plan);
}
END_TEST

/* ---- Any sequence of events, and a crash at any time --------------------------------------- */

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
    if (luck % 8 == 0)
        return ALIAS_FAILED_TO_SET; /* the request was lost */
    if (luck % 8 == 2)
        return luck % 16 == 2 ? ALIAS_REFUSED : ALIAS_THROTTLED;
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

START_TEST(what_is_damaged_is_not_taken_up)
{
    struct plan *plan = parse(canary_10);
    static const char *const texts[] = {
        "{}",
        "{\"phase\":\"watch\",\"hold\":\"none\",\"goal\":\"running\",\"outcome\":\"running\","
        "\"step\":7,\"weight\":0.1}",
        "{\"phase\":\"before\",\"hold\":\"none\",\"goal\":\"running\",\"outcome\":\"running\","
        "\"step\":0,\"weight\":0}",
        "{\"phase\":\"watch\",\"hold\":\"none\",\"goal\":\"running\",\"outcome\":\"running\","
        "\"step\":0,\"weight\":2}",
        "{\"phase\":\"dreaming\",\"hold\":\"none\",\"goal\":\"running\",\"outcome\":\"running\","
        "\"step\":0,\"weight\":0}",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct rollout rollout = { .plan = plan };
        CLEANUP(json_deletep) cJSON *json = json_parse(text_from(texts[i]));
        ck_assert_msg(!rollout_read(&rollout, json), "%s", texts[i]);
    }
    plan_destroy(plan);
}
END_TEST

SUITE("rollout", stories_end_as_they_should,
      a_pause_prolongs_the_step_and_words_that_do_not_fit_are_refused,
      the_time_that_nobody_watched_is_added_when_it_is_taken_up,
      what_somebody_changed_while_nobody_watched_is_left_as_it_is,
      a_word_that_is_refused_is_no_reason, the_failure_that_it_stands_still_for_stays_the_reason,
      whoever_lets_it_go_on_is_the_reason, a_reason_that_is_too_long_says_that_it_goes_on,
      a_way_back_without_an_answer_is_tried_for_ten_times_lost_after,
      a_way_back_that_was_stuck_is_tried_as_often_when_it_is_taken_up,
      every_sequence_of_events_and_crashes_ends_in_what_is_said, what_is_damaged_is_not_taken_up)
