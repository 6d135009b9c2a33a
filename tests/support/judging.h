/*
 * Checks from JSON and evidence from counts, for tests of what is judged.
 */
#ifndef COALMINE_JUDGING_H
#define COALMINE_JUDGING_H

#include <math.h>
#include <string.h>

#include "judge/check.h"
#include "support/suite.h"
#include "xalloc.h"

/* JSON with ' for ". The caller owns it. */
static inline cJSON *json_of(const char *text)
{
    CLEANUP(freep) char *json_text = xstrdup(text);
    for (char *at = json_text; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    cJSON *json = json_parse(text_from(json_text));
    ck_assert_msg(json != NULL, "%s", json_text);
    return json;
}

/* The caller clears it. */
static inline struct check check_of(const char *text)
{
    struct check check;
    CLEANUP(member_faults_clear) struct member_faults faults = { 0 };
    CLEANUP(json_deletep) cJSON *json = json_of(text);
    bool is_good = check_read(json, &check, "", &faults);
    ck_assert_msg(is_good, "%s: %s", text, faults.count ? faults.items[0].message : "?");
    return check;
}

/* The first fault of what must not be read. The caller frees it. */
static inline char *fault_of(const char *text)
{
    struct check check;
    CLEANUP(member_faults_clear) struct member_faults faults = { 0 };
    CLEANUP(json_deletep) cJSON *json = json_of(text);
    ck_assert_msg(!check_read(json, &check, "", &faults) && faults.count > 0, "%s is read", text);
    check_clear(&check);
    return xformat("%s: %s", faults.items[0].path, faults.items[0].message);
}

/* The canary's requests and errors, the baseline's; a split of 10 %. */
static inline struct evidence evidence_of(uint64_t requests, uint64_t errors,
                                          uint64_t base_requests, uint64_t base_errors)
{
    struct evidence evidence = { .weight = 0.1, .now_ms = 600000 };
    evidence.canary.requests = requests;
    evidence.canary.errors = errors;
    evidence.base.requests = base_requests;
    evidence.base.errors = base_errors;
    return evidence;
}

enum { MINUTE_MS = 60000 };

/* One value a minute from the beginning; NAN: none. */
static inline void add_series(struct evidence *evidence, const char *name, bool is_baseline,
                              const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isnan(values[i]))
            evidence_set_metric(evidence, name, is_baseline, (int64_t)i * MINUTE_MS, values[i]);
    }
}

/* A look without memory. */
static inline struct check_verdict judge_once(const struct check *check,
                                              const struct evidence *evidence, bool is_final)
{
    struct check_verdict verdict;
    struct check_memory memory = { 0 };
    struct evidence now = *evidence;
    now.is_final = is_final;
    check_judge(check, &now, &memory, &verdict);
    return verdict;
}

/* As deployment.json keeps it for whoever takes the deployment up. */
static inline struct check_memory read_again(const struct check_memory *memory)
{
    struct check_memory again;
    CLEANUP(json_deletep) cJSON *json = check_memory_json(memory);
    check_memory_read(json, &again);
    return again;
}

/* NAN: the verdict has no such number. */
static inline double number_of(const struct check_verdict *verdict, const char *name)
{
    for (size_t i = 0; i < verdict->number_count; i++) {
        if (strcmp(verdict->numbers[i].name, name) == 0)
            return verdict->numbers[i].value;
    }
    return NAN;
}

/* The verdict on a row of a table, from 0. */
static inline void assert_row(size_t row, const struct check_verdict *verdict,
                              enum check_result result, const char *word)
{
    ck_assert_msg(verdict->result == result, "row %zu: %s: %s", row,
                  check_result_name(verdict->result), verdict->sentence);
    ck_assert_msg(strstr(verdict->sentence, word) != NULL, "row %zu: '%s' is not in: %s", row, word,
                  verdict->sentence);
}

static inline void assert_verdict(const struct check_verdict *verdict, enum check_result result,
                                  const char *word)
{
    assert_row(0, verdict, result, word);
}

/*
 * Evidence that gets worse from step to step: a check fails exactly where its test at the end has a
 * p-value of `level` or less, or where the one that may be made at every time has. Both p-values
 * must be seen on the wrong side of the level, but below twice of it, or this says little.
 */
struct judging_sweep {
    const char *check;                     /* as for check_of() */
    struct evidence (*evidence)(int step); /* the caller's to clear */
    int steps;
    double level;
    bool has_anytime; /* the verdict has the number "anytimePValue" */
};

static inline bool judging_is_near(double p_value, double level)
{
    return p_value > level && p_value <= 2 * level;
}

static inline void assert_level(const struct judging_sweep *sweep)
{
    bool was_near = false;
    bool was_near_anytime = !sweep->has_anytime;
    CLEANUP(check_clear) struct check check = check_of(sweep->check);
    for (int step = 0; step < sweep->steps; step++) {
        CLEANUP(evidence_clear) struct evidence evidence = sweep->evidence(step);
        struct check_verdict running = judge_once(&check, &evidence, false);
        struct check_verdict final = judge_once(&check, &evidence, true);
        double anytime = number_of(&running, "anytimePValue");
        bool is_surely_bad = running.result == CHECK_FAIL;
        was_near_anytime |= judging_is_near(anytime, sweep->level);
        if (sweep->has_anytime)
            ck_assert_msg(is_surely_bad == (anytime <= sweep->level), "step %d: %s", step,
                          running.sentence);
        if (is_surely_bad)
            continue;
        was_near |= judging_is_near(final.p_value, sweep->level);
        ck_assert_msg((final.result == CHECK_FAIL) == (final.p_value <= sweep->level),
                      "step %d, p-value %g: %s", step, final.p_value, final.sentence);
        ck_assert_double_eq_tol(final.level, sweep->level, 1e-12);
    }
    ck_assert(was_near && was_near_anytime);
}

#endif
