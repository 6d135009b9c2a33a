/* rollout: decisions from events, without time or network; every end says the truth. */
#include "rollout/rollout.h"

#include <math.h>

#include "support/rollout_story.h"

/* The way back without an answer is given up after ten seconds of waiting: six tries. */
static const char canary_lost[] =
    ",\"lostAfter\":\"1s\",\"strategy\":{\"canary\":{\"weight\":\"10%\",\"for\":\"1m\"}}";

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
        { canary_10, "TTTTTTTTTFTTTTTTTTTs", "promoted", 1 }, /* that is another change */
        { canary_10, "sfTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTs", "rolled back", 0 },
        { canary_10, "bbbs", "running", 0.1 },
        { canary_10, "bbbbbbbbbbbbspbbbbbbbbbbbbs", "promoted", 1 },
        { canary_lost, "bbbbbb", "failed", 0 },
        { canary_lost, "bbbbbspbbbbbs", "promoted", 1 },
        { canary_lost, "spbbbbbbs", "failed", 0 },
        { canary_10, "nnnnns", "running", 0.1 },
        { canary_10, "nnnnnn", "failed", 0 },
        { canary_10, "spnnnnnns", "failed", 0 },
        { canary_10, "ba", "rolled back", 0 },
        { canary_10, "bX", "rolled back", 0 },
        { canary_lost, "bbbbbFbbbbbs", "promoted", 1 },
        { canary_10, "bPRbs", "running", 0.1 },
        { canary_lost, "spbbbbbabbbbbs", "rolled back", 0 }, /* the way back has its own tries */
        { canary_10, "sfbbbbbbbbbbbbs", "rolled back", 0 },
        { canary_lost, "sfbbbbbb", "stuck", 0.1 },
        { canary_10, "Tis", "rolled back", 0 },
        { canary_10, "Tj", "paused", 0 },
        { canary_10, "sfoos", "rolled back", 0 },
        { ",\"strategy\":\"AllAtOnce\"", "s", "promoted", 1 },
        { ",\"strategy\":\"AllAtOnce\"", "Ss", "failed", 0 },
        { ",\"strategy\":{\"canary\":{\"weight\":\"10%\",\"for\":\"1m\",\"promoteEarly\":true}}",
          "sqs", "promoted", 1 },
        { ",\"strategy\":{\"steps\":[{\"weight\":\"5%\"},{\"analysis\":{\"for\":\"1m\","
          "\"promoteEarly\":true}}]}",
          "spqs", "promoted", 1 },
        { ",\"strategy\":{\"linear\":{\"weight\":\"50%\",\"every\":\"1m\",\"promoteEarly\":true}}",
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
    /* While it is paused nobody's watching is missed: what the pause took is added once. */
    ck_assert_ptr_null(rollout_control(&rollout, CONTROL_PAUSE, "x", 50000));
    rollout_taken_up(&rollout, true, NULL, false, 51000, 60000);
    ck_assert_ptr_null(rollout_control(&rollout, CONTROL_RESUME, "x", 70000));
    ck_assert_int_eq(rollout_next(&rollout).until_ms, 111000);
    plan_destroy(plan);
}
END_TEST

