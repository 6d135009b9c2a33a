/* Rules of composite alarms: any text is refused with a sentence, or is a rule that holds or not,
 * whose children are few and not empty. */
#include "alarms/rule.h"
#include "support/fuzz.h"

#include <string.h>

static const struct fault fault = { .code = "ValidationException", .status = 400 };

static bool look_up(void *owner, const char *child, enum alarm_state *state_out)
{
    ++*(int *)owner;
    *state_out = (enum alarm_state)(child[0] % 3);
    return child[0] % 4 != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct alarm_rule rule;
    struct error error = { 0 };
    int asked = 0;
    if (alarm_rule_parse((struct text){ (const char *)data, size }, &fault, &rule, &error)) {
        bool holds = alarm_rule_holds(&rule, look_up, &asked);
        fuzz_assert(holds == alarm_rule_holds(&rule, look_up, &asked));
        fuzz_assert(rule.child_count <= ALARM_RULE_CHILDREN_MAX);
        fuzz_assert(asked <= 2 * ALARM_RULE_ELEMENTS_MAX);
        for (size_t i = 0; i < rule.child_count; i++)
            fuzz_assert(strlen(rule.children[i]) > 0);
        alarm_rule_clear(&rule);
    } else {
        fuzz_assert(error.fault == &fault && strlen(error.message) > 0);
    }
    error_clear(&error);
    return 0;
}
