#include "alarms/evaluation.h"

#include <string.h>

enum { MARGIN_SHARE = 3, MARGIN_LEAST = 2 };

static const char *const state_names[] = {
    [ALARM_STATE_OK] = "OK",
    [ALARM_STATE_ALARM] = "ALARM",
    [ALARM_STATE_INSUFFICIENT_DATA] = "INSUFFICIENT_DATA",
};

const char *alarm_state_name(enum alarm_state state)
{
    return state_names[state];
}

bool alarm_state_parse(const char *name, enum alarm_state *state_out)
{
    for (size_t i = 0; i < COUNT_OF(state_names); i++) {
        if (strcmp(state_names[i], name) == 0) {
            *state_out = (enum alarm_state)i;
            return true;
        }
    }
    return false;
}

int alarm_evaluation_range(int evaluation_periods)
{
    int margin = evaluation_periods / MARGIN_SHARE;
    return evaluation_periods + (margin > MARGIN_LEAST ? margin : MARGIN_LEAST);
}

int alarm_datapoints_to_alarm(const struct alarm_criteria *criteria)
{
    return criteria->datapoints_to_alarm ? criteria->datapoints_to_alarm
                                         : criteria->evaluation_periods;
}

bool alarm_is_breaching(const struct alarm_criteria *criteria, double value)
{
    switch (criteria->comparison) {
    case ALARM_GREATER_OR_EQUAL:
        return value >= criteria->threshold;
    case ALARM_GREATER:
        return value > criteria->threshold;
    case ALARM_LESS:
        return value < criteria->threshold;
    case ALARM_LESS_OR_EQUAL:
        return value <= criteria->threshold;
    }
    return false;
}

struct tally {
    int real;      /* all of the range */
    int breaching; /* of the newest N real ones */
    bool is_thin;  /* one of those has too few samples */
};

static struct tally count_points(const struct alarm_criteria *criteria,
                                 const struct alarm_datapoint *points, int count)
{
    struct tally tally = { 0 };
    for (int i = 0; i < count; i++) {
        if (!points[i].is_real)
            continue;
        if (++tally.real > criteria->evaluation_periods)
            continue;
        tally.breaching += alarm_is_breaching(criteria, points[i].value);
        tally.is_thin |= points[i].sample_count < criteria->fewest_samples;
    }
    return tally;
}

/* Only breaching points, too few of them: an alarm if the oldest of the last N is M or more
 * positions back, for then whatever comes late cannot save it. */
static bool is_premature(const struct alarm_criteria *criteria,
                         const struct alarm_datapoint *points, int count)
{
    int oldest = 0;
    for (int i = 0; i < count && i < criteria->evaluation_periods; i++)
        if (points[i].is_real)
            oldest = i + 1;
    return oldest >= alarm_datapoints_to_alarm(criteria);
}

static struct alarm_verdict kept(struct alarm_verdict verdict, enum alarm_state present)
{
    verdict.state = present;
    verdict.is_kept = true;
    return verdict;
}

static struct alarm_verdict evaluate_nothing(const struct alarm_criteria *criteria,
                                             struct alarm_verdict verdict, enum alarm_state present)
{
    if (criteria->missing == ALARM_MISSING_IGNORE)
        return kept(verdict, present);
    verdict.state = criteria->missing == ALARM_MISSING_MISSING     ? ALARM_STATE_INSUFFICIENT_DATA
                    : criteria->missing == ALARM_MISSING_BREACHING ? ALARM_STATE_ALARM
                                                                   : ALARM_STATE_OK;
    return verdict;
}

struct alarm_verdict alarm_evaluate(const struct alarm_criteria *criteria,
                                    const struct alarm_datapoint *points, int count,
                                    enum alarm_state present)
{
    int wanted = criteria->evaluation_periods;
    int needed = alarm_datapoints_to_alarm(criteria);
    struct tally tally = count_points(criteria, points, count);
    struct alarm_verdict verdict = { .state = ALARM_STATE_OK };
    verdict.real_count = tally.real < wanted ? tally.real : wanted;
    verdict.filler_count = wanted - verdict.real_count;
    if (tally.real == 0)
        return evaluate_nothing(criteria, verdict, present);
    if (tally.is_thin)
        return kept(verdict, present);
    int breaching = tally.breaching;
    if (criteria->missing == ALARM_MISSING_BREACHING)
        breaching += verdict.filler_count;
    if (breaching >= needed) {
        verdict.state = ALARM_STATE_ALARM;
        return verdict;
    }
    bool decides_itself =
        criteria->missing == ALARM_MISSING_MISSING || criteria->missing == ALARM_MISSING_IGNORE;
    if (verdict.filler_count == 0 || !decides_itself || tally.breaching < tally.real)
        return verdict;
    if (criteria->missing == ALARM_MISSING_IGNORE || !is_premature(criteria, points, count))
        return kept(verdict, present);
    verdict.state = ALARM_STATE_ALARM;
    return verdict;
}
