/* engine: on a made-up world; killed at every single thing it does to it, and taken up. */
#include "rollout/engine.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "judge/replay.h"
#include "report/history.h"
#include "support/canary_state.h"
#include "support/engine_world.h"

enum { RECORD_MAX = 1 << 24 };

static char *only_record(const char *state, size_t *size_out)
{
    struct error error = { 0 };
    CLEANUP(json_deletep) cJSON *list = deployment_list(state);
    ck_assert_int_eq(cJSON_GetArraySize(list), 1);
    CLEANUP(freep)
    char *path = xformat("%s/%s/record.jsonl", state, json_text(list->child, "id", ""));
    char *record = file_read(path, RECORD_MAX, size_out, &error);
    ck_assert_msg(record != NULL, "%s", error.message);
    return record;
}

/* A process that ends within a write leaves part of a line. */
static void tear_record(const char *state)
{
    CLEANUP(json_deletep) cJSON *list = deployment_list(state);
    CLEANUP(freep)
    char *path = xformat("%s/%s/record.jsonl", state, json_text(list->child, "id", ""));
    FILE *file = fopen(path, "a");
    ck_assert_ptr_nonnull(file);
    fputs("{\"t\": 1, \"type\": \"sam", file);
    fclose(file);
}

static int64_t requests_in(const cJSON *totals, const char *version)
{
    return json_int(json_get(totals, version), "requests", -1);
}

/* What deployment.json counts is what the record's steps come to. */
static void check_totals(const cJSON *totals, const struct history *history, int die_at)
{
    struct step_history all = { 0 };
    for (size_t i = 0; i < history->step_count; i++) {
        all.base.requests += history->steps[i].base.requests;
        all.canary.requests += history->steps[i].canary.requests;
        all.throttled += history->steps[i].throttled;
        all.failed += history->steps[i].failed;
    }
    ck_assert_msg(requests_in(totals, "base") == (int64_t)all.base.requests &&
                      requests_in(totals, "canary") == (int64_t)all.canary.requests &&
                      json_int(totals, "throttled", -1) == (int64_t)all.throttled &&
                      json_int(totals, "failed", -1) == (int64_t)all.failed,
                  "died at call %d: the totals are other ones", die_at);
}

/* Whatever happened to its writer: every verdict comes out again, and the end is told. */
static void check_record(const char *state, int die_at)
{
    size_t size;
    struct error error = { 0 };
    CLEANUP(replay_clear) struct replay replay = { 0 };
    CLEANUP(history_clear) struct history history = { 0 };
    CLEANUP(freep) char *record = only_record(state, &size);
    ck_assert_msg(replay_run((struct text){ record, size }, NULL, &replay, &error),
                  "died at call %d: %s", die_at, error.message);
    for (size_t i = 0; i < replay.count; i++)
        ck_assert_msg(replay.findings[i].is_same, "died at call %d: %s, recorded was %s", die_at,
                      replay.findings[i].verdict.sentence, replay.findings[i].recorded);
    ck_assert_msg(history_read((struct text){ record, size }, &history, &error), "%s",
                  error.message);
    ck_assert_msg(history.outcome != NULL, "died at call %d: no end was told", die_at);
    CLEANUP(json_deletep) cJSON *list = deployment_list(state);
    ck_assert_msg(json_bool(list->child, "isOver", false), "died at call %d", die_at);
    check_totals(json_get(list->child, "totals"), &history, die_at);
}

START_TEST(a_good_version_is_promoted_and_a_bad_one_goes_back)
{
    share_world();
    char *state = make_state();
    reset(0);
    ck_assert_int_eq(deploy(state), OUTCOME_PROMOTED);
    check_alias("2", 0);
    ck_assert_int_eq(fake->hooks, 4); /* before, between twice, after */
    reset(0);
    fake->errors = 5;
    ck_assert_int_eq(deploy(state), OUTCOME_ROLLED_BACK);
    check_alias("1", 0);
    reset(0);
    fake->fires = true;
    ck_assert_int_eq(deploy(state), OUTCOME_ROLLED_BACK);
    check_alias("1", 0);
    remove_state(state);
}
END_TEST

