/*
 * Axes of pictures: round steps, numbers and times as people read them. Pure. Implemented in
 * emulator/base/scale.c.
 */
#ifndef COALMINE_SCALE_H
#define COALMINE_SCALE_H

#include <stdint.h>

struct scale {
    double min; /* a multiple of the step */
    double max; /* likewise; above min */
    double step;
    int count; /* of steps between min and max; at least 1 */
};

/* A scale that holds low to high in about `wanted` steps (1, 2, 2.5 or 5 times a power of ten).
 * Numbers that are not finite or in the wrong order give 0 to 1. */
struct scale scale_make(double low, double high, int wanted);

/* The same with the ends exactly where they are asked to be; ticks stay round. */
struct scale scale_fix(double min, double max, int wanted);

/* The value of tick `at`, 0 to count; ends that are fixed may have no tick. */
double scale_tick(const struct scale *scale, int at);

enum { SCALE_TEXT_SIZE = 48 };

/* "0", "250", "1.2k", "3.4M". `step` says how much of it matters; 0: three digits do. */
const char *scale_print(double value, double step, char text_out[SCALE_TEXT_SIZE]);

/* With its unit, one of CloudWatch's or NULL: "1.2 s" of 1200 Milliseconds, "34%", "5.1 MB". */
const char *scale_print_unit(double value, const char *unit, char text_out[SCALE_TEXT_SIZE]);

/* The smallest usual step (a second to a year) that cuts the span into at most `most` pieces. */
int64_t scale_time_step(int64_t span_ms, int most);

/* The first tick at or after a time, at local multiples of the step. */
int64_t scale_time_first(int64_t from_ms, int64_t step_ms, int zone_minutes);

/* "14:05", "14:05:30" for steps below a minute, "Nov 25" at midnight and for steps of days. */
const char *scale_print_time(int64_t ms, int64_t step_ms, int zone_minutes,
                             char text_out[SCALE_TEXT_SIZE]);

#endif
