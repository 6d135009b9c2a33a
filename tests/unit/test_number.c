/* number: the shortest text that reads back the same. */
#include "number.h"

#include <math.h>

#include "random.h"
#include "support/suite.h"
#include "xalloc.h"

static void expect(double value, bool is_real, const char *text)
{
    struct buffer buffer = { 0 };
    number_print(&buffer, value, is_real);
    ck_assert_str_eq(buffer.data, text);
    buffer_clear(&buffer);
}

START_TEST(numbers_are_as_short_as_they_can_be)
{
    expect(0, false, "0");
    expect(0, true, "0.0");
    expect(-0.0, true, "-0.0");
    expect(41, true, "41.0");
    expect(-7, false, "-7");
    expect(0.1, true, "0.1");
    expect(-2.5, false, "-2.5");
    expect(1.0 / 3, true, "0.3333333333333333");
    expect(0.1 + 0.2, true, "0.30000000000000004");
    expect(999999999999999, true, "999999999999999.0");
    expect(1e15, true, "1e+15");
    expect(1760954700.25, true, "1760954700.25");
    expect(0.000123, false, "0.000123");
    expect(0.00001, false, "1e-05");
    expect(12.000001, true, "12.000001");
    expect(-0.5, false, "-0.5");
    expect(0.0000005, false, "5e-07");
    expect(1e300, true, "1e+300");
    expect(5e-324, true, "4.94065645841247e-324");
}
END_TEST

START_TEST(numbers_are_printed_as_java_does)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = { { 21.5, "21.5" },
                  { 0, "0.0" },
                  { 1, "1.0" },
                  { 1e-4, "1.0E-4" },
                  { 0.001, "0.001" },
                  { 1e7, "1.0E7" },
                  { 9999999, "9999999.0" },
                  { 1.25e10, "1.25E10" },
                  { -613, "-613.0" },
                  { 0.1, "0.1" },
                  { -0.0, "-0.0" },
                  { 1.0000000000000002, "1.0000000000000002" },
                  { 38.958, "38.958" },
                  { INFINITY, "Infinity" },
                  { NAN, "NaN" } };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[NUMBER_JAVA_SIZE];
        ck_assert_str_eq(number_java(cases[i].value, text), cases[i].text);
    }
}
END_TEST

START_TEST(decimals_read_back_the_same)
{
    random_set_seed(17);
    struct random_stream stream = random_stream_for("decimals");
    for (int i = 0; i < 100000; i++) {
        double value = (double)(random_next(&stream) >> (14 + i % 50)) / pow(10, i % 8);
        struct buffer buffer = { 0 };
        number_print(&buffer, i % 2 ? value : -value, false);
        ck_assert_msg(fabs(strtod(buffer.data, NULL)) == value, "%s %.17g", buffer.data, value);
        buffer_clear(&buffer);
    }
}
END_TEST

START_TEST(all_read_back_the_same)
{
    random_set_seed(13);
    struct random_stream stream = random_stream_for("number");
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = random_next(&stream);
        double value;
        memcpy(&value, &bits, sizeof(value));
        if (i % 2)
            value = (double)(int64_t)(bits >> (bits % 50));
        if (!isfinite(value))
            continue;
        struct buffer buffer = { 0 };
        number_print(&buffer, value, i % 3 == 0);
        ck_assert_msg(strtod(buffer.data, NULL) == value, "%s %.17g", buffer.data, value);
        buffer_clear(&buffer);
    }
}
END_TEST

/* The path for numbers of few decimals prints what printf() does. */
START_TEST(all_are_printed_as_printf_prints_them)
{
    random_set_seed(19);
    struct random_stream stream = random_stream_for("printf");
    for (int i = 0; i < 400000; i++) {
        uint64_t bits = random_next(&stream);
        double value;
        memcpy(&value, &bits, sizeof(value));
        if (i % 4)
            value = (double)(int64_t)(bits >> (bits % 60)) / pow(10, (double)(bits % 9));
        if (i % 4 == 2)
            value = nextafter(value, i % 8 == 2 ? INFINITY : -INFINITY);
        if (!isfinite(value))
            continue;
        char text[48];
        int digits = 15;
        do
            snprintf(text, sizeof(text), "%.*g", digits, value);
        while (strtod(text, NULL) != value && ++digits <= 17);
        bool is_real = i % 3 == 0;
        if (is_real && !strpbrk(text, ".e"))
            memcpy(text + strlen(text), ".0", 3);
        expect(value, is_real, text);
    }
}
END_TEST

static void expect_hundredths(double value)
{
    struct buffer buffer = { 0 };
    CLEANUP(freep) char *expected = xformat("%.2f", value);
    number_print_hundredths(&buffer, value);
    ck_assert_str_eq(buffer.data, expected);
    buffer_clear(&buffer);
}

START_TEST(hundredths_are_as_printf_rounds_them)
{
    static const double odd[] = {
        0,         0.001,        0.004999999,       0.005, 0.994999, 0.995, 0.999,  9.999,
        2.675,     1.005,        999999999.5,       1e9,   1e17,     -1.5,  -0.001, 0.0 / 0.0,
        1.0 / 0.0, 12345678.125, 4503599627370497.5
    };
    random_set_seed(3);
    struct random_stream stream = random_stream_for("hundredths");
    for (size_t i = 0; i < COUNT_OF(odd); i++)
        expect_hundredths(odd[i]);
    for (int us = 0; us < 200000; us++) /* what a clock measures, all the ties among them */
        expect_hundredths(us / 1000.0);
    for (int i = 0; i < 100000; i++)
        expect_hundredths(random_unit(&stream) * 1e7);
}
END_TEST

START_TEST(a_floor_is_below_on_both_sides_of_zero)
{
    static const int64_t cases[][3] = { { 0, 60, 0 },    { 59, 60, 0 },    { 60, 60, 60 },
                                        { -1, 60, -60 }, { -60, 60, -60 }, { -61, 60, -120 },
                                        { 119, 60, 60 }, { 7, 1, 7 } };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_int_eq(number_floor(cases[i][0], cases[i][1]), cases[i][2]);
}
END_TEST

SUITE("number", numbers_are_printed_as_java_does, all_are_printed_as_printf_prints_them,
      numbers_are_as_short_as_they_can_be, decimals_read_back_the_same, all_read_back_the_same,
      hundredths_are_as_printf_rounds_them, a_floor_is_below_on_both_sides_of_zero)
