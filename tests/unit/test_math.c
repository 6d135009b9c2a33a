/* metric math: expressions, and what comes of them (cloudwatch-api.md section 2.6). */
#include <math.h>

#include "buffer.h"
#include "random.h"
#include "support/math_fixture.h"
#include "support/suite.h"
#include "xalloc.h"

static void print_series(struct buffer *out, const struct math_series *series)
{
    size_t at = 0;
    for (int64_t i = 0; i < FIXTURE_SIZE; i++) {
        int64_t time_s = FIXTURE_START_S + i * 60;
        if (i)
            buffer_add_char(out, ' ');
        if (at < series->count && series->times_s[at] == time_s)
            buffer_add_format(out, "%.6g", series->values[at++]);
        else
            buffer_add_char(out, '-');
    }
    ck_assert_uint_eq(at, series->count);
}

/* "1 2 3 4 5" of a series, "[... | ...]" of an array, "=5" of a scalar, "!..." of a problem. */
static char *outcome_of(const char *expression)
{
    struct buffer out = { 0 };
    struct fixture fixture;
    struct math_value value = fixture_evaluate(&fixture, text_from(expression));
    if (value.type == MATH_NONE)
        buffer_add_format(&out, "!%s", fixture.problem);
    else if (value.type == MATH_SCALAR)
        buffer_add_format(&out, "=%.6g", isnan(value.scalar) ? NAN : value.scalar);
    if (value.type == MATH_ARRAY)
        buffer_add_char(&out, '[');
    for (size_t i = 0; i < value.count; i++) {
        buffer_add_string(&out, i ? " | " : "");
        print_series(&out, value.list[i]);
    }
    if (value.type == MATH_ARRAY)
        buffer_add_char(&out, ']');
    arena_clear(&fixture.arena);
    return buffer_take(&out, NULL);
}

struct pair {
    const char *expression;
    const char *outcome;
};

static void compare(const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CLEANUP(freep) char *outcome = outcome_of(pairs[i].expression);
        ck_assert_msg(strcmp(outcome, pairs[i].outcome) == 0, "%s\n gives  %s\n not    %s",
                      pairs[i].expression, outcome, pairs[i].outcome);
    }
}

START_TEST(operators_go_point_by_point_and_a_missing_point_is_0)
{
    static const struct pair pairs[] = {
        { "m1 + m2", "11 22 33 44 55" },
        { "m1+1", "2 3 4 5 6" },
        { "10-m1", "9 8 7 6 5" },
        { "m1*m1-m1/2", "0.5 3 7.5 14 22.5" },
        { "m2/m1", "10 10 10 10 10" },
        { "gaps + m1", "31 2 3 4 35" },
        { "m1 / gaps", "0.0333333 - - - 0.166667" },
        { "gaps / m1", "30 0 0 0 6" },
        { "m1/0", "- - - - -" },
        { "m1 ^ 2", "1 4 9 16 25" },
        { "2 ^ m1", "2 4 8 16 32" },
        { "-m1", "-1 -2 -3 -4 -5" },
        { "--m1", "1 2 3 4 5" },
        { "-2^2", "=-4" },
        { "2^-1", "=0.5" },
        { "2^3^2", "=64" },
        { "1+2*3-4/2", "=5" },
        { "(1+2)*3", "=9" },
        { ".5 + 1.5e1 + 2E-1", "=15.7" },
        { "1/0", "=nan" },
        { "two * m1", "2 4 6 8 10" },
        { "none + none", "- - - - -" },
        { "all * 2", "[2 4 6 8 10 | 20 40 60 80 100]" },
        { "100 / all", "[100 50 33.3333 25 20 | 10 5 3.33333 2.5 2]" },
        { "[m1,m2] - m1", "[0 0 0 0 0 | 9 18 27 36 45]" },
        { "m2 - [m1]", "[9 18 27 36 45]" },
        { "m1 + five", "101 2 3 4 5" },
    };
    compare(pairs, COUNT_OF(pairs));
}
END_TEST

