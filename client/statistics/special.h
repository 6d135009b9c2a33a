/*
 * What the other families of statistics are made of. The normal and the beta law are
 * GSL's: checked against 60-digit values, tails down to 1e-306 included, they are good to
 * 1e-11. GSL's discrete laws are not used: they take 32-bit counts, cost time in proportion to
 * them, and know no logarithms (discrete.h has ours).
 */
#ifndef CANARY_SPECIAL_H
#define CANARY_SPECIAL_H

struct interval {
    double low;
    double high;
};

/* P(Z >= z), and the z below which a share p of a standard normal law lies. */
double normal_greater(double z);
double normal_quantile(double p);

/* 1 - I_x(a, b), the complement of the regularised incomplete beta function: P(X > x) of a beta
 * law. */
double beta_greater(double x, double a, double b);

/* ln B(a, b). Stirling's series with its remainder apart, so that the differences between values
 * of great arguments, which is what they are for, stay exact. */
double log_beta(double a, double b);

/* What Stirling's formula leaves out of ln x!: ln x! - ((x + 1/2) ln x - x + ln(2 pi) / 2). */
double stirling_rest(double x);

/* x ln(x / m) + m - x without cancellation where x is near m (Loader, "Fast and accurate
 * computation of binomial probabilities", 2000). */
double deviance(double x, double m);

/* ln(exp(a) + exp(b)), and ln(1 - exp(a)) for a <= 0. */
double log_add(double a, double b);
double log_complement(double a);

#endif
