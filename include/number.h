/*
 * Numbers as text, in JSON and XML alike, and rounding. Implemented in emulator/base/number.c.
 */
#ifndef COALMINE_NUMBER_H
#define COALMINE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

/* Adds the shortest text that reads back as the same finite double; a real number keeps its
 * fraction ("3.0"). */
void number_print(struct buffer *buffer, double value, bool is_real);

enum { NUMBER_JAVA_SIZE = 64 };

/* A double as Java prints it, for AWS's texts do: 21.5, 0.0, 1.0E-4. Returns text_out. */
const char *number_java(double value, char text_out[NUMBER_JAVA_SIZE]);

/* What stands for a double that is not finite, in AWS's JSON, XML and messages alike: "NaN",
 * "Infinity", "-Infinity". */
const char *number_word(double value);

/* As printf()'s "%.2f". */
void number_print_hundredths(struct buffer *buffer, double value);

/* The largest multiple of the step, which is positive, that is not above the value. */
static inline int64_t number_floor(int64_t value, int64_t step)
{
    int64_t rest = value % step;
    return value - (rest < 0 ? rest + step : rest);
}

#endif
