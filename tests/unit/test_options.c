/* options: defaults, environment, arguments, in that order; and the readers of units. */
#include <stddef.h>

#include "options.h"
#include "support/suite.h"

struct values {
    bool is_loud;
    const char *name;
    int64_t count;
    double share;
    int64_t wait_ms;
    double rate;
    const char *form;
};

#define ROW(flag, kind, member)                                                                    \
    .name = (flag), .type = (kind), .offset = offsetof(struct values, member)

static const struct option_row rows[] = {
    { ROW("loud", OPTION_FLAG, is_loud), .letter = 'l', .environment = "TEST_LOUD",
      .help = "speak up" },
    { ROW("name", OPTION_TEXT, name), .letter = 'n', .placeholder = "NAME",
      .environment = "TEST_NAME", .help = "a name" },
    { ROW("count", OPTION_INTEGER, count), .placeholder = "N", .environment = "TEST_COUNT",
      .initial = "7", .help = "how many" },
    { ROW("share", OPTION_FRACTION, share), .placeholder = "P", .initial = "10%",
      .help = "which part" },
    { ROW("wait", OPTION_DURATION, wait_ms), .placeholder = "T", .initial = "5m",
      .help = "how long" },
    { ROW("rate", OPTION_RATE, rate), .placeholder = "R", .help = "how often" },
    { ROW("form", OPTION_TEXT, form), .placeholder = "F", .initial = "text", .help = "which form",
      .choices = "text json html" },
    { 0 },
};

enum { ARGUMENTS_MAX = 8 };

struct reading {
    struct values values;
    char *arguments[ARGUMENTS_MAX];
    int operands;
    struct error error;
};

static bool read_arguments(struct reading *reading, const char *const *arguments)
{
    int count = 0;
    *reading = (struct reading){ .operands = -1 };
    for (; arguments[count]; count++)
        reading->arguments[count] = (char *)(uintptr_t)arguments[count];
    return options_read(rows, &reading->values, count, reading->arguments, &reading->operands,
                        &reading->error);
}

#define READ(reading, ...) read_arguments((reading), (const char *const[]){ __VA_ARGS__, NULL })

START_TEST(defaults_hold_when_nothing_is_given)
{
    struct reading reading;
    ck_assert(read_arguments(&reading, (const char *const[]){ NULL }));
    ck_assert(!reading.values.is_loud);
    ck_assert_ptr_null(reading.values.name);
    ck_assert_int_eq(reading.values.count, 7);
    ck_assert(reading.values.share == 0.1);
    ck_assert_int_eq(reading.values.wait_ms, 300000);
    ck_assert(reading.values.rate == 0);
    ck_assert_int_eq(reading.operands, 0);
}
END_TEST

START_TEST(the_environment_beats_defaults_and_arguments_beat_both)
{
    struct reading reading;
    setenv("TEST_COUNT", "8", 1);
    setenv("TEST_LOUD", "yes", 1);
    setenv("TEST_NAME", "", 1);
    ck_assert(READ(&reading, "--name", "x"));
    ck_assert_int_eq(reading.values.count, 8);
    ck_assert(reading.values.is_loud);
    ck_assert_str_eq(reading.values.name, "x");
    ck_assert(READ(&reading, "--count=9"));
    ck_assert_int_eq(reading.values.count, 9);
    ck_assert_ptr_null(reading.values.name);
    setenv("TEST_COUNT", "many", 1);
    ck_assert(!READ(&reading, "--name", "x"));
    ck_assert_ptr_nonnull(strstr(reading.error.message, "TEST_COUNT"));
    error_clear(&reading.error);
}
END_TEST

START_TEST(operands_move_to_the_front_in_their_order)
{
    struct reading reading;
    ck_assert(READ(&reading, "a", "--count", "3", "b", "--loud", "c"));
    ck_assert_int_eq(reading.operands, 3);
    ck_assert_str_eq(reading.arguments[0], "a");
    ck_assert_str_eq(reading.arguments[1], "b");
    ck_assert_str_eq(reading.arguments[2], "c");
    ck_assert(READ(&reading, "--loud", "--", "--count", "-x"));
    ck_assert_int_eq(reading.operands, 2);
    ck_assert_str_eq(reading.arguments[0], "--count");
    ck_assert_str_eq(reading.arguments[1], "-x");
    ck_assert(READ(&reading, "-"));
    ck_assert_int_eq(reading.operands, 1);
    ck_assert(READ(&reading, "--name=a=b"));
    ck_assert_str_eq(reading.values.name, "a=b");
    ck_assert(READ(&reading, "--name="));
    ck_assert_str_eq(reading.values.name, "");
}
END_TEST

