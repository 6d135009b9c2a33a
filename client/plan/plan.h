/*
 * A deployment is a plan; a plan is JSON: canary.json, or made from flags. Read once, then
 * unchanging. docs/canary.md explains every member, docs/canary.schema.json is made from the rows.
 */
#ifndef CANARY_PLAN_H
#define CANARY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/check.h"
#include "json.h"
#include "members.h"

enum hook_kind { HOOK_LAMBDA, HOOK_COMMAND, HOOK_HTTP };
enum hook_when { HOOK_BEFORE, HOOK_BETWEEN, HOOK_AFTER, HOOK_WHENS, HOOK_STEP = HOOK_WHENS };

struct hook {
    enum hook_kind kind;
    char *name;
    char *lambda;  /* function, with or without :qualifier */
    char *command; /* for sh -c */
    char *url;
    char *method;
    char *payload; /* JSON; NULL: what is going on, as docs/canary.md says */
    int64_t timeout_ms;
    int64_t retries; /* after as many failures it has failed */
};

enum step_kind { STEP_WEIGHT, STEP_PAUSE, STEP_APPROVE, STEP_ANALYSIS, STEP_HOOK };

struct plan_step {
    enum step_kind kind;
    char *name;
    double weight;       /* of the new version, from this step on */
    int64_t duration_ms; /* 0: no time of its own */
    bool promotes_early; /* over as soon as all checks pass */
    struct hook hook;    /* STEP_HOOK */
    bool has_checks;     /* its own instead of the plan's */
    struct check *checks;
    size_t check_count;
};

struct plan_traffic {
    bool is_live;
    double rate;
    int arrivals; /* 0: equal gaps; 1: Poisson; the generator's enum arrivals */
    int64_t concurrency;
    int64_t ramp_ms;
    char *payload; /* JSON text; never NULL */
    char *payload_file;
    char *payload_lines; /* a file, each line a payload */
};

/* A CloudWatch metric that checks call by its name. */
struct plan_metric {
    char *name;
    const cJSON *json; /* in the plan's: docs/canary.md "Metrics" */
};

struct notify {
    char *command;
    char *url;
};

enum on_failure { FAILURE_ROLLBACK, FAILURE_PAUSE };
enum on_inconclusive {
    INCONCLUSIVE_ROLLBACK,
    INCONCLUSIVE_PAUSE,
    INCONCLUSIVE_EXTEND,
    INCONCLUSIVE_PROMOTE
};

struct plan {
    cJSON *json; /* owned: all of it, as it was read */
    char *function;
    char *alias;
    char *package;
    char *version;
    int64_t health_checks;
    int on_failure;        /* enum on_failure */
    int on_inconclusive;   /* enum on_inconclusive */
    int firing_alarms;     /* what alarms do that fire before the start: 0 refuse, 1 ignore */
    int64_t lost_after_ms; /* without any answer */
    struct plan_step *steps;
    size_t step_count;
    struct plan_traffic traffic;
    struct check *checks;
    size_t check_count;
    char **alarms;
    size_t alarm_count;
    struct plan_metric *metrics;
    size_t metric_count;
    struct hook *hooks[HOOK_WHENS];
    size_t hook_counts[HOOK_WHENS];
    struct notify *notify;
    size_t notify_count;
};

/* True if the metric (plan_metric.json; NULL: one of AWS/Lambda's by its name) is another one for
 * each version: then the old version's is a baseline. */
bool plan_metric_tells_versions(const cJSON *json);

/* From JSON text, comments allowed. NULL if faults were added. */
MUST_CHECK struct plan *plan_parse(struct text text, struct member_faults *faults);
/* From a tree, which the plan takes. NULL if faults were added. */
MUST_CHECK struct plan *plan_read(cJSON *takes, struct member_faults *faults);
void plan_destroy(struct plan *plan);

/* JSON of a plan file, for flags to be laid over; NULL with faults. The caller owns it. */
MUST_CHECK cJSON *plan_json(struct text text, struct member_faults *faults);

/* In which line of that text a fault is, from 1; 0: in none alone. */
int plan_fault_line(struct text text, const struct member_fault *fault);

/* What decides when a plan names no checks; the caller owns it. */
cJSON *plan_default_checks(void);

/* The checks that apply to a step. */
const struct check *plan_checks(const struct plan *plan, const struct plan_step *step,
                                size_t *count_out);

/* The least time that the plan takes, hooks and approvals not counted. */
int64_t plan_duration_ms(const struct plan *plan);

/* "weight", "pause", ...: `kind` of the record's steps. */
const char *step_kind_name(enum step_kind kind);
/* "weight 10% for 5m", for people; the caller owns it. */
char *plan_step_sentence(const struct plan_step *step);

/* The JSON Schema of plan files; the caller owns it. */
cJSON *plan_schema(void);
/* What `canary init` writes. The caller owns it. */
char *plan_starter(const char *function, const char *alias);

/* For the parts of the reader: each reads the plan's member of that name, adds faults and returns
 * false on them. What is read is the plan's. */
bool steps_read(const cJSON *strategy, struct plan *plan, struct member_faults *faults);
bool hook_read(const cJSON *json, struct hook *hook_out, const char *path,
               struct member_faults *faults);
void hook_clear(struct hook *hook);
bool hooks_read(const cJSON *json, struct plan *plan, struct member_faults *faults);
bool notify_read(const cJSON *json, struct plan *plan, struct member_faults *faults);
bool checks_read(const cJSON *json, struct check **checks_out, size_t *count_out, const char *path,
                 struct member_faults *faults);
bool traffic_read(const cJSON *json, struct plan_traffic *traffic, struct member_faults *faults);
bool metrics_read(const cJSON *json, struct plan *plan, struct member_faults *faults);
/* Checks name metrics of the plan, or what may be one of AWS/Lambda's; a score those that each
 * version has of its own. */
bool metrics_check_names(const struct plan *plan, struct member_faults *faults);
/* What is wrong with the name (static); NULL: nothing. */
const char *plan_function_fault(const char *name);
const char *plan_alias_fault(const char *name);
/* The statistic that a metric of that name is read by: the one given, or a usual one. */
const char *plan_metric_stat(const cJSON *json, const char *name);
/* Is it one of the periods that CloudWatch has? */
#define PLAN_PERIODS "1, 5, 10, 20 or 30 seconds, or whole minutes"
bool plan_is_period(int64_t ms);
/* What a threshold, or a score that replaces missing values, does not say of its metrics' periods,
 * the plan's metrics do: of the plan's checks, or of a list of others. */
void metrics_fill_plan(cJSON *plan);
void metrics_fill_checks(const cJSON *plan, cJSON *checks);
/* That part of the schema; the caller owns it. */
cJSON *strategy_schema(void);
cJSON *hook_schema(void);
cJSON *notify_schema(void);
cJSON *traffic_schema(void);
cJSON *metric_schema(void);

#endif