/* Kills the engine in its first call, then in its second, and so on, until it comes to its end. */
static int kill_everywhere(const struct fake *how, enum rollout_outcome outcome,
                           const char *version)
{
    for (int die_at = 1;; die_at++) {
        char *state = make_state();
        int status;
        reset(die_at);
        fake->errors = how->errors;
        fake->unrun = how->unrun;
        fake->users_errors = how->users_errors;
        fake->fires = how->fires;
        fake->before = how->before;
        fake->plan = how->plan;
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0)
            _exit(deploy(state) == outcome ? 0 : 1);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        bool has_died = WIFEXITED(status) && WEXITSTATUS(status) == DEATH;
        ck_assert_msg(has_died || (WIFEXITED(status) && WEXITSTATUS(status) == 0),
                      "killed in call %d: status %d", die_at, status);
        fake->die_at = 0;
        if (has_died) {
            tear_record(state);
            ck_assert_msg(take_up(state) == outcome, "killed in call %d", die_at);
        }
        check_alias(version, die_at);
        check_record(state, die_at);
        remove_state(state);
        if (!has_died)
            return die_at - 1;
    }
}

START_TEST(killed_anywhere_a_good_rollout_is_taken_up_to_its_end)
{
    share_world();
    const struct fake good = { .unrun = 1 };
    ck_assert_int_gt(kill_everywhere(&good, OUTCOME_PROMOTED, "2"), 60);
}
END_TEST

START_TEST(killed_anywhere_a_bad_rollout_is_taken_back)
{
    share_world();
    const struct fake bad = { .errors = 6 };
    ck_assert_int_gt(kill_everywhere(&bad, OUTCOME_ROLLED_BACK, "1"), 16);
    /* Of a step of days not every look is written down, but that which a verdict is upon. */
    const struct fake slow = { .errors = 2,
                               .plan = "{\"function\":\"f\",\"alias\":\"a\",\"strategy\":{"
                                       "\"canary\":{\"weight\":\"10%\",\"for\":\"9d\"}}}" };
    ck_assert_int_gt(kill_everywhere(&slow, OUTCOME_ROLLED_BACK, "1"), 10);
}
END_TEST

static const char stops_plan[] =
    "{\"function\":\"f\",\"alias\":\"a\",\"checks\":[{\"kind\":\"errors\",\"maxRate\":\"5%\"}],"
    "\"strategy\":{\"steps\":[{\"weight\":\"10%\"},{\"hook\":{\"command\":\"x\"}},"
    "{\"approve\":true},{\"pause\":\"1m\"}]}}";

static bool was_answered(const char *state)
{
    CLEANUP(json_deletep) cJSON *list = deployment_list(state);
    CLEANUP(freep)
    char *path = xformat("%s/%s/control/1.answer", state, json_text(list->child, "id", ""));
    return access(path, F_OK) == 0;
}

START_TEST(killed_anywhere_a_word_that_was_answered_is_heeded)
{
    share_world();
    int answered = 0;
    for (int die_at = 1;; die_at++) {
        char *state = make_state();
        int status;
        reset(die_at);
        fake->plan = stops_plan;
        fake->abort_ms = fake->now_ms + 1;
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0)
            _exit(deploy(state) == OUTCOME_ROLLED_BACK ? 0 : 1);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFEXITED(status));
        bool has_died = WEXITSTATUS(status) == DEATH;
        ck_assert_msg(has_died || WEXITSTATUS(status) == 0, "killed in call %d", die_at);
        if (has_died && was_answered(state)) {
            answered++;
            fake->die_at = 0;
            ck_assert_msg(take_up(state) == OUTCOME_ROLLED_BACK, "killed in call %d", die_at);
        }
        remove_state(state);
        if (!has_died)
            break;
    }
    ck_assert_int_gt(answered, 3);
}
END_TEST

START_TEST(a_routed_version_without_weight_gets_nothing)
{
    const struct engine engine = { .base = "1", .canary = "2" };
    const struct lambda_alias alias = { .version = "1", .routed_version = "2" };
    ck_assert(engine_is_back(&engine, &alias));
}
END_TEST

