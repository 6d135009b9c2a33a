/*
 * From datapoints to an alarm's state (cloudwatch-api.md section 4.4). Pure: no wire, no clock, no
 * store; the ten rows of AWS's two tables are its unit test.
 */
#ifndef COALMINE_ALARM_EVALUATION_H
#define COALMINE_ALARM_EVALUATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"

enum alarm_state { ALARM_STATE_OK, ALARM_STATE_ALARM, ALARM_STATE_INSUFFICIENT_DATA };

/* "OK", "ALARM", "INSUFFICIENT_DATA", and back. */
const char *alarm_state_name(enum alarm_state state);
MUST_CHECK bool alarm_state_parse(const char *name, enum alarm_state *state_out);

enum alarm_comparison {
    ALARM_GREATER_OR_EQUAL,
    ALARM_GREATER,
    ALARM_LESS,
    ALARM_LESS_OR_EQUAL,
};

enum alarm_missing {
    ALARM_MISSING_MISSING,
    ALARM_MISSING_IGNORE,
    ALARM_MISSING_BREACHING,
    ALARM_MISSING_NOT_BREACHING,
};

/* One period of the evaluation range. */
struct alarm_datapoint {
    int64_t start_s;
    bool is_real; /* data came; else it is missing */
    double value;
    double sample_count; /* 0: not known (math) */
};

struct alarm_criteria {
    enum alarm_comparison comparison;
    double threshold;
    int evaluation_periods;  /* N */
    int datapoints_to_alarm; /* M; 0: not said, then all N */
    enum alarm_missing missing;
    double fewest_samples; /* below it a percentile says nothing and the state stays; 0: any */
};

/* How many periods are looked at for N of them: N and a few more. AWS does not publish it; this
 * gives the 5 for 3 of its examples. */
int alarm_evaluation_range(int evaluation_periods);

/* M, with its default. */
int alarm_datapoints_to_alarm(const struct alarm_criteria *criteria);

/* Is the value beyond the threshold, as ComparisonOperator means it? */
bool alarm_is_breaching(const struct alarm_criteria *criteria, double value);

struct alarm_verdict {
    enum alarm_state state;
    bool is_kept;     /* nothing was decided: the state is what it was */
    int real_count;   /* the newest so many real points were looked at */
    int filler_count; /* so many missing ones were filled in for them to be N */
};

/* The points are newest first, alarm_evaluation_range() of them. */
struct alarm_verdict alarm_evaluate(const struct alarm_criteria *criteria,
                                    const struct alarm_datapoint *points, int count,
                                    enum alarm_state present);

#endif
