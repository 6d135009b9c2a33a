/*
 * Numbers as text, in JSON and XML alike. Implemented in emulator/base/number.c.
 */
#ifndef COALMINE_NUMBER_H
#define COALMINE_NUMBER_H

#include <stdbool.h>

#include "buffer.h"

/* Adds the shortest text that reads back as the same finite double; a real number keeps its
 * fraction ("3.0"). */
void number_print(struct buffer *buffer, double value, bool is_real);

/* As printf()'s "%.2f". */
void number_print_hundredths(struct buffer *buffer, double value);

#endif