START_TEST(an_alarm_counts_if_it_came_to_fire_since_the_deployment_began)
{
    static const struct {
        const char *before;
        enum rollout_outcome outcome;
        const char *version;
    } rows[] = { { "OK", OUTCOME_ROLLED_BACK, "1" },
                 { "ALARM", OUTCOME_PROMOTED, "2" }, /* and the plan lets it */
                 { NULL, OUTCOME_ROLLED_BACK, "1" } };
    share_world();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *state = make_state();
        reset(0);
        fake->fires = true;
        fake->before = rows[i].before;
        ck_assert_int_eq(deploy(state), rows[i].outcome);
        check_alias(rows[i].version, 0);
        remove_state(state);
    }
}
END_TEST

#define HOOKS_PLAN(more)                                                                           \
    "{\"function\":\"f\",\"alias\":\"a\",\"checks\":[{\"kind\":\"alarm\",\"alarm\":\"al\"" more    \
    "}],\"hooks\":{\"before\":[{\"command\":\"x\"}],\"between\":[{\"command\":\"y\"}],\"after\":[" \
    "{\"command\":\"z\"}]},\"strategy\":{\"linear\":{\"weight\":\"40%\",\"every\":\"1m\"}}}"

/* CodeDeploy, too, looks at its alarms while hooks run. */
START_TEST(an_alarm_that_comes_to_fire_while_a_hook_runs_is_heeded_before_anything_else)
{
    static const struct {
        const char *plan;
        double shifted[4]; /* when the hook began */
        bool is_heeded;
    } rows[] = { { NULL, { 0, 0.1, 0.5, 1 }, true },
                 { HOOKS_PLAN(""), { 0, 0.4, 0.8, 1 }, true },
                 { HOOKS_PLAN(",\"ignoreFiring\":true"), { 0, 0.4, 0.8, 1 }, true },
                 { HOOKS_PLAN(",\"dryRun\":true"), { 1, 1, 1, 1 }, false } };
    share_world();
    for (int i = 0; i < 4 * (int)COUNT_OF(rows); i++) {
        char *state = make_state();
        reset(0);
        fake->plan = rows[i / 4].plan;
        fake->fires_in_hook = i % 4 + 1;
        ck_assert((deploy(state) == OUTCOME_ROLLED_BACK) == rows[i / 4].is_heeded);
        ck_assert_msg(fabs(fake->most - rows[i / 4].shifted[i % 4]) < 1e-9, "row %d", i);
        ck_assert_int_eq(fake->hooks, rows[i / 4].is_heeded ? i % 4 + 1 : 4);
        remove_state(state);
    }
}
END_TEST

#define RETRY_PLAN(retries)                                                                        \
    "{\"function\":\"f\",\"alias\":\"a\",\"alarms\":[\"al\"],\"strategy\":\"AllAtOnce\","          \
    "\"hooks\":{"                                                                                  \
    "\"before\":[{\"command\":\"x\"" retries "}],\"after\":[{\"command\":\"y\"}]}}"

START_TEST(a_hook_that_fails_is_tried_again_if_the_plan_says_so)
{
    static const struct {
        const char *plan;
        int bad_hooks;
        int fires_in_hook;
        int hooks;
        enum rollout_outcome outcome;
    } rows[] = {
        { RETRY_PLAN(""), 1, 0, 1, OUTCOME_ROLLED_BACK },
        { RETRY_PLAN(",\"retries\":2"), 2, 0, 4, OUTCOME_PROMOTED },
        { RETRY_PLAN(",\"retries\":2"), 3, 0, 3, OUTCOME_ROLLED_BACK },
        { RETRY_PLAN(",\"retries\":9"), 9, 2, 2, OUTCOME_ROLLED_BACK }, /* alarms are watched */
    };
    share_world();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *state = make_state();
        reset(0);
        fake->plan = rows[i].plan;
        fake->bad_hooks = rows[i].bad_hooks;
        fake->fires_in_hook = rows[i].fires_in_hook;
        ck_assert_msg(deploy(state) == rows[i].outcome, "row %zu", i);
        ck_assert_msg(fake->hooks == rows[i].hooks, "row %zu: %d hooks", i, fake->hooks);
        remove_state(state);
    }
}
END_TEST

START_TEST(killed_anywhere_an_alarm_that_fired_before_is_still_ignored)
{
    share_world();
    const struct fake firing = { .fires = true, .before = "ALARM" };
    kill_everywhere(&firing, OUTCOME_PROMOTED, "2");
}
END_TEST

