/*
 * The functions of Logs Insights by their kinds: each list ends with a row of zeros.
 */
#ifndef COALMINE_INSIGHTS_FUNCTIONS_H
#define COALMINE_INSIGHTS_FUNCTIONS_H

#include <math.h>

#include "logs/insights_function.h"

extern const struct insights_function insights_general_functions[];
extern const struct insights_function insights_json_functions[];
extern const struct insights_function insights_number_functions[];
extern const struct insights_function insights_text_functions[];
extern const struct insights_function insights_encoding_functions[];
extern const struct insights_function insights_date_functions[];
extern const struct insights_function insights_address_functions[];

enum { INSIGHTS_TEXT_MAX = 1 << 20 }; /* bytes that a function makes at most */

/* NaN, which becomes a missing value, if it is no number. */
static inline double insights_number_of(const struct insights_value *value)
{
    double number;
    return insights_to_number(value, &number) ? number : NAN;
}

#endif