START_TEST(comparisons_and_logic_give_0_and_1)
{
    static const struct pair pairs[] = {
        { "a < b", "0 0 1 0 -" },
        { "a >= 30", "1 0 0 0 -" },
        { "a > 15 AND b > 15", "1 0 0 0 -" },
        { "a > 15 && b > 15", "1 0 0 0 -" },
        { "a > 15 OR b > 15", "1 1 1 0 -" },
        { "a>15||b>15", "1 1 1 0 -" },
        { "m1 == 3", "0 0 1 0 0" },
        { "m1 != 3", "1 1 0 1 1" },
        { "m1 <= 2", "1 1 0 0 0" },
        { "1 < 2", "=1" },
        { "2 <= 1 OR 1 == 1", "=1" },
        { "1 AND 0 OR 1", "=1" },
        { "1 OR 1 AND 0", "=1" },
        { "1+1 == 2", "=1" },
        { "3 <= 1+2", "=1" },
        { "3 >= 1+2", "=1" },
        { "3 < 1+3", "=1" },
        { "3 > 1+1", "=1" },
        { "3 != 1+2", "=0" },
        { "AVG(none) > 1", "=nan" },
    };
    compare(pairs, COUNT_OF(pairs));
}
END_TEST

/* The three rows of cloudwatch-api.md section 2.6, and what follows from them. */
START_TEST(if_chooses_as_documented)
{
    static const struct pair pairs[] = {
        { "IF(cond, gaps, zeros)", "30 0 20 - -" },
        { "IF(cond, 5, zeros)", "5 5 20 - -" },
        { "IF(cond, gaps, 5)", "30 0 5 5 -" },
        { "IF(cond, gaps)", "30 0 - - -" },
        { "IF(cond, 1, 2)", "1 1 2 2 -" },
        { "IF(1, m1, m2)", "1 2 3 4 5" },
        { "IF(0, m1, m2)", "10 20 30 40 50" },
        { "IF(0, m1)", "- - - - -" },
        { "IF(1, 7, m1)", "7 7 7 7 7" },
        { "IF(1 > 2, 3, 4)", "=4" },
        { "IF(m1 > 2, m2 / m1 * 100, 0)", "0 0 1000 1000 1000" },
        { "IF(SUM(m1) > 3, m1)", "1 2 3 4 5" },
    };
    compare(pairs, COUNT_OF(pairs));
}
END_TEST

START_TEST(functions_of_one_series_or_each_of_an_array)
{
    static const struct pair pairs[] = {
        { "ABS(signs)", "1 2.5 3.5 0 4" },
        { "CEIL(signs)", "-1 3 -3 0 4" },
        { "FLOOR(signs)", "-1 2 -4 0 4" },
        { "LOG10(m2)", "1 1.30103 1.47712 1.60206 1.69897" },
        { "LOG(m1)", "0 0.693147 1.09861 1.38629 1.60944" },
        { "LOG(signs)", "- 0.916291 - - 1.38629" },
        { "DIFF(m2)", "- 10 10 10 10" },
        { "DIFF(gaps)", "- - -30 0 30" },
        { "DIFF_TIME(gaps)", "- - 120 60 60" },
        { "RATE(gaps)", "- - -0.25 0 0.5" },
        { "RUNNING_SUM(gaps)", "30 - 30 30 60" },
        { "RUNNING_SUM([m1, m2])", "[1 3 6 10 15 | 10 30 60 100 150]" },
        { "DIFF(none)", "- - - - -" },
        { "RATE(all)", "[- 0.0166667 0.0166667 0.0166667 0.0166667 | "
                       "- 0.166667 0.166667 0.166667 0.166667]" },
    };
    compare(pairs, COUNT_OF(pairs));
}
END_TEST

START_TEST(functions_of_all_points_or_across_series)
{
    static const struct pair pairs[] = {
        { "SUM(m1)", "=15" },
        { "AVG(gaps)", "=15" },
        { "MIN(signs)", "=-3.5" },
        { "MAX(signs)", "=4" },
        { "STDDEV(m1)", "=1.41421" },
        { "DATAPOINT_COUNT(gaps)", "=4" },
        { "DATAPOINT_COUNT(none)", "=0" },
        { "SUM(none)", "=0" },
        { "AVG(none)", "=nan" },
        { "SUM([m1, m2])", "11 22 33 44 55" },
        { "SUM([gaps, zeros])", "30 0 20 0 50" },
        { "AVG([gaps, zeros])", "15 0 10 0 25" },
        { "MIN([a, b])", "20 20 0 0 -" },
        { "MAX([a, b])", "30 20 20 0 -" },
        { "STDDEV([m1, m2])", "4.5 9 13.5 18 22.5" },
        { "DATAPOINT_COUNT([a, b])", "2 1 2 1 -" },
        { "METRIC_COUNT([a, b, none])", "=3" },
        { "m1 / SUM(m1) * 100", "6.66667 13.3333 20 26.6667 33.3333" },
        { "SUM(METRICS(\"m\"))", "11 22 33 44 55" },
        { "METRICS('m2')", "[10 20 30 40 50]" },
        { "METRIC_COUNT(METRICS())", "=10" },
        { "METRICS('nothing')", "[]" },
        { "SUM(METRICS('nothing'))", "- - - - -" },
    };
    compare(pairs, COUNT_OF(pairs));
}
END_TEST

