/* engine: on AWS, which tells of what was done only after a while. */
#include "rollout/engine.h"

#include "support/canary_state.h"
#include "support/engine_world.h"

/* AWS tells of a change with some delay, of one too whose answer was lost. */
START_TEST(what_is_told_late_of_a_change_is_no_strangers)
{
    static const struct {
        int errors;
        int changes;
        enum rollout_outcome outcome;
        const char *version;
    } rollouts[] = { { 0, 3, OUTCOME_PROMOTED, "2" }, { 5, 2, OUTCOME_ROLLED_BACK, "1" } };
    share_world();
    for (size_t i = 0; i < COUNT_OF(rollouts); i++) {
        for (int change = 1; change <= rollouts[i].changes; change++) {
            char *state = make_state();
            reset(0);
            fake->errors = rollouts[i].errors;
            fake->lose_change = change;
            fake->lag_ms = 5000;
            ck_assert_int_eq(deploy(state), rollouts[i].outcome);
            check_alias(rollouts[i].version, 0);
            remove_state(state);
        }
    }
}
END_TEST

/* Nobody knows how it is: what may have been done is taken back, and that is tried again. */
START_TEST(an_alias_that_cannot_be_looked_at_is_no_strangers)
{
    static const struct {
        int errors;
        int change;
        enum rollout_outcome outcome;
    } rows[] = { { 0, 1, OUTCOME_FAILED },
                 { 0, 2, OUTCOME_FAILED },
                 { 0, 3, OUTCOME_FAILED },
                 { 5, 2, OUTCOME_ROLLED_BACK } };
    share_world();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *state = make_state();
        reset(0);
        fake->errors = rows[i].errors;
        fake->lose_change = rows[i].change;
        fake->bad_looks = 1;
        ck_assert_msg(deploy(state) == rows[i].outcome, "row %zu", i);
        ck_assert_int_eq(fake->bad_looks, 0);
        check_alias("1", 0);
        remove_state(state);
    }
}
END_TEST

static const char hasty_plan[] =
    "{\"function\":\"f\",\"alias\":\"a\",\"lostAfter\":\"6s\",\"alarms\":[\"al\"],"
    "\"checks\":[],\"strategy\":{\"steps\":[{\"weight\":\"10%\",\"for\":\"1m\"},"
    "{\"weight\":\"50%\",\"for\":\"1m\"}]}}";

/* An update of somebody else's, or provisioned concurrency that follows the alias: for ten times
 * lostAfter. */
START_TEST(what_is_in_the_way_of_a_change_is_waited_for)
{
    share_world();
    for (int change = 0; change < 3; change++) { /* two shifts and the promotion */
        char *state = make_state();
        reset(0);
        fake->plan = hasty_plan;
        fake->busy = 10;
        fake->busy_from = change;
        ck_assert_int_eq(deploy(state), OUTCOME_PROMOTED);
        check_alias("2", 0);
        ck_assert_int_eq(fake->busy, 0);
        reset(0);
        fake->plan = hasty_plan;
        fake->busy = 11; /* the last of them is the last try */
        fake->busy_from = change;
        int64_t begun_ms = fake->now_ms;
        ck_assert_int_eq(deploy(state), OUTCOME_FAILED);
        check_alias("1", 0);
        ck_assert_int_ge(fake->now_ms - begun_ms, 60000 + change * 60000);
        remove_state(state);
    }
}
END_TEST

START_TEST(an_alarm_ends_the_waiting_at_once)
{
    share_world();
    for (int change = 0; change < 3; change++) {
        char *state = make_state();
        reset(0);
        fake->busy = 3;
        fake->busy_from = change;
        fake->fires_when_busy = 2;
        ck_assert_int_eq(deploy(state), OUTCOME_ROLLED_BACK);
        check_alias("1", 0);
        ck_assert_int_eq(fake->revision, change > 0 ? change + 1 : 0);
        remove_state(state);
    }
}
END_TEST

SUITE("engine_late", an_alias_that_cannot_be_looked_at_is_no_strangers,
      what_is_told_late_of_a_change_is_no_strangers, what_is_in_the_way_of_a_change_is_waited_for,
      an_alarm_ends_the_waiting_at_once)
