#include "alarms/rule.h"

#include <string.h>

#include "buffer.h"
#include "support/suite.h"

static const struct fault fault = { .code = "ValidationException", .status = 400 };

/* Alarms a, "b c" and its like are in ALARM, o is OK, i has no data; x does not exist. */
static bool look_up(void *owner UNUSED, const char *child, enum alarm_state *state_out)
{
    if (strcmp(child, "x") == 0)
        return false;
    *state_out = *child == 'o'   ? ALARM_STATE_OK
                 : *child == 'i' ? ALARM_STATE_INSUFFICIENT_DATA
                                 : ALARM_STATE_ALARM;
    return true;
}

START_TEST(rules_hold_or_not)
{
    static const struct {
        const char *rule;
        bool holds;
    } cases[] = {
        { "TRUE", true },
        { "FALSE", false },
        { "false", false },
        { "ALARM(a)", true },
        { "ALARM(o)", false },
        { "OK(o)", true },
        { "INSUFFICIENT_DATA(i)", true },
        { "ALARM(x)", false },
        { "NOT ALARM(x)", true },
        { "ALARM(\"b c (d)\")", true },
        { "ALARM(arn:aws:cloudwatch:us-east-1:000000000000:alarm:a)", true },
        { "NOT ALARM(o) AND ALARM(a)", true },
        { "NOT (ALARM(o) OR ALARM(a))", false },
        { "ALARM(a) OR ALARM(o) AND FALSE", true },
        { "(ALARM(a) OR ALARM(o)) AND FALSE", false },
        { "FALSE AND FALSE OR TRUE", true },
        { "TRUE AND NOT NOT TRUE", true },
        { "ALARM( a )\n\tAND\nOK(o)", true },
        { "((((TRUE))))", true },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct alarm_rule rule;
        struct error error = { 0 };
        ck_assert_msg(alarm_rule_parse(text_from(cases[i].rule), &fault, &rule, &error), "%s: %s",
                      cases[i].rule, error.message);
        ck_assert_msg(alarm_rule_holds(&rule, look_up, NULL) == cases[i].holds, "%s",
                      cases[i].rule);
        alarm_rule_clear(&rule);
    }
}
END_TEST

START_TEST(what_is_no_rule_is_refused_with_its_place)
{
    static const struct {
        const char *rule;
        const char *message;
    } cases[] = {
        { "", "Invalid AlarmRule at position 1: ALARM(...), OK(...), INSUFFICIENT_DATA(...), TRUE, "
              "FALSE, NOT or '(' is expected" },
        { "ALARM", "Invalid AlarmRule at position 6: '(' is expected" },
        { "ALARM()", "Invalid AlarmRule at position 7: an alarm name or ARN is expected" },
        { "ALARM(a", "Invalid AlarmRule at position 8: ')' is expected" },
        { "ALARM(\"a)", "Invalid AlarmRule at position 10: the quotation mark is not closed" },
        { "ALARM(a b)", "Invalid AlarmRule at position 9: ')' is expected" },
        { "TRUE FALSE", "Invalid AlarmRule at position 6: AND, OR or the end is expected" },
        { "(TRUE", "Invalid AlarmRule at position 6: ')' is expected" },
        { "TRUE AND", "Invalid AlarmRule at position 9: ALARM(...), OK(...), "
                      "INSUFFICIENT_DATA(...), TRUE, FALSE, NOT or '(' is expected" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct alarm_rule rule;
        struct error error = { 0 };
        ck_assert_msg(!alarm_rule_parse(text_from(cases[i].rule), &fault, &rule, &error), "%s",
                      cases[i].rule);
        ck_assert_str_eq(error.message, cases[i].message);
        error_clear(&error);
    }
}
END_TEST

static bool parses(const char *part, int count, const char *joint)
{
    struct buffer text = { 0 };
    struct alarm_rule rule;
    CLEANUP(error_clear) struct error error = { 0 };
    for (int i = 0; i < count; i++) {
        buffer_add_string(&text, i ? joint : "");
        buffer_add_format(&text, part, i);
    }
    bool is_good = alarm_rule_parse(buffer_text(&text), &fault, &rule, &error);
    if (is_good)
        alarm_rule_clear(&rule);
    buffer_clear(&text);
    return is_good;
}

START_TEST(children_and_elements_have_their_limits)
{
    ck_assert(parses("ALARM(a%d)", 100, " OR "));
    ck_assert(!parses("ALARM(a%d)", 101, " OR "));
    ck_assert(parses("TRUE", 500, " AND "));
    ck_assert(!parses("TRUE", 501, " AND "));
    ck_assert(!parses("(", 10000, ""));
    ck_assert(!parses("NOT ", 10000, ""));
}
END_TEST

START_TEST(a_child_is_listed_once)
{
    struct alarm_rule rule;
    struct error error = { 0 };
    ck_assert(alarm_rule_parse(TEXT("ALARM(a) OR OK(a) OR ALARM(\"b c\")"), &fault, &rule, &error));
    ck_assert_uint_eq(rule.child_count, 2);
    ck_assert_str_eq(rule.children[0], "a");
    ck_assert_str_eq(rule.children[1], "b c");
    alarm_rule_clear(&rule);
}
END_TEST

SUITE("alarm_rule", rules_hold_or_not, what_is_no_rule_is_refused_with_its_place,
      children_and_elements_have_their_limits, a_child_is_listed_once)
