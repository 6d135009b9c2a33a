/*
 * A deployment's record (docs/record.md) as reports need it: what was done, and what was seen.
 */
#ifndef CANARY_HISTORY_H
#define CANARY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "error.h"
#include "json.h"
#include "judge/evidence.h"

enum { HISTORY_WINDOWS = 160 };

/* Texts are the record's own and live as long as the history. */
struct step_history {
    int index;
    const char *kind; /* weight, pause, approve, analysis, hook */
    const char *name; /* NULL: none */
    double weight;
    int64_t begin_ms;
    int64_t end_ms;
    struct version_evidence base;
    struct version_evidence canary;
    uint64_t throttled;
    uint64_t failed;
};

/* What came in during a slice of time, for drawing; steps do not share windows. */
struct window {
    size_t step; /* index into steps */
    int64_t time_ms;
    struct version_evidence base;
    struct version_evidence canary;
};

struct verdict_history {
    size_t step; /* index into steps */
    int64_t time_ms;
    int check;
    const char *name;
    const char *kind;
    const char *verdict; /* continue, pass, fail, inconclusive */
    const char *sentence;
    const cJSON *numbers; /* NULL: none */
    bool is_dry_run;
};

/* The alias as it was set: the share that the new version gets from then on. */
struct weight_history {
    int64_t time_ms;
    double weight;
};

/* What happened besides: a line of the list of events. */
struct event_history {
    int64_t time_ms;
    const char *type;   /* of the record's line */
    const char *action; /* in a word: "promote", "failed"; NULL: none */
    const char *text;   /* owned */
    bool is_marked;     /* worth a line in the drawings: number_of it counts from 1 */
    int number;
    bool is_bad;
};

struct metric_point {
    const char *name;
    bool is_baseline;
    int64_t time_ms;
    double value;
};

struct alarm_history {
    const char *name;
    const char *state;
    int64_t time_ms;
};

struct history {
    cJSON *lines; /* owned: an array of the record's objects */
    const char *id;
    const char *function;
    const char *alias;
    const char *base;
    const char *canary;
    const char *account;
    const char *region;
    const char *endpoint;
    bool is_fast;
    bool is_unplanned; /* no function or alias is known: its client was killed at once */
    int64_t begin_ms;
    int64_t end_ms;
    double set_back_ms;  /* by how much the clock was, until here */
    const char *outcome; /* NULL: it has not ended */
    const char *reason;
    int exit_code; /* -1: it has not ended */
    struct step_history *steps;
    size_t step_count;
    struct window *windows;
    size_t window_count;
    struct verdict_history *verdicts; /* the latest of each check in each step */
    size_t verdict_count;
    struct weight_history *weights;
    size_t weight_count;
    struct event_history *events;
    size_t event_count;
    struct metric_point *metrics; /* by time, the latest value of each */
    size_t metric_count;
    struct alarm_history *alarms; /* changes of state */
    size_t alarm_count;
};

/* Reads a record. False with a sentence if it is none. What has no plan in it has no report: the
 * forms want a function and an alias. */
MUST_CHECK bool history_read(struct text record, struct history *history_out, struct error *error);
void history_clear(struct history *history);

/* True if the deployment did what it was asked to. */
bool history_is_good(const struct history *history);

#endif
