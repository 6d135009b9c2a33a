/*
 * The kinds `threshold` and `alarm`: what CloudWatch says.
 */
#include <math.h>
#include <string.h>

#include "judge/kinds.h"

/* The latest periods of a metric, as far as they can be known. */
struct breach_count {
    int64_t periods;
    int64_t breaching;
    int64_t known;
    double last; /* the latest breaching value, or else the latest one */
};

static bool is_breach(const struct check *check, double value)
{
    return value > check->max || value < check->min;
}

static void count_value(const struct check *check, double value, struct breach_count *count)
{
    bool is_bad = is_breach(check, value);
    if (count->known == 0 || (is_bad && count->breaching == 0))
        count->last = value;
    count->known++;
    count->periods++;
    count->breaching += is_bad;
}

/* A sum only grows: that it is too little is known when its period is over, and only if the step
 * had all of it. Too much is too much at any time; but the average, or the rate, of the first few
 * requests of a period is not the period's. */
static bool is_undecided(const struct check *check, const struct evidence *evidence,
                         int64_t time_ms, double value)
{
    bool is_over = time_ms + check->period_ms <= evidence->now_ms;
    if (value < check->min)
        return time_ms < evidence_first_period(evidence, check->period_ms) || !is_over;
    return value > check->max && check->waits_for_periods && !is_over;
}

/* Missing periods do not count: the latest values, whenever they were. */
static void look_at_values(const struct check *check, const struct metric_series *series,
                           const struct evidence *evidence, struct breach_count *count)
{
    for (size_t i = series->count; i > 0 && count->periods < check->periods; i--) {
        if (!is_undecided(check, evidence, series->times_ms[i - 1], series->values[i - 1]))
            count_value(check, series->values[i - 1], count);
    }
}

static const double *value_at(const struct metric_series *series, int64_t from_ms, int64_t to_ms)
{
    for (size_t i = series->count; i > 0; i--) {
        if (series->times_ms[i - 1] >= from_ms && series->times_ms[i - 1] < to_ms)
            return &series->values[i - 1];
    }
    return NULL;
}

/* Every whole period of the step that is old enough counts, with a value or without. */
static void look_at_periods(const struct check *check, const struct metric_series *series,
                            const struct evidence *evidence, struct breach_count *count)
{
    int64_t period_ms = check->period_ms;
    int64_t end_ms = (evidence->now_ms - check->delay_ms) / period_ms * period_ms;
    int64_t first_ms = evidence_first_period(evidence, check->period_ms);
    while (count->periods < check->periods && end_ms - period_ms >= first_ms) {
        const double *value = value_at(series, end_ms - period_ms, end_ms);
        if (value) {
            count_value(check, *value, count);
        } else {
            count->periods++;
            count->breaching += check->missing == MISSING_BREACHING;
        }
        end_ms -= period_ms;
    }
}

static void say_limits(const struct check *check, struct check_verdict *verdict)
{
    if (isfinite(check->max))
        verdict_add(verdict, ", at most %.6g is allowed", check->max);
    if (isfinite(check->min))
        verdict_add(verdict, ", at least %.6g is wanted", check->min);
}

static void say_window(const struct check *check, const struct breach_count *count,
                       enum check_result result, struct check_verdict *verdict)
{
    verdict_say(verdict, result, "%s: %lld of the last %lld periods breach (%lld of %lld are bad)",
                check->metric, (long long)count->breaching, (long long)count->periods,
                (long long)check->datapoints, (long long)check->periods);
    if (count->known > 0)
        verdict_add(verdict, "; value %.6g", count->last);
    say_limits(check, verdict);
    verdict_number(verdict, "periods", (double)count->periods);
    verdict_number(verdict, "breaching", (double)count->breaching);
    verdict_number(verdict, "value", count->known > 0 ? count->last : NAN);
    verdict_number(verdict, "max", check->max);
    verdict_number(verdict, "min", check->min);
}

/* Nothing has been looked at; where missing data are good ones, nothing need be. */
static void say_unknown(const struct check *check, struct check_verdict *verdict)
{
    if (check->missing == MISSING_IGNORE)
        verdict_say(verdict, verdict->result, "metric %s has no values yet that can be judged",
                    check->metric);
    else
        verdict_say(verdict, verdict->result,
                    "no period of %lld s of metric %s has been whole, and %lld s old, within the "
                    "step",
                    (long long)check->period_ms / 1000, check->metric,
                    (long long)check->delay_ms / 1000);
}

void judge_threshold_check(const struct check *check, const struct evidence *evidence,
                           struct check_memory *memory, struct check_verdict *verdict)
{
    static const struct metric_series nothing;
    const struct metric_evidence *metric = evidence_metric(evidence, check->metric);
    const struct metric_series *series = metric ? &metric->canary : &nothing;
    struct breach_count count = { 0 };
    (void)memory;
    if (check->missing == MISSING_IGNORE)
        look_at_values(check, series, evidence, &count);
    else
        look_at_periods(check, series, evidence, &count);
    bool is_bad = count.breaching >= check->datapoints;
    bool is_unknown = count.periods == 0 && check->missing != MISSING_NOT_BREACHING;
    say_window(check, &count,
               is_bad                ? CHECK_FAIL
               : !evidence->is_final ? CHECK_CONTINUE
               : is_unknown          ? CHECK_INCONCLUSIVE
                                     : CHECK_PASS,
               verdict);
    if (is_unknown)
        say_unknown(check, verdict);
    if (verdict->result == CHECK_PASS && evidence->weight > 0)
        (void)is_too_few(check, evidence->canary.requests, verdict);
}

