/*
 * Checks: a check is configuration and a pure function from evidence to a verdict, so that every
 * verdict can be replayed from a record. A kind of check is a row: its name, its members (from
 * which plan files are read and their JSON Schema is made) and its function.
 */
#ifndef CANARY_CHECK_H
#define CANARY_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "json.h"
#include "judge/evidence.h"
#include "members.h"

enum check_result {
    CHECK_CONTINUE,     /* nothing to say yet */
    CHECK_PASS,         /* good, and sure of it: before the end only if it need not look further */
    CHECK_FAIL,         /* bad */
    CHECK_INCONCLUSIVE, /* at the end: not enough to tell */
};

enum errors_method { METHOD_ALWAYS_VALID, METHOD_SPRT };
enum missing_data { MISSING_IGNORE, MISSING_BREACHING, MISSING_NOT_BREACHING };
enum unsure_alarm { UNSURE_PASS, UNSURE_INCONCLUSIVE, UNSURE_FAIL };

struct score;

/* One check of a plan. A kind uses the members that its rows name. Read by check_read(), freed by
 * check_clear(). */
struct check {
    const struct check_kind *kind;
    char *name;           /* for people; the kind's unless given */
    bool is_dry_run;      /* judged and told, never acted upon */
    int64_t min_requests; /* to the canary; with fewer it is not called good */

    double alpha; /* false alarms, as a share of good canaries */
    double power; /* of finding what is worth finding, as a share of bad ones */

    /* errors; invocation-errors too, but for the method */
    int method; /* enum errors_method */
    double max_rate;
    double bad_rate; /* 0: none given */
    bool is_strict;

    /* errors-compared: increase of the rate; split: drift of the share; 0: none given */
    double detect;

    /* latency */
    double percentile;
    int64_t max_ms; /* 0: no limit */
    bool compares;
    double tolerance;
    int64_t least_shift_ms;

    /* threshold */
    char *metric;
    double max; /* INFINITY: none */
    double min; /* -INFINITY: none */
    int64_t datapoints;
    int64_t periods;
    int64_t period_ms;
    int64_t delay_ms;
    int missing;            /* enum missing_data */
    bool waits_for_periods; /* too much counts once its period is over, too */

    /* alarm */
    char *alarm;
    int unsure; /* enum unsure_alarm */
    bool ignores_firing;

    /* score */
    struct score *score; /* owned */
    double pass;
    double marginal;
};

/* What a check remembers from look to look; zeroed before the first. Plain numbers, so that a
 * rollout that is taken up again goes on with it. */
struct check_memory {
    double peak;    /* ln of the Bayes factor with which a test passed its bound; 0: none has */
    double more[6]; /* the kind's own, but the last: it was found surely good */
};

enum { SENTENCE_SIZE = 400, NUMBERS_MAX = 24 };

struct named_number {
    const char *name; /* static: "requests", "errors", "pValue" */
    double value;
};

struct check_verdict {
    enum check_result result;
    bool is_dry_run;
    char sentence[SENTENCE_SIZE]; /* with its numbers, no full stop */
    struct named_number numbers[NUMBERS_MAX];
    size_t number_count;
    /* A test made once, at the end: corrected for the number of checks by judge_step(). */
    double p_value;
    double level;          /* 0: there was none */
    bool is_by_final_test; /* it is the reason for CHECK_FAIL */
};

struct check_kind {
    const char *name;                 /* "errors" */
    const struct member_row *members; /* of struct check; name, kind, dryRun, minRequests too */
    void (*judge)(const struct check *check, const struct evidence *evidence,
                  struct check_memory *memory, struct check_verdict *verdict);
    const char *help; /* a sentence */
    /* What rows cannot say: more members, or members that need each other. May be NULL. */
    bool (*read)(const cJSON *json, struct check *check, const char *path,
                 struct member_faults *faults);
    void (*clear)(struct check *check);
    void (*complete)(cJSON *properties); /* what rows cannot say to the schema; may be NULL */
};

/* All kinds; ends with a row without a name. */
extern const struct check_kind check_kinds[];

/* Reads a check of a plan ("kind" says which). False if faults were added; check_clear() either
 * way. */
MUST_CHECK bool check_read(const cJSON *json, struct check *check_out, const char *path,
                           struct member_faults *faults);
void check_clear(struct check *check);

/* The metrics that it names, one after the other; NULL beyond the last one. */
const char *check_metric(const struct check *check, size_t index);

/* The JSON Schema of a check of any kind; the caller owns it. */
cJSON *check_schema(void);

/* Judges one check. Evidence only grows within a step; it may be looked at as often as one likes.
 * With evidence->is_final the result is never CHECK_CONTINUE. */
void check_judge(const struct check *check, const struct evidence *evidence,
                 struct check_memory *memory, struct check_verdict *verdict_out);

/* All checks of a step: any fail is fail; else any inconclusive is inconclusive; else any continue
 * is continue; else pass. Dry runs are judged and count for nothing. At the end the tests of all
 * checks that count are held to Holm's procedure: one that fails only by itself, and not among so
 * many, is inconclusive. `memories` and `verdicts_out` have an element for each check.
 * *deciding_out (if not NULL) is the check that decided. */
enum check_result judge_step(const struct check *checks, size_t count,
                             const struct evidence *evidence, struct check_memory *memories,
                             struct check_verdict *verdicts_out, size_t *deciding_out);

/* "pass", "fail", ... as records and reports have it; static. */
const char *check_result_name(enum check_result result);
/* Of several results the one that decides is fail, else inconclusive, else continue. */
bool check_result_outweighs(enum check_result result, enum check_result other);

/* Adds to `json` what programs read of a verdict: verdict, isDryRun, sentence, numbers. */
void check_verdict_write(const struct check_verdict *verdict, cJSON *json);

/* The memory as deployment.json keeps it; the caller owns the tree. */
cJSON *check_memory_json(const struct check_memory *memory);
void check_memory_read(const cJSON *json, struct check_memory *memory_out);

#endif
