/*
 * More than one test: several checks at once, or one test at several planned looks.
 */
#ifndef CANARY_SEVERAL_H
#define CANARY_SEVERAL_H

#include <stddef.h>

/* Adjusted p-values, in place, in the order they came. Bonferroni: m p. Holm (1979): the i-th
 * smallest times m - i + 1, never falling. Both keep the chance of any false alarm below alpha.
 * Benjamini and Hochberg (1995): p m / i, never rising from the top; keeps the share of false
 * alarms among all. */
void adjust_bonferroni(double *p_values, size_t count);
void adjust_holm(double *p_values, size_t count);
void adjust_benjamini_hochberg(double *p_values, size_t count);

/* Holm's procedure for tests that have levels of their own: p/level stands for p, and a test is
 * significant if its adjusted ratio is 1 or less. No false alarm with probability 1 - the mean of
 * the levels at least. In place. */
void adjust_holm_ratios(double *ratios, size_t count);

/*
 * Group sequential tests: `looks` at equal distances at a normal sum, two-sided. Bounds z[i]; the
 * chance to pass any of them under "no difference", by numerical integration of the sum's law
 * from look to look (Armitage, McPherson and Rowe 1969).
 */
enum { LOOKS_MAX = 100 };
double looks_error(const double *z, size_t looks);

/* The constant of Pocock's bounds (1977; all z alike) and of O'Brien and Fleming's (1979;
 * z[k] = c sqrt(looks / k)). */
double pocock_constant(size_t looks, double alpha);
double obrien_fleming_constant(size_t looks, double alpha);

/* Bounds that spend alpha as a function of the information so far (Lan and DeMets 1983):
 * 2 - 2 Phi(z / sqrt(t)) like O'Brien and Fleming, alpha ln(1 + (e - 1) t) like Pocock. */
enum spending { SPENDING_OBRIEN_FLEMING, SPENDING_POCOCK };
double spent(enum spending kind, double alpha, double information);
void spending_bounds(enum spending kind, size_t looks, double alpha, double *z_out);

#endif