bool read_threshold(const cJSON *json, struct check *check, const char *path,
                    struct member_faults *faults)
{
    (void)json;
    if (!isfinite(check->max) && !isfinite(check->min))
        return member_fault(faults, path, "max or min is missing: what the metric may be");
    if (check->datapoints > check->periods)
        return member_fault(faults, path, "datapoints must not be above periods");
    return true;
}

static const char *const missing_names[] = { [MISSING_IGNORE] = "ignore",
                                             [MISSING_BREACHING] = "breaching",
                                             [MISSING_NOT_BREACHING] = "notBreaching",
                                             NULL };

const struct member_row threshold_members[] = {
    COMMON_CHECK_ROWS("0"),
    { CHECK_ROW("metric", MEMBER_TEXT, metric), .is_required = true,
      .help = "a metric of the plan, or one of AWS/Lambda's by its name" },
    { CHECK_ROW("max", MEMBER_NUMBER, max), .initial = "inf", .help = "more is bad" },
    { CHECK_ROW("min", MEMBER_NUMBER, min), .initial = "-inf", .help = "less is bad" },
    { CHECK_ROW("datapoints", MEMBER_INTEGER, datapoints), .initial = "1", .low = 1, .high = 1e4,
      .help = "so many bad periods" },
    { CHECK_ROW("periods", MEMBER_INTEGER, periods), .initial = "1", .low = 1, .high = 1e4,
      .help = "among the last so many are a failure" },
    { CHECK_ROW("missing", MEMBER_CHOICE, missing), .initial = "ignore", .choices = missing_names,
      .help = "what a period without a value is; ignore: it does not count" },
    { CHECK_ROW("period", MEMBER_DURATION, period_ms), .initial = "60s", .low = 1000,
      .high = 86400e3, .help = "of the metric; the plan's metric's unless given" },
    { CHECK_ROW("wholePeriods", MEMBER_FLAG, waits_for_periods),
      .help = "too much counts only once its period is over; true unless given of the plan's "
              "metrics that do not just grow within a period: averages, percentiles, expressions" },
    { CHECK_ROW("delay", MEMBER_DURATION, delay_ms), .initial = "60s", .low = 0, .high = 3600e3,
      .help = "how late values may come, where missing periods count" },
    { .name = NULL },
};

enum { FIRED_AT_FIRST, WAS_SEEN }; /* of memory->more */

/* True if the alarm fires and that counts. */
static bool is_firing(const struct check *check, const struct alarm_evidence *alarm,
                      struct check_memory *memory)
{
    bool fires = strcmp(alarm->state, "ALARM") == 0;
    if (memory->more[WAS_SEEN] <= 0)
        memory->more[FIRED_AT_FIRST] = fires;
    else if (!fires)
        memory->more[FIRED_AT_FIRST] = 0;
    memory->more[WAS_SEEN] = 1;
    return fires && !(check->ignores_firing && memory->more[FIRED_AT_FIRST] > 0);
}

static enum check_result unsure_result(const struct check *check)
{
    static const enum check_result results[] = { [UNSURE_PASS] = CHECK_PASS,
                                                 [UNSURE_INCONCLUSIVE] = CHECK_INCONCLUSIVE,
                                                 [UNSURE_FAIL] = CHECK_FAIL };
    return results[check->unsure];
}

void judge_alarm_check(const struct check *check, const struct evidence *evidence,
                       struct check_memory *memory, struct check_verdict *verdict)
{
    const struct alarm_evidence *alarm = evidence_alarm(evidence, check->alarm);
    enum check_result waiting = evidence->is_final ? CHECK_INCONCLUSIVE : CHECK_CONTINUE;
    if (!alarm || !*alarm->state) {
        verdict_say(verdict, waiting,
                    alarm ? "there is no alarm %s" : "nothing is known of alarm %s", check->alarm);
        return;
    }
    bool is_unsure = strcmp(alarm->state, "INSUFFICIENT_DATA") == 0;
    bool is_bad = is_firing(check, alarm, memory);
    verdict_say(verdict,
                is_bad                ? CHECK_FAIL
                : !evidence->is_final ? CHECK_CONTINUE
                : is_unsure           ? unsure_result(check)
                                      : CHECK_PASS,
                "alarm %s is in state %s%s%.200s", check->alarm, alarm->state,
                alarm->reason ? ": " : "", alarm->reason ? alarm->reason : "");
    if (!is_bad && memory->more[FIRED_AT_FIRST] > 0)
        verdict_add(verdict, " (it fired before this step, which the check ignores)");
    if (verdict->result == CHECK_PASS && evidence->weight > 0)
        (void)is_too_few(check, evidence->canary.requests, verdict);
}

static const char *const unsure_names[] = {
    [UNSURE_PASS] = "pass", [UNSURE_INCONCLUSIVE] = "inconclusive", [UNSURE_FAIL] = "fail", NULL
};

const struct member_row alarm_members[] = {
    COMMON_CHECK_ROWS("0"),
    { CHECK_ROW("alarm", MEMBER_TEXT, alarm), .is_required = true, .help = "its name" },
    { CHECK_ROW("insufficientData", MEMBER_CHOICE, unsure), .initial = "pass",
      .choices = unsure_names, .help = "what the state INSUFFICIENT_DATA is at the end" },
    { CHECK_ROW("ignoreFiring", MEMBER_FLAG, ignores_firing),
      .help = "an alarm that fires from the first look on counts only after it was well again" },
    { .name = NULL },
};