START_TEST(without_the_alarms_states_nothing_is_promoted)
{
    static const char *const plans[] = {
        "{\"function\":\"f\",\"alias\":\"a\",\"alarms\":[\"al\"],\"lostAfter\":\"1ms\","
        "\"strategy\":{\"steps\":[{\"weight\":\"10%\"}]}}",
        "{\"function\":\"f\",\"alias\":\"a\",\"lostAfter\":\"1ms\",\"checks\":[{\"kind\":"
        "\"alarm\",\"alarm\":\"al\"}],\"strategy\":{\"steps\":[{\"weight\":\"10%\"}]}}",
        NULL, /* whose steps take a minute each */
    };
    share_world();
    for (size_t i = 0; i < COUNT_OF(plans); i++) {
        char *state = make_state();
        reset(0);
        fake->plan = plans[i];
        fake->deaf_ms = fake->now_ms + (plans[i] ? 0 : 60000) + 1;
        ck_assert_int_eq(deploy(state), OUTCOME_INCONCLUSIVE);
        check_alias("1", 0);
        remove_state(state);
    }
}
END_TEST

#define BLIND_PLAN(check)                                                                          \
    "{\"function\":\"f\",\"alias\":\"a\",\"strategy\":{\"canary\":{\"weight\":\"10%\","            \
    "\"for\":\"9m\"}},\"metrics\":[{\"name\":\"m\",\"metric\":\"Errors\"}],\"checks\":[" check     \
    "]}"

/* What was seen of it once is no news of what came later. */
START_TEST(checks_of_what_cloudwatch_does_not_tell_any_more_are_no_reason_to_promote)
{
    static const struct {
        const char *plan;
        enum rollout_outcome outcome;
    } rows[] = {
        { BLIND_PLAN("{\"kind\":\"alarm\",\"alarm\":\"al\"}"), OUTCOME_INCONCLUSIVE },
        { BLIND_PLAN("{\"kind\":\"threshold\",\"metric\":\"m\",\"max\":5}"), OUTCOME_INCONCLUSIVE },
        { BLIND_PLAN("{\"kind\":\"threshold\",\"metric\":\"m\",\"max\":5,"
                     "\"missing\":\"notBreaching\"}"),
          OUTCOME_INCONCLUSIVE },
        { BLIND_PLAN("{\"kind\":\"score\",\"metrics\":[{\"metric\":\"m\",\"noData\":\"pass\"}]}"),
          OUTCOME_INCONCLUSIVE },
        { BLIND_PLAN("{\"kind\":\"alarm\",\"alarm\":\"al\",\"dryRun\":true},{\"kind\":\"errors\"}"),
          OUTCOME_PROMOTED },
    };
    share_world();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *state = make_state();
        reset(0);
        fake->plan = rows[i].plan;
        fake->period_ms = fake->now_ms;
        ck_assert_int_eq(deploy(state), OUTCOME_PROMOTED);
        remove_state(state);
        state = make_state();
        reset(0);
        fake->plan = rows[i].plan;
        fake->period_ms = fake->now_ms;
        fake->deaf_ms = fake->now_ms + 60001;
        ck_assert_msg(deploy(state) == rows[i].outcome, "row %zu", i);
        remove_state(state);
    }
}
END_TEST

#define WAIT_PLAN_OF(members, rate, check)                                                         \
    "{\"function\":\"f\",\"alias\":\"a\"," members                                                 \
    "\"checks\":[{\"kind\":\"errors\",\"maxRate\":\"" rate "\"" check                              \
    "}],\"strategy\":{\"steps\":[{\"weight\":\"10%\"},{\"approve\":true}]}}"
#define WAIT_PLAN(members, check) WAIT_PLAN_OF(members, "5%", check)