START_TEST(filling_takes_the_range_of_the_request)
{
    static const struct pair pairs[] = {
        { "FILL(gaps, 7)", "30 7 0 0 30" },
        { "FILL(none, 0)", "0 0 0 0 0" },
        { "FILL(gaps, REPEAT)", "30 30 0 0 30" },
        { "FILL(b, REPEAT)", "20 20 20 20 20" },
        { "FILL(gaps, LINEAR)", "30 15 0 0 30" },
        { "FILL(b, LINEAR)", "20 20 20 - -" },
        { "FILL(DIFF(m1), REPEAT)", "- 1 1 1 1" },
        { "FILL(b, m1)", "20 2 20 4 5" },
        { "FILL(b, none)", "20 - 20 - -" },
        { "FILL([a, b], 0)", "[30 20 0 0 0 | 20 0 20 0 0]" },
        { "TIME_SERIES(5)", "5 5 5 5 5" },
        { "TIME_SERIES(MAX(m1))", "5 5 5 5 5" },
    };
    compare(pairs, COUNT_OF(pairs));
}
END_TEST

START_TEST(arrays_are_ordered_and_cut)
{
    static const struct pair pairs[] = {
        { "FIRST([m1, m2])", "1 2 3 4 5" },
        { "LAST([m1, m2])", "10 20 30 40 50" },
        { "FIRST(METRICS('nothing'))", "- - - - -" },
        { "REMOVE_EMPTY([none, m1, none])", "[1 2 3 4 5]" },
        { "SLICE([m1, m2, a], 1)", "[10 20 30 40 50 | 30 20 0 0 -]" },
        { "SLICE([m1, m2, a], 0, 1)", "[1 2 3 4 5]" },
        { "SLICE([m1, m2], 5)", "[]" },
        { "SLICE([m1, m2], 1, 0)", "[]" },
        { "SORT([m2, m1], MAX, ASC)", "[1 2 3 4 5 | 10 20 30 40 50]" },
        { "SORT([m1, m2, a], SUM, DESC, 1)", "[10 20 30 40 50]" },
        { "SORT([none, m1, m2], AVG, DESC)", "[10 20 30 40 50 | 1 2 3 4 5 | - - - - -]" },
        { "SORT([none, m1], AVG, ASC)", "[1 2 3 4 5 | - - - - -]" },
        { "SORT([zeros, b], SUM, DESC)", "[0 0 20 - 20 | 20 - 20 - -]" },
        { "SORT([b, zeros], SUM, DESC)", "[20 - 20 - - | 0 0 20 - 20]" },
        { "[m1, [m2, a]]", "[1 2 3 4 5 | 10 20 30 40 50 | 30 20 0 0 -]" },
        { "SEARCH('{N} m', 'Sum')", "[1 2 3 4 5 | 10 20 30 40 50]" },
    };
    compare(pairs, COUNT_OF(pairs));
}
END_TEST