START_TEST(a_letter_stands_for_its_option)
{
    struct reading reading;
    ck_assert(READ(&reading, "a", "-n", "-l", "-l", "b"));
    ck_assert_str_eq(reading.values.name, "-l"); /* a value is not looked at */
    ck_assert(reading.values.is_loud);
    ck_assert_int_eq(reading.operands, 2);
    ck_assert(READ(&reading, "--", "-l"));
    ck_assert(!reading.values.is_loud);
    ck_assert_str_eq(reading.arguments[0], "-l");
}
END_TEST

START_TEST(bad_usage_is_named)
{
    static const struct {
        const char *first;
        const char *second;
        const char *named;
    } cases[] = {
        { "--nope", NULL, "--nope" },
        { "-x", NULL, "'-x'" },
        { "-lx", NULL, "'-lx'" },
        { "-n", NULL, "--name needs a value, NAME" },
        { "--count", NULL, "--count" },
        { "--count", "many", "many" },
        { "--count=", NULL, "--count" },
        { "--loud=1", NULL, "--loud" },
        { "--share", "2", "--share" },
        { "--wait", "5", "--wait" },
        { "--rate", "fast", "fast" },
        { "--coun", "3", "--coun" },
        { "--COUNT", "3", "--COUNT" },
        { "--count=99999999999999999999", NULL, "--count" },
        { "--coutn", "3", "did you mean '--count'?" },
        { "--form", "xml", "--form is text, json or html, not 'xml'" },
        { "--form", "", "--form is text" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading reading;
        const char *const arguments[] = { cases[i].first, cases[i].second, NULL };
        ck_assert_msg(!read_arguments(&reading, arguments), "%s", cases[i].first);
        ck_assert_msg(strstr(reading.error.message, cases[i].named) != NULL, "%s",
                      reading.error.message);
        error_clear(&reading.error);
    }
}
END_TEST

START_TEST(units_are_read)
{
    static const struct {
        const char *text;
        bool (*parse)(const char *string, double *value_out);
        bool is_good;
        double value;
    } cases[] = {
        { "10%", option_parse_fraction, true, 0.1 }, { "0.1", option_parse_fraction, true, 0.1 },
        { "0", option_parse_fraction, true, 0 },     { "100%", option_parse_fraction, true, 1 },
        { "101%", option_parse_fraction, false, 0 }, { "-1%", option_parse_fraction, false, 0 },
        { "1.01", option_parse_fraction, false, 0 }, { "%", option_parse_fraction, false, 0 },
        { "nan", option_parse_fraction, false, 0 },  { "", option_parse_fraction, false, 0 },
        { "10/s", option_parse_rate, true, 10 },     { "600/m", option_parse_rate, true, 10 },
        { "7200/h", option_parse_rate, true, 2 },    { "2.5", option_parse_rate, true, 2.5 },
        { "0/s", option_parse_rate, false, 0 },      { "-1/s", option_parse_rate, false, 0 },
        { "10/d", option_parse_rate, false, 0 },     { "inf/s", option_parse_rate, false, 0 },
        { "/s", option_parse_rate, false, 0 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double value = 0;
        ck_assert_msg(cases[i].parse(cases[i].text, &value) == cases[i].is_good, "'%s'",
                      cases[i].text);
        ck_assert_msg(value == cases[i].value, "'%s': %g", cases[i].text, value);
    }
}
END_TEST

START_TEST(durations_are_read)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: none */
    } cases[] = {
        { "300ms", 300 }, { "90s", 90000 }, { "5m", 300000 }, { "2h", 7200000 }, { "1d", 86400000 },
        { "0.5s", 500 },  { "0s", 0 },      { "5", -1 },      { "-1s", -1 },     { "s", -1 },
        { "5 s", -1 },    { "5w", -1 },     { "", -1 },       { "1e9d", -1 },    { "nans", -1 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms = -1;
        ck_assert_msg(option_parse_duration(cases[i].text, &ms) == (cases[i].ms >= 0), "'%s'",
                      cases[i].text);
        ck_assert_int_eq(ms, cases[i].ms);
    }
}
END_TEST

START_TEST(help_names_each_row_once)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    options_print(rows, stream);
    fclose(stream);
    for (const struct option_row *row = rows; row->name; row++) {
        ck_assert_msg(strstr(text, row->help) != NULL, "%s", row->name);
        ck_assert(!row->environment || strstr(text, row->environment));
        ck_assert(!row->initial || strstr(text, row->initial));
    }
    free(text);
}
END_TEST

SUITE("options", defaults_hold_when_nothing_is_given,
      the_environment_beats_defaults_and_arguments_beat_both,
      operands_move_to_the_front_in_their_order, a_letter_stands_for_its_option, bad_usage_is_named,
      units_are_read, durations_are_read, help_names_each_row_once)
