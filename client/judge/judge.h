/*
 * What to do with a canary, given what was seen: pure decisions, so that a deployment can be
 * tested without time or network.
 */
#ifndef CANARY_JUDGE_H
#define CANARY_JUDGE_H

#include <stdbool.h>

struct observation {
    unsigned requests; /* that the new version answered */
    unsigned errors;   /* function errors among them */
    unsigned base_requests;
    unsigned base_errors;
};

struct policy {
    double weight;         /* the new version's share */
    double max_error_rate; /* more is bad */
    unsigned min_requests; /* fewer say nothing */
};

enum verdict { VERDICT_CONTINUE, VERDICT_PROMOTE, VERDICT_ROLL_BACK, VERDICT_INCONCLUSIVE };

enum { REASON_SIZE = 400 };

struct judgement {
    enum verdict verdict;
    char reason[REASON_SIZE]; /* a sentence with its numbers */
};

/* While traffic flows, after any number of looks: roll back as soon as the error rate is above
 * the limit beyond doubt (always-valid test, at most 1 % of good canaries ever stopped). */
struct judgement judge_running(const struct observation *seen, const struct policy *policy);

/* At the end of the traffic. */
struct judgement judge_final(const struct observation *seen, const struct policy *policy);

/* Does the split that was seen fit the weight? The p-value of the exact test. */
double judge_split(const struct observation *seen, const struct policy *policy);
/* Below this the split is reported as wrong. */
extern const double SPLIT_ALARM;

const char *verdict_name(enum verdict verdict);

#endif