START_TEST(times_are_in_utc_and_dense)
{
    static const struct pair pairs[] = {
        { "MINUTE(none)", "0 1 2 3 4" },
        { "HOUR(m1)", "10 10 10 10 10" },
        { "DAY(m1)", "1 1 1 1 1" },
        { "DATE(m1)", "20 20 20 20 20" },
        { "MONTH(m1)", "10 10 10 10 10" },
        { "YEAR(m1)", "2025 2025 2025 2025 2025" },
        { "EPOCH(m1) - 1760954400", "0 60 120 180 240" },
        { "PERIOD(m1)", "=60" },
        { "PERIOD(five)", "=300" },
        { "m2 / PERIOD(m2)", "0.166667 0.333333 0.5 0.666667 0.833333" },
        { "IF(MINUTE(m1) > 2, m1)", "- - - 4 5" },
    };
    compare(pairs, COUNT_OF(pairs));
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    static const struct pair pairs[] = {
        { "", "!Unexpected end of the expression" },
        { "m1 +", "!Unexpected end of the expression" },
        { "m1 m2", "!Unexpected 'm2' at position 4" },
        { "(m1", "!Unexpected end of the expression" },
        { "m1)", "!Unexpected ')' at position 3" },
        { "m1 ! m2", "!Unexpected character '!' at position 4" },
        { "m1 \xE2\x82\xAC", "!Unexpected character '\xE2\x82\xAC' at position 4" },
        { "METRICS('m", "!The string at position 9 has no end" },
        { "[]", "!An array must have at least one member" },
        { "SUM(,)", "!Unexpected ',' at position 5" },
        { "mm", "!Unrecognized id 'mm'" },
        { "sum(m1)", "!Function 'sum' not found" },
        { "SUM()", "!Function SUM takes 1 argument(s), not 0" },
        { "IF(m1)", "!Function IF takes 2 to 3 arguments, not 1" },
        { "FIRST(m1)", "!Unsupported type TimeSeries of argument 1 of function FIRST" },
        { "SUM(2)", "!Unsupported type Scalar of argument 1 of function SUM" },
        { "SORT([m1], ASC, AVG)", "!Unrecognized id 'ASC'" },
        { "FILL(m1, SOMEHOW)", "!Unrecognized id 'SOMEHOW'" },
        { "[m1] + [m2]", "!Unsupported operand type(s) for +: '[TimeSeries[], TimeSeries[]]'" },
        { "m1 + 'x'", "!Unsupported operand type(s) for +: '[TimeSeries, String]'" },
        { "'x'", "!A String is no result" },
        { "-'x'", "!Unsupported operand type(s) for -: '[String]'" },
        { "[m1, 2]", "!An array cannot hold a Scalar" },
        { "PERIOD(m1 + m2)", "!The argument of PERIOD must be the id of a metric" },
        { "ANOMALY_DETECTION_BAND(m1)",
          "!Coalmine does not emulate function ANOMALY_DETECTION_BAND (anomaly detection)" },
        { "SERVICE_QUOTA(m1)",
          "!Coalmine does not emulate function SERVICE_QUOTA (service quotas)" },
        { "SEARCH('', 'Sum')", "!SEARCH: neither a schema nor a term" },
        { "SEARCH('x', 'Most')", "!SEARCH: The statistic 'Most' is not supported" },
        { "SEARCH('x', 'Mo\\'st')", "!SEARCH: The statistic 'Mo'st' is not supported" },
        { "SEARCH('x', 'Sum', 61)",
          "!SEARCH: The period must be 1, 5, 10, 20, 30 or a multiple of 60" },
    };
    compare(pairs, COUNT_OF(pairs));
}
END_TEST

/* Deep and long texts end in a sentence, or in a value, not in a crash. */
START_TEST(depth_and_length_have_ends)
{
    static const struct {
        const char *unit;
        const char *tail;
    } cases[] = { { "(", "" },   { "[", "" },   { "-", "1" },    { "SUM(", "" },
                  { "1+", "1" }, { "2^", "1" }, { "m1+", "m1" }, { "IF(", "" } };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer text = { 0 };
        while (text.size + 8 < MATH_EXPRESSION_MAX)
            buffer_add_string(&text, cases[i].unit);
        buffer_add_string(&text, cases[i].tail);
        CLEANUP(freep) char *outcome = outcome_of(text.data);
        bool is_chain = cases[i].unit[strlen(cases[i].unit) - 1] == '+' || cases[i].unit[0] == '2';
        ck_assert_msg((outcome[0] != '!') == is_chain, "%s: %s", cases[i].unit, outcome);
        while (text.size <= MATH_EXPRESSION_MAX)
            buffer_add_string(&text, cases[i].unit);
        CLEANUP(freep) char *longer = outcome_of(text.data);
        ck_assert_str_eq(longer, "!Longer than 2048 characters");
        buffer_clear(&text);
    }
}
END_TEST