/* Flagger and Argo Rollouts go on with their analysis, too. */
START_TEST(what_users_meet_while_somebody_is_waited_for_is_judged)
{
    static const struct {
        const char *plan;
        int users_errors;
        enum rollout_outcome outcome;
        const char *version;
    } rows[] = {
        { WAIT_PLAN("", ""), 0, OUTCOME_PROMOTED, "2" },
        { WAIT_PLAN("", ""), 5, OUTCOME_ROLLED_BACK, "1" },
        { WAIT_PLAN("", ",\"dryRun\":true"), 5, OUTCOME_PROMOTED, "2" },
        /* It is only looked at: the tests of a step's end are not made again and again. */
        { WAIT_PLAN_OF("", "9%", ",\"strict\":true"), 1, OUTCOME_PROMOTED, "2" },
        { WAIT_PLAN("\"onFailure\":\"pause\",", ""), 5, OUTCOME_PROMOTED,
          "2" }, /* by who says so */
    };
    share_world();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *state = make_state();
        reset(0);
        fake->plan = rows[i].plan;
        fake->users_errors = rows[i].users_errors;
        fake->approve_ms = fake->now_ms + 30000;
        ck_assert_msg(deploy(state) == rows[i].outcome, "row %zu", i);
        check_alias(rows[i].version, 0);
        check_record(state, 0);
        /* Who has gone back has not gone on. */
        size_t size;
        CLEANUP(freep) char *record = only_record(state, &size);
        ck_assert((strstr(record, "\"type\":\"resume\"") != NULL) == (*rows[i].version == '2'));
        remove_state(state);
    }
}
END_TEST

static void read_history(const char *state, struct history *history_out)
{
    size_t size;
    struct error error = { 0 };
    CLEANUP(freep) char *record = only_record(state, &size);
    ck_assert_msg(history_read((struct text){ record, size }, history_out, &error), "%s",
                  error.message);
}

START_TEST(the_check_that_decided_is_the_reason)
{
    CLEANUP(history_clear) struct history history = { 0 };
    share_world();
    char *state = make_state();
    reset(0);
    fake->errors = 5;
    ck_assert_int_eq(deploy(state), OUTCOME_ROLLED_BACK);
    read_history(state, &history);
    ck_assert_msg(strstr(history.reason, "requests to the new version failed") &&
                      !strstr(history.reason, "ran no version"),
                  "%s", history.reason);
    remove_state(state);
}
END_TEST

START_TEST(killed_anywhere_who_waits_and_sees_a_bad_version_takes_it_back)
{
    share_world();
    const struct fake bad = { .plan = WAIT_PLAN("", ""), .users_errors = 2 };
    kill_everywhere(&bad, OUTCOME_ROLLED_BACK, "1");
}
END_TEST

START_TEST(steps_that_send_nothing_are_recorded_too)
{
    static const char *const kinds[] = { "weight", "hook", "approve", "pause" };
    CLEANUP(history_clear) struct history history = { 0 };
    share_world();
    char *state = make_state();
    reset(0);
    fake->plan = stops_plan;
    fake->approve_ms = fake->now_ms + 5000;
    ck_assert_int_eq(deploy(state), OUTCOME_PROMOTED);
    read_history(state, &history);
    ck_assert_int_eq(history.step_count, COUNT_OF(kinds));
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        ck_assert_str_eq(history.steps[i].kind, kinds[i]);
        ck_assert_int_eq(history.steps[i].index, (int)i);
    }
    ck_assert_int_ge(history.steps[2].end_ms - history.steps[2].begin_ms, 5000);
    ck_assert_uint_eq(history.steps[2].canary.requests, 0);
    remove_state(state);
}
END_TEST

/* Else it would come again, and count again, at another time. */
START_TEST(what_was_read_before_the_clock_was_set_back_is_known)
{
    static const char mark[] = "\"type\":\"metric\"";
    size_t size;
    int count = 0;
    share_world();
    char *state = make_state();
    reset(0);
    fake->plan = "{\"function\":\"f\",\"alias\":\"a\",\"checks\":[],\"strategy\":{\"steps\":["
                 "{\"weight\":\"10%\",\"for\":\"2m\"}]}}";
    fake->period_ms = fake->now_ms;
    fake->set_back_ms = 60000;
    ck_assert_int_eq(deploy(state), OUTCOME_PROMOTED);
    ck_assert_int_gt(fake->period_ms, fake->now_ms + fake->set_back_ms); /* it was looked at */
    CLEANUP(freep) char *record = only_record(state, &size);
    for (const char *at = record; (at = strstr(at, mark)) != NULL; at++)
        count++;
    ck_assert_int_eq(count, 1);
    remove_state(state);
}
END_TEST

