#include "alarms/rule.h"

#include <string.h>

#include "buffer.h"
#include "support/suite.h"
#include "xalloc.h"

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
        { " ALARM(a) \n", true },
        { "((((TRUE))))", true },
        { "AT_LEAST(2, ALARM, (a, o, \"b, c\"))", true },
        { "AT_LEAST(3, ALARM, (a, o, \"b, c\"))", false },
        { "AT_LEAST(2,ALARM,(a,o,i)) OR at_least ( 2 , not ALARM , ( a , o , i ) )", true },
        { "AT_LEAST(2, NOT ALARM, (a, x))", false },
        { "AT_LEAST(50%, ALARM, (a, o, i, b)) AND NOT ALARM(o)", true },
        { "AT_LEAST(51%, ALARM, (a, o, i, b))", false },
        { "AT_LEAST(100%, NOT INSUFFICIENT_DATA, (a, o))", true },
        { "AT_LEAST(1, OK, (a, x))", false },
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

#define ATOM "'(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA"

START_TEST(what_is_no_rule_is_refused_with_its_place)
{
    static const struct {
        const char *rule;
        const char *message;
    } cases[] = {
        { "", "The rule ends at char 0, must be: " ATOM },
        { "()", "Unsupported token ')' at char 1, must be: " ATOM },
        { "ALERT(a)", "Unsupported token 'ALERT' at char 0, must be: " ATOM },
        { "TRUE AND ", "The rule ends at char 9, must be: " ATOM },
        { "ALARM", "The rule ends at char 5, must be: '('" },
        { "ALARM()", "Unsupported token ')' at char 6, must be: an alarm name or ARN" },
        { "ALARM(a", "The rule ends at char 7, must be: ')'" },
        { "ALARM(\"a)", "The rule ends at char 9, must be: '\"'" },
        { "ALARM(Oldest Age)", "Unsupported token 'Age' at char 13, must be: ')'" },
        { "TRUE FALSE", "Unsupported token 'FALSE' at char 5, must be: AND, OR or the end" },
        { "(TRUE", "The rule ends at char 5, must be: ')'" },
        { "AT_LEAST 2", "Unsupported token '2' at char 9, must be: '('" },
        { "AT_LEAST(0, OK, (a))",
          "Unsupported token '0' at char 9, must be: a number of alarms or a percentage" },
        { "AT_LEAST(101%, OK, (a))",
          "Unsupported token '101%' at char 9, must be: a number of alarms or a percentage" },
        { "AT_LEAST(1, (a))",
          "Unsupported token '(' at char 12, must be: ALARM, OK, or INSUFFICIENT_DATA" },
        { "AT_LEAST(1, OK, a)", "Unsupported token 'a' at char 16, must be: '('" },
        { "AT_LEAST(1, OK, ())",
          "Unsupported token ')' at char 17, must be: an alarm name or ARN" },
        { "AT_LEAST(1, OK, (a b))", "Unsupported token 'b' at char 19, must be: ',' or ')'" },
        { "AT_LEAST(1, OK, (a)", "The rule ends at char 19, must be: ')'" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct alarm_rule rule;
        struct error error = { 0 };
        ck_assert_msg(!alarm_rule_parse(text_from(cases[i].rule), &fault, &rule, &error), "%s",
                      cases[i].rule);
        CLEANUP(freep) char *message = xformat("Error in AlarmRule [%s]", cases[i].message);
        ck_assert_str_eq(error.message, message);
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
    ck_assert(parses("AT_LEAST(1, OK, (a, b, a%d))", 98, " OR "));
    ck_assert(!parses("AT_LEAST(1, OK, (a, b, a%d))", 99, " OR "));
    ck_assert(!parses("AT_LEAST(1, OK, (a, a, a, a, a%d))", 90, " OR "));
    ck_assert(!parses("AT_LEAST(1, OK, (a, ", 1000, "a, "));
}
END_TEST

START_TEST(a_child_is_listed_once)
{
    struct alarm_rule rule;
    struct error error = { 0 };
    ck_assert(alarm_rule_parse(TEXT("ALARM(a) OR OK(a) OR ALARM(\"b c\") OR "
                                    "AT_LEAST(1, OK, (a, \"say \\\"d\\\"\", a\"b))"),
                               &fault, &rule, &error));
    ck_assert_uint_eq(rule.child_count, 4);
    ck_assert_str_eq(rule.children[0], "a");
    ck_assert_str_eq(rule.children[1], "b c");
    ck_assert_str_eq(rule.children[2], "say \"d\"");
    ck_assert_str_eq(rule.children[3], "a\"b");
    alarm_rule_clear(&rule);
}
END_TEST

SUITE("alarm_rule", rules_hold_or_not, what_is_no_rule_is_refused_with_its_place,
      children_and_elements_have_their_limits, a_child_is_listed_once)