START_TEST(what_somebody_changed_while_nobody_watched_is_left_as_it_is)
{
    static const struct rollout_action back = { .kind = ACTION_SET_ALIAS, .target = TARGET_BASE };
    static const struct {
        const char *story;
        const struct rollout_action *intended;
        const char *status;
        const char *reason;
        bool is_as_set;
        bool is_back;
    } rows[] = {
        { "s", NULL, "running", "", true, false },
        { "s", NULL, "failed", "somebody else has changed it", false, false },
        { "s", NULL, "rolled back", "all traffic goes to the old version already", false, true },
        { "sP", NULL, "failed", "nothing was overwritten", false, false },
        { "sf", NULL, "running", "bad", true, false },
        { "sf", &back, "rolled back", "bad", false, true },
        { "s", &back, "rolled back", "already", false, true }, /* no change was under way */
        { "sps", NULL, "promoted", "good", false, true },
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

START_TEST(what_was_set_and_what_may_have_been_is_expected)
{
    static const struct {
        const char *story;
        double weight;
        bool is_promoted;
        bool is_expected;
    } rows[] = {
        { "s", 0.1, false, true },    { "s", 0.2, false, false }, { "s", 0, false, false },
        { "s", 0, true, false },      { "S", 0, false, true },    { "S", 0.1, false, true },
        { "S", 0.2, false, false },   { "S", 0, true, false },    { "spS", 0.1, false, true },
        { "spS", 0, true, true },     { "spS", 0, false, false }, { "sps", 0, true, true },
        { "sps", 0.1, false, false }, { "sfs", 0, false, true },  { "sfs", 0, true, false },
        { "sfs", 0.1, false, false },
    };
    struct plan *plan = parse(canary_10);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rollout rollout;
        rollout_start(&rollout, plan, 0);
        tell_all(&rollout, rows[i].story, 0);
        ck_assert_msg(rollout_expects(&rollout, rows[i].is_promoted, rows[i].weight) ==
                          rows[i].is_expected,
                      "row %zu", i);
    }
    plan_destroy(plan);
}
END_TEST

START_TEST(a_promotion_that_was_the_end_can_be_taken_back_and_nothing_else)
{
    struct rollout rollout;
    struct plan *plan = parse(canary_10);
    rollout_start(&rollout, plan, 0);
    tell_all(&rollout, "sps", 0);
    rollout_reopen(&rollout);
    ck_assert_str_eq(rollout_status(&rollout), "running");
    tell_all(&rollout, "Xs", 0);
    ck_assert_str_eq(rollout_status(&rollout), "rolled back");
    rollout_reopen(&rollout);
    ck_assert_str_eq(rollout_status(&rollout), "rolled back");
    plan_destroy(plan);
}
END_TEST

START_TEST(a_step_of_weight_0_takes_the_split_away)
{
    struct rollout rollout;
    struct plan *plan = parse(",\"strategy\":{\"steps\":[{\"weight\":\"5%\"},{\"weight\":0}]}");
    rollout_start(&rollout, plan, 0);
    ck_assert_int_eq(rollout_next(&rollout).target, TARGET_SPLIT);
    tell_all(&rollout, "sp", 0);
    ck_assert_int_eq(rollout_next(&rollout).kind, ACTION_SET_ALIAS);
    ck_assert_int_eq(rollout_next(&rollout).target, TARGET_BASE);
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
    char sentence[2 * REASON_MAX];
    for (size_t i = 0; i < sizeof(sentence) - 1; i++) /* characters of two bytes each */
        sentence[i] = "\xc3\xa4"[i % 2];
    sentence[sizeof(sentence) - 1] = '\0';
    for (int cut = 0; cut < 2; cut++) { /* behind a character, and within one */
        struct rollout rollout;
        rollout_start(&rollout, plan, 0);
        sentence[0] = cut ? 'x' : sentence[0];
        sentence[1] = cut ? 'x' : sentence[1];
        rollout_troubled(&rollout, sentence + cut);
        size_t size = strlen(rollout.reason);
        ck_assert_uint_gt(size, REASON_MAX - 8);
        ck_assert_str_eq(rollout.reason + size - 3, "...");
        ck_assert(text_is_utf8(text_from(rollout.reason), NULL));
        ck_assert_str_eq(rollout_status(&rollout), "failed");
    }
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
        waited_ms += rollout.phase == PHASE_BACK ? rollout.wait_ms : 0;
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

START_TEST(the_exit_status_says_how_it_stands)
{
    static const struct {
        const char *plan;
        const char *story;
        int status;
    } rows[] = {
        { canary_10, "s", 5 },
        { canary_10, "sps", 0 },
        { canary_10, "sfs", 3 },
        { canary_10, "sus", 4 },
        { canary_10, "sls", 1 },
        { canary_10, "sfrrrrrr", 1 },
        { ",\"onFailure\":\"pause\"", "sf", 5 },
        { ",\"onInconclusive\":\"pause\"", "su", 4 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct plan *plan = parse(rows[i].plan);
        struct rollout rollout;
        rollout_start(&rollout, plan, 0);
        tell_all(&rollout, rows[i].story, 0);
        ck_assert_msg(rollout_exit_status(&rollout) == rows[i].status, "%s: %d", rows[i].story,
                      rollout_exit_status(&rollout));
        plan_destroy(plan);
    }
}
END_TEST

START_TEST(a_rollout_is_read_as_it_was_written)
{
    static const char *const stories[] = { "", "s", "sP", "sj", "su", "sp", "spS", "sfS", "suu" };
    struct plan *plan = parse(",\"onInconclusive\":\"extend\"");
    for (size_t i = 0; i < COUNT_OF(stories); i++) {
        struct rollout rollout;
        rollout_start(&rollout, plan, 77);
        tell_all(&rollout, stories[i], 1000);
        CLEANUP(json_deletep) cJSON *json = cJSON_CreateObject();
        CLEANUP(json_deletep) cJSON *again = cJSON_CreateObject();
        rollout_write(&rollout, json);
        struct rollout other = { .plan = plan };
        ck_assert(rollout_read(&other, json));
        ck_assert_int_eq(other.step_started_ms, rollout.step_started_ms);
        ck_assert_int_eq(other.step_ends_ms, rollout.step_ends_ms);
        ck_assert_int_eq(other.held_ms, rollout.held_ms);
        ck_assert_int_eq(other.extensions, rollout.extensions);
        ck_assert_int_eq(other.watch, rollout.watch);
        rollout_write(&other, again);
        ck_assert_msg(cJSON_Compare(json, again, true), "%s", stories[i]);
    }
    plan_destroy(plan);
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
      what_was_set_and_what_may_have_been_is_expected,
      a_promotion_that_was_the_end_can_be_taken_back_and_nothing_else,
      a_step_of_weight_0_takes_the_split_away, a_word_that_is_refused_is_no_reason,
      the_failure_that_it_stands_still_for_stays_the_reason, whoever_lets_it_go_on_is_the_reason,
      a_reason_that_is_too_long_says_that_it_goes_on,
      a_way_back_without_an_answer_is_tried_for_ten_times_lost_after,
      a_way_back_that_was_stuck_is_tried_as_often_when_it_is_taken_up,
      the_exit_status_says_how_it_stands, a_rollout_is_read_as_it_was_written,
      what_is_damaged_is_not_taken_up)