START_TEST(what_is_dense_has_each_period_that_begins_before_the_end)
{
    static const struct {
        int64_t start_ms;
        int64_t end_ms;
        bool is_exact;
        int64_t start_s;
        size_t count;
    } cases[] = { { 0, 240000, false, 0, 4 },
                  { 0, 240001, false, 0, 5 },
                  { 30000, 240000, false, 0, 4 },
                  { 30000, 240000, true, 30, 4 },
                  { 30000, 270001, true, 30, 5 } };
    struct fixture fixture;
    fixture_evaluate(&fixture, TEXT("1"));
    int64_t origin_ms = fixture.context.start_ms;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fixture.context.start_ms = origin_ms + cases[i].start_ms;
        fixture.context.end_ms = origin_ms + cases[i].end_ms;
        fixture.context.is_exact = cases[i].is_exact;
        struct math_grid grid = math_grid_make(&fixture.context, 60);
        ck_assert_int_eq(grid.start_s - origin_ms / 1000, cases[i].start_s);
        ck_assert_uint_eq(grid.count, cases[i].count);
    }
    arena_clear(&fixture.arena);
}
END_TEST

START_TEST(asking_for_too_many_points_is_refused)
{
    struct fixture fixture;
    struct buffer text = { 0 };
    buffer_add_string(&text, "FILL([m1");
    while (text.size + 16 < MATH_EXPRESSION_MAX)
        buffer_add_string(&text, ",m1");
    buffer_add_string(&text, "],1)");
    struct math_value value = fixture_evaluate(&fixture, buffer_text(&text));
    ck_assert_int_eq(value.type, MATH_ARRAY);
    fixture.context.points = 0;
    fixture.context.end_ms = fixture.context.start_ms + 101000 * 60000LL;
    math_grid_make(&fixture.context, 60);
    ck_assert(fixture.context.is_exhausted);
    fixture.context.is_exhausted = false;
    fixture.context.points = MATH_POINTS_MAX;
    math_series_make(&fixture.context, 60, 0); /* an empty one counts as well */
    ck_assert(fixture.context.is_exhausted);
    fixture.context.points = 0;
    fixture.context.is_exhausted = false;
    fixture.context.end_ms = fixture.context.start_ms + 100000 * 60000LL;
    const struct math_value arguments[] = { value, math_scalar_value(1) };
    struct math_value filled =
        math_function_call(&fixture.context, math_function_find(TEXT("FILL")), arguments, 2);
    ck_assert(fixture.context.is_exhausted);
    ck_assert_uint_lt(filled.count, 50); /* it stopped */
    arena_clear(&fixture.arena);
    buffer_clear(&text);
}
END_TEST

/* Property: what functions across series give is what a person adds up by hand. */
START_TEST(sums_of_random_series_are_those_made_by_hand)
{
    random_set_seed(7);
    struct random_stream stream = random_stream_for("math");
    for (int round = 0; round < 200; round++) {
        struct fixture fixture;
        double sums[FIXTURE_SIZE] = { 0 };
        int counts[FIXTURE_SIZE] = { 0 };
        fixture_evaluate(&fixture, TEXT("1"));
        struct math_series *list[7];
        for (size_t n = 0; n < COUNT_OF(list); n++) {
            list[n] = math_series_make(&fixture.context, 60, FIXTURE_SIZE);
            for (int i = 0; i < FIXTURE_SIZE; i++) {
                double value = floor(random_unit(&stream) * 1000);
                if (random_unit(&stream) < 0.3)
                    continue;
                math_series_add(list[n], FIXTURE_START_S + i * 60, value);
                sums[i] += value;
                counts[i]++;
            }
        }
        struct math_value all = math_array_value(list, COUNT_OF(list));
        struct math_value sum =
            math_function_call(&fixture.context, math_function_find(TEXT("SUM")), &all, 1);
        struct math_value average =
            math_function_call(&fixture.context, math_function_find(TEXT("AVG")), &all, 1);
        size_t at = 0;
        for (int i = 0; i < FIXTURE_SIZE; i++) {
            if (!counts[i])
                continue;
            ck_assert(sum.list[0]->values[at] == sums[i]);
            ck_assert(average.list[0]->values[at++] == sums[i] / COUNT_OF(list));
        }
        ck_assert_uint_eq(at, sum.list[0]->count);
        arena_clear(&fixture.arena);
    }
}
END_TEST

SUITE("math", operators_go_point_by_point_and_a_missing_point_is_0,
      comparisons_and_logic_give_0_and_1, if_chooses_as_documented,
      functions_of_one_series_or_each_of_an_array, functions_of_all_points_or_across_series,
      filling_takes_the_range_of_the_request, arrays_are_ordered_and_cut,
      times_are_in_utc_and_dense, what_is_wrong_is_said, depth_and_length_have_ends,
      what_is_dense_has_each_period_that_begins_before_the_end,
      asking_for_too_many_points_is_refused, sums_of_random_series_are_those_made_by_hand)
