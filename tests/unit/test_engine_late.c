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

SUITE("engine_late", what_is_told_late_of_a_change_is_no_strangers)
