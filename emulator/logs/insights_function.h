/*
 * The functions of Logs Insights that work on one record.
 */
#ifndef COALMINE_INSIGHTS_FUNCTION_H
#define COALMINE_INSIGHTS_FUNCTION_H

#include "logs/insights_value.h"

enum { INSIGHTS_ARGUMENTS_MAX = 32 }; /* case() has up to ten branches on AWS */

struct insights_function {
    const char *name; /* in lower case */
    int least;
    int most;
    struct insights_value (*call)(const struct insights_value *arguments, int count,
                                  struct arena *arena);
    bool takes_structures; /* else they are missing, as on AWS */
};

/* By its name in any case; NULL if there is none. */
const struct insights_function *insights_function_find(const char *name);

#endif