START_TEST(killed_anywhere_a_step_that_is_a_hook_is_taken_up)
{
    share_world();
    const struct fake hooked = {
        .plan = "{\"function\":\"f\",\"alias\":\"a\",\"checks\":[],\"strategy\":{\"steps\":["
                "{\"weight\":\"10%\"},{\"hook\":{\"command\":\"x\"}},{\"pause\":\"1m\"}]}}"
    };
    kill_everywhere(&hooked, OUTCOME_PROMOTED, "2");
}
END_TEST

/* Who reads deployment.json can tell an engine that has nothing to do from a dead one. */
START_TEST(without_requests_it_is_written_down_all_the_same)
{
    share_world();
    char *state = make_state();
    reset(0);
    fake->plan = stops_plan;
    fake->is_idle = true;
    fake->fresh_ms = LOOK_MS; /* it cannot be written more often than it looks */
    fake->approve_ms = fake->now_ms + 60000;
    ck_assert_int_eq(deploy(state), OUTCOME_INCONCLUSIVE);
    ck_assert_int_eq(fake->approve_ms, 0);
    remove_state(state);
}
END_TEST

/* What cannot be written down any more could not be taken up: it does not wait for a word. */
START_TEST(a_deployment_that_waits_and_cannot_be_written_down_goes_back)
{
    share_world();
    char *state = make_state();
    reset(0);
    fake->plan = stops_plan;
    fake->lose_ms = fake->now_ms + 5000;
    ck_assert_int_eq(deploy(state), OUTCOME_FAILED);
    ck_assert_int_eq(fake->lose_ms, 0);
    check_alias("1", 0);
    remove_state(state);
}
END_TEST

/* That nothing which counts has an objection is no reason to go on before the time. */
START_TEST(dry_runs_end_no_step_early)
{
    share_world();
    char *state = make_state();
    reset(0);
    fake->plan = "{\"function\":\"f\",\"alias\":\"a\",\"checks\":[{\"kind\":\"errors\","
                 "\"dryRun\":true}],\"strategy\":{\"canary\":{\"weight\":\"10%\","
                 "\"for\":\"10m\",\"promoteEarly\":true}}}";
    int64_t begun_ms = fake->now_ms;
    ck_assert_int_eq(deploy(state), OUTCOME_PROMOTED);
    ck_assert_int_ge(fake->now_ms - begun_ms, 600000);
    remove_state(state);
}
END_TEST

/* An alarm's reason, say, in any language and of any length. */
START_TEST(what_is_cut_short_can_still_be_read)
{
    char reason[1200] = "";
    share_world();
    for (int more = 0; more < 4; more++) {
        char *state = make_state();
        reset(0);
        memset(reason, 'x', (size_t)more);
        for (size_t at = (size_t)more; at + 4 < sizeof(reason); at += 3)
            memcpy(reason + at, "\xE2\x82\xAC", 4);
        fake->fires = true;
        fake->reason = reason;
        ck_assert_int_eq(deploy(state), OUTCOME_ROLLED_BACK);
        check_record(state, 0);
        remove_state(state);
    }
}
END_TEST

SUITE("engine", a_good_version_is_promoted_and_a_bad_one_goes_back,
      killed_anywhere_a_good_rollout_is_taken_up_to_its_end,
      killed_anywhere_a_bad_rollout_is_taken_back,
      killed_anywhere_a_word_that_was_answered_is_heeded,
      a_routed_version_without_weight_gets_nothing,
      an_alarm_counts_if_it_came_to_fire_since_the_deployment_began,
      an_alarm_that_comes_to_fire_while_a_hook_runs_is_heeded_before_anything_else,
      a_hook_that_fails_is_tried_again_if_the_plan_says_so,
      without_the_alarms_states_nothing_is_promoted,
      checks_of_what_cloudwatch_does_not_tell_any_more_are_no_reason_to_promote,
      killed_anywhere_an_alarm_that_fired_before_is_still_ignored, dry_runs_end_no_step_early,
      what_users_meet_while_somebody_is_waited_for_is_judged, the_check_that_decided_is_the_reason,
      killed_anywhere_who_waits_and_sees_a_bad_version_takes_it_back,
      steps_that_send_nothing_are_recorded_too,
      what_was_read_before_the_clock_was_set_back_is_known,
      killed_anywhere_a_step_that_is_a_hook_is_taken_up,
      without_requests_it_is_written_down_all_the_same,
      a_deployment_that_waits_and_cannot_be_written_down_goes_back,
      what_is_cut_short_can_still_be_read)
