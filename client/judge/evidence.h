/*
 * What one step of a rollout has shown so far: complete enough to judge, small enough to record.
 * Filled by the traffic generator or from CloudWatch, written to and replayed from the record
 * (docs/record.md).
 */
#ifndef CANARY_EVIDENCE_H
#define CANARY_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "json.h"
#include "statistics/histogram.h"

enum { VERSION_SIZE = 24 };

/* What one version did. Counts go up only. */
struct version_evidence {
    char version[VERSION_SIZE];
    uint64_t requests; /* answered by it, well or not */
    uint64_t errors;   /* function errors among them */
    uint64_t early;    /* requests that may have been routed as before the last change of weights */
    uint64_t throttles;
    uint64_t cold_starts;     /* of ours, if they are counted: by canary traffic, when asked to */
    struct histogram latency; /* empty: not known (live traffic) */
};

/* Values of a metric, oldest first; a period without data has no value. */
struct metric_series {
    int64_t *times_ms; /* start of each period */
    double *values;
    size_t count;
};

struct metric_evidence {
    char *name; /* as checks call it */
    struct metric_series canary;
    struct metric_series baseline; /* empty: the metric does not depend on the version */
};

struct alarm_evidence {
    char *name;
    char state[24]; /* OK, ALARM, INSUFFICIENT_DATA; "": there is no such alarm */
    char *reason;   /* CloudWatch's sentence; NULL: none */
};

struct evidence {
    int step;      /* counted from 0 */
    double weight; /* of the canary, while this evidence came up; 1 or 0: no split */
    int64_t started_ms;
    int64_t now_ms;
    struct version_evidence base;
    struct version_evidence canary;
    struct version_evidence others; /* to the canary, besides ours: as CloudWatch counted them */
    uint64_t invocation_errors;     /* of ours: Lambda answered with an error and ran no version */
    struct metric_evidence *metrics;
    size_t metric_count;
    int64_t shifted_ms; /* of what was just read: what had been read before counts as so much later,
                         * as somebody has set the clock back since */
    struct alarm_evidence *alarms;
    size_t alarm_count;
    bool is_live;  /* users' requests, as CloudWatch counts them; not our own */
    bool is_final; /* no more will come: the step's time is over */
};

/* Frees all that the evidence owns; for CLEANUP too. */
void evidence_clear(struct evidence *evidence);
void version_evidence_clear(struct version_evidence *version);

/* Adds `more` (an increment) to `version`. */
void version_evidence_merge(struct version_evidence *version, const struct version_evidence *more);
/* What came into `now` since `before`; the caller clears it. */
struct version_evidence version_evidence_since(const struct version_evidence *now,
                                               const struct version_evidence *before);

/* The metric or alarm of that name; NULL: nothing was seen of it. */
const struct metric_evidence *evidence_metric(const struct evidence *evidence, const char *name);
const struct alarm_evidence *evidence_alarm(const struct evidence *evidence, const char *name);

/* Sets one value of a metric's series, replacing an older one of the same time (CloudWatch goes
 * on adding to a period for a while). */
void evidence_set_metric(struct evidence *evidence, const char *name, bool is_baseline,
                         int64_t time_ms, double value);
/* The start of the first of a metric's periods that the step had the whole of. */
int64_t evidence_first_period(const struct evidence *evidence, int64_t period_ms);
/* All values of all metrics are of so much later (or earlier) times. */
void evidence_shift_metrics(struct evidence *evidence, int64_t ms);
void evidence_set_alarm(struct evidence *evidence, const char *name, const char *state,
                        const char *reason);

/* A version's counts as a record's sample has them; the caller owns the tree. */
cJSON *version_evidence_json(const struct version_evidence *version);
/* Adds such counts. False if it is no such thing. */
MUST_CHECK bool version_evidence_add_json(struct version_evidence *version, const cJSON *json);

#endif
