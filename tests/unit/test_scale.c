/* scale: round ticks, numbers and times as people read them. */
#include <math.h>

#include "random.h"
#include "scale.h"
#include "support/suite.h"

START_TEST(steps_are_round_and_hold_the_data)
{
    static const struct {
        double low, high;
        int wanted;
        double min, max, step;
    } rows[] = {
        { 0, 1, 5, 0, 1, 0.2 },
        { 0, 180, 6, 0, 200, 50 },
        { 95, 180, 1, 0, 200, 100 },
        { 0, 7, 7, 0, 7, 1 },
        { 3, 97, 5, 0, 100, 20 },
        { -5, 5, 4, -5, 5, 2.5 },
        { 0.001, 0.0093, 5, 0, 0.01, 0.002 },
        { 1e6, 9e6, 4, 0, 1e7, 2e6 },
        { 5, 5, 5, 4.4, 5.6, 0.2 },
        { 0, 0, 5, 0, 1, 0.2 },
        { 48280297.458030775, 48280297.458140008, 10, 4.3e7, 5.4e7, 1e6 },
        { NAN, 1, 5, 0, 1, 0.2 },
        { 4, 2, 5, 0, 1, 0.2 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scale scale = scale_make(rows[i].low, rows[i].high, rows[i].wanted);
        ck_assert_msg(fabs(scale.step - rows[i].step) < 1e-9 * scale.step, "row %zu: step %g", i,
                      scale.step);
        ck_assert_msg(fabs(scale.min - rows[i].min) < 1e-9 && fabs(scale.max - rows[i].max) < 1e-9,
                      "row %zu: %g to %g", i, scale.min, scale.max);
    }
}
END_TEST

START_TEST(every_range_gets_a_scale_that_can_be_drawn)
{
    struct random_stream stream = random_stream_for("scale");
    for (int i = 0; i < 200000; i++) {
        double low = (random_unit(&stream) - 0.5) * pow(10, (int)(random_unit(&stream) * 40) - 20);
        double high = low + random_unit(&stream) * pow(10, (int)(random_unit(&stream) * 40) - 20);
        struct scale scale = scale_make(low, high, 1 + i % 10);
        double slack = scale.step * 1e-6;
        ck_assert(scale.step > 0 && scale.max > scale.min);
        ck_assert(scale.min <= low + slack && scale.max >= high - slack);
        ck_assert(scale.count >= 1 && scale.count <= 12);
    }
}
END_TEST

START_TEST(ends_that_are_fixed_stay_and_ticks_stay_round)
{
    struct scale scale = scale_fix(3, 47, 4);
    ck_assert(scale.min == 3 && scale.max == 47 && scale.step == 20 && scale.count == 1);
    ck_assert(scale_tick(&scale, 0) == 20 && scale_tick(&scale, 1) == 40);
}
END_TEST

START_TEST(numbers_are_short)
{
    static const struct {
        double value, step;
        const char *text;
    } rows[] = {
        { 0, 50, "0" },           { 50, 50, "50" },         { 1200, 200, "1.2k" },
        { 1000, 500, "1k" },      { 2500000, 5e5, "2.5M" }, { 0.2, 0.2, "0.2" },
        { 0.25, 0.05, "0.25" },   { -1500, 500, "-1.5k" },  { 0, 0, "0" },
        { 1234, 0, "1.23k" },     { 198000, 0, "198k" },    { 999.97, 0, "1k" },
        { 0.01234, 0, "0.0123" }, { 3.4e9, 0, "3.4G" },     { 7e12, 0, "7T" },
        { 1e18, 0, "1e+18" },     { -1e-17, 1, "0" },       { 12.5, 2.5, "12.5" },
        { 5e-9, 0, "5e-09" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[SCALE_TEXT_SIZE];
        ck_assert_str_eq(scale_print(rows[i].value, rows[i].step, text), rows[i].text);
    }
}
END_TEST

START_TEST(values_carry_the_unit_that_suits_their_size)
{
    static const struct {
        double value;
        const char *unit;
        const char *text;
    } rows[] = {
        { 126.4, "Milliseconds", "126 ms" },
        { 1200, "Milliseconds", "1.2 s" },
        { 0.3, "Milliseconds", "300 µs" },
        { 600, "Seconds", "10 min" },
        { 0, "Seconds", "0 s" },
        { 999.7, "Milliseconds", "1 s" },
        { 512, "Bytes", "512 B" },
        { 5100, "Kilobytes", "5.1 MB" },
        { 34, "Percent", "34%" },
        { 1500, "Count/Second", "1.5 k/s" },
        { 6260, "Count", "6.26k" },
        { 12, NULL, "12" },
        { 3, "None", "3" },
        { 2e6, "Bits/Second", "2 Mbit/s" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[SCALE_TEXT_SIZE];
        ck_assert_str_eq(scale_print_unit(rows[i].value, rows[i].unit, text), rows[i].text);
    }
}
END_TEST

START_TEST(times_are_cut_at_usual_steps)
{
    static const struct {
        int64_t span_s;
        int most;
        int64_t step_s;
    } rows[] = {
        { 10800, 6, 1800 },  { 10800, 7, 1800 },   { 3600, 12, 300 },           { 60, 6, 10 },
        { 86400, 8, 10800 }, { 604800, 8, 86400 }, { 365 * 86400, 8, 7776000 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        ck_assert_int_eq(scale_time_step(rows[i].span_s * 1000, rows[i].most),
                         rows[i].step_s * 1000);
    ck_assert_int_ge(scale_time_step(INT64_C(1000) * 366 * 86400 * 1000, 8),
                     INT64_C(125) * 365 * 86400 * 1000);
}
END_TEST

START_TEST(ticks_stand_at_round_local_times)
{
    /* 2026-03-02T08:07:00Z; half past the hour in India. */
    int64_t from_ms = INT64_C(1772438820) * 1000;
    char text[SCALE_TEXT_SIZE];
    int64_t hour_ms = 3600000;
    int64_t utc_ms = scale_time_first(from_ms, hour_ms, 0);
    ck_assert_str_eq(scale_print_time(utc_ms, hour_ms, 0, text), "09:00");
    int64_t india_ms = scale_time_first(from_ms, hour_ms, 330);
    ck_assert_str_eq(scale_print_time(india_ms, hour_ms, 330, text), "14:00");
    ck_assert_str_eq(scale_print_time(india_ms, hour_ms, 0, text), "08:30");
    ck_assert_str_eq(scale_print_time(from_ms, 10000, -60, text), "07:07:00");
    ck_assert_str_eq(scale_print_time(scale_time_first(from_ms, 86400000, 0), hour_ms, 0, text),
                     "Mar 3");
    ck_assert_int_eq(scale_time_first(utc_ms, hour_ms, 0), utc_ms);
}
END_TEST

SUITE("scale", steps_are_round_and_hold_the_data, every_range_gets_a_scale_that_can_be_drawn,
      ends_that_are_fixed_stay_and_ticks_stay_round, numbers_are_short,
      values_carry_the_unit_that_suits_their_size, times_are_cut_at_usual_steps,
      ticks_stand_at_round_local_times)
