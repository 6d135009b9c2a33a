/*
 * Comparing with reference values: to 1e-9, relatively, tails included. The row's name is told.
 */
#ifndef COALMINE_CLOSE_H
#define COALMINE_CLOSE_H

#include <math.h>

#include "support/suite.h"

static inline void assert_within(double got, double wanted, double tolerance, const char *what,
                                 const char *row)
{
    double scale = fabs(wanted) > 0 ? fabs(wanted) : 1e-3;
    ck_assert_msg(fabs(got - wanted) <= tolerance * scale, "%s, %s: %.15g, not %.15g", row, what,
                  got, wanted);
}

static inline void assert_close(double got, double wanted, const char *what, const char *row)
{
    assert_within(got, wanted, 1e-9, what, row);
}

#endif
