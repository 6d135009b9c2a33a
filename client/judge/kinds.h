/*
 * What the kinds of checks share: rows, sentences, numbers, and the judgement of one rate.
 */
#ifndef CANARY_KINDS_H
#define CANARY_KINDS_H

#include "judge/check.h"
#include "statistics/statistics.h"

/* What the rows of check_kinds[] are made of. */
#define DECLARE_KIND(name)                                                                         \
    extern const struct member_row name##_members[];                                               \
    void judge_##name##_check(const struct check *check, const struct evidence *evidence,          \
                              struct check_memory *memory, struct check_verdict *verdict)
#define DECLARE_READ(name)                                                                         \
    bool read_##name(const cJSON *json, struct check *check, const char *path,                     \
                     struct member_faults *faults)

DECLARE_KIND(errors);
DECLARE_READ(errors);
DECLARE_KIND(invocation_errors);
DECLARE_KIND(errors_compared);
DECLARE_KIND(latency);
DECLARE_READ(latency);
DECLARE_KIND(split);
DECLARE_KIND(threshold);
DECLARE_READ(threshold);
DECLARE_KIND(alarm);
DECLARE_KIND(score);
DECLARE_READ(score);
void clear_score(struct check *check);
void complete_score(cJSON *properties);
/* NULL beyond the last one. */
const char *score_metric_name(const struct score *score, size_t index);

#define CHECK_ROW(text, kind, member)                                                              \
    .name = (text), .type = (kind), .offset = offsetof(struct check, member)

/* What every check may say. */
#define COMMON_CHECK_ROWS(least_requests)                                                          \
    { .name = "kind",                                                                              \
      .type = MEMBER_CUSTOM,                                                                       \
      .schema = "{\"type\":\"string\"}",                                                           \
      .help = "what is checked" },                                                                 \
        { CHECK_ROW("name", MEMBER_TEXT, name), .help = "how reports call it; else its kind" },    \
        { CHECK_ROW("dryRun", MEMBER_FLAG, is_dry_run),                                            \
          .help = "judge and tell, but never act upon it" },                                       \
    {                                                                                              \
        CHECK_ROW("minRequests", MEMBER_INTEGER, min_requests),                                    \
            .initial = (least_requests), .low = 0, .high = 1e9,                                    \
            .help = "requests to the new version; with fewer it is called bad only by a test "     \
                    "that holds at every look, and never good"                                     \
    }

#define ALPHA_ROW(value)                                                                           \
    {                                                                                              \
        CHECK_ROW("alpha", MEMBER_FRACTION, alpha),                                                \
            .initial = (value), .low = 1e-12, .high = 0.5,                                         \
            .help = "false alarms, as a share of good canaries, in each step"                      \
    }
#define POWER_ROW                                                                                  \
    {                                                                                              \
        CHECK_ROW("power", MEMBER_FRACTION, power),                                                \
            .initial = "0.9", .low = 0.5, .high = 0.9999,                                          \
            .help = "the share of bad canaries that is to be found"                                \
    }

/* Of alpha, half is spent on looking all along and half on the test at the end. */
double half(double alpha);

/* Sets the result and the sentence. */
void verdict_say(struct check_verdict *verdict, enum check_result result, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* Adds to the sentence. */
void verdict_add(struct check_verdict *verdict, const char *format, ...) PRINTF_LIKE(2, 3);
/* `name` is static. What is not finite is left out. */
void verdict_number(struct check_verdict *verdict, const char *name, double value);
/* The test at the end, and whether it decided. */
void verdict_test(struct check_verdict *verdict, double p_value, double level);

/* 100 * share, for sentences. */
double percent(double share);

/* True if a test that holds at every look passes its bound, or has passed it at an earlier look:
 * memory->peak keeps the factor (its logarithm) of that look. */
bool has_passed(struct check_memory *memory, double log_factor, double alpha);

/* True if what must be excluded is excluded now, or was at an earlier look: what a confidence
 * sequence once leaves out stays out. */
bool stays_good(struct check_memory *memory, bool is_good);
/* Only what a verdict told is remembered: else a replay, which sees fewer looks, could differ. */
void forget_good(struct check_memory *memory);

/* True, and says so, if the step gives the new version no traffic, and it had none (`requests`). */
bool is_without_traffic(const struct evidence *evidence, uint64_t requests,
                        struct check_verdict *verdict);

/* True, and says so, if so many requests to the canary are fewer than the check wants. */
bool is_too_few(const struct check *check, uint64_t requests, struct check_verdict *verdict);

/*
 * How many of n are bad, against the share that is allowed. While more come in: bad beyond doubt
 * by the always-valid test at half alpha, good beyond doubt if `intolerable` is excluded with the
 * wanted power. At the end: the exact test at the other half.
 */
struct rate_question {
    const struct check *check;
    uint64_t bad;
    uint64_t all;
    double limit;
    double intolerable;       /* 0: none given */
    const char *subject;      /* "requests to the new version failed" */
    const char *allowed;      /* "the limit is 1 %" */
    struct interval interval; /* of the share, 95 %, exact: set by the judge */
};
/* Judges one share against its limit, with the sequential test until the step's last look and the
 * exact one at it. `memory` is that of the same check in this step. */
void judge_rate(const struct rate_question *asked, const struct evidence *evidence,
                struct check_memory *memory, struct check_verdict *verdict);

/* Does the step split its traffic? Else there is nothing to compare. */
bool is_split(const struct evidence *evidence);

#endif
