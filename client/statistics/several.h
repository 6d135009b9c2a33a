/*
 * More than one test: several checks at once, or one test at several planned looks.
 */
#ifndef CANARY_SEVERAL_H
#define CANARY_SEVERAL_H

#include <stddef.h>

/* Holm's procedure (1979; the i-th smallest times m - i + 1, never falling) for tests that have
 * levels of their own: p/level stands for p, and a test is significant if its adjusted ratio is 1
 * or less. No false alarm with probability 1 - the mean of the levels at least. In place, in the
 * order they came. */
void adjust_holm_ratios(double *ratios, size_t count);

/*
 * Group sequential tests: `looks` at equal distances at a normal sum, two-sided. Bounds z[i]; the
 * chance to pass any of them under "no difference", by numerical integration of the sum's law
 * from look to look (Armitage, McPherson and Rowe 1969).
 */
enum { LOOKS_MAX = 100 };
double looks_error(const double *z, size_t looks);

/* The constant of Pocock's bounds (1977; all z alike). */
double pocock_constant(size_t looks, double alpha);

#endif
