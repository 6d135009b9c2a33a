/*
 * The functions of Logs Insights that work on one record.
 */
#ifndef COALMINE_INSIGHTS_FUNCTION_H
#define COALMINE_INSIGHTS_FUNCTION_H

#include "logs/insights_value.h"

enum { INSIGHTS_ARGUMENTS_MAX = 32 }; /* case() has up to ten branches on AWS */

enum insights_function_flag {
    INSIGHTS_TAKES_STRUCTURES = 1, /* else they are missing, as on AWS */
    INSIGHTS_TAKES_TRUTH = 2,      /* true and false among its arguments are no fields */
    INSIGHTS_TAKES_REGEX = 4,      /* its second argument is one, in quotes */
};

/* When a query is asked, and about which time. */
struct insights_times {
    int64_t asked_ms;
    int64_t start_ms;
    int64_t end_ms;
};

struct insights_function {
    const char *name; /* in lower case */
    int least;        /* arguments */
    int most;
    struct insights_value (*call)(const struct insights_value *arguments, int count,
                                  struct arena *arena);
    struct insights_value (*tell)(const struct insights_times *times); /* instead: of the query */
    int flags;
};

/* By its name in any case; NULL if there is none. */
const struct insights_function *insights_function_find(const char *name);

#endif
