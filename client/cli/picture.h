/*
 * The live tree of a rollout: weight, split, error rates with intervals, latency, checks, alarms
 * and the time left; redrawn in place on a terminal.
 */
#ifndef CANARY_PICTURE_H
#define CANARY_PICTURE_H

#include "cli/terminal.h"
#include "judge/evidence.h"

enum { PICTURE_ROWS_MAX = 16 };

/* A check's last word, or an alarm's state. */
struct picture_row {
    char name[64];
    char state[24];
    char sentence[200];
};

struct picture {
    struct terminal terminal;
    char title[400]; /* function:alias, and the deployment's id */
    char step[160];  /* what the step does */
    double weight;
    int64_t ends_ms; /* service time; 0: the step has no end of its own */
    bool is_hook;    /* and ends with its hook; else with somebody's word */
    int64_t now_ms;
    struct version_evidence base;
    struct version_evidence canary;
    struct picture_row checks[PICTURE_ROWS_MAX];
    size_t check_count;
    struct picture_row alarms[PICTURE_ROWS_MAX];
    size_t alarm_count;
};

/* Forgets the step's numbers; alarms stay. */
void picture_begin_step(struct picture *picture);

/* Sets the row of that name, made if there is none (and room). */
void picture_set_row(struct picture_row rows[PICTURE_ROWS_MAX], size_t *count, const char *name,
                     const char *state, const char *sentence);

/* Draws all of it anew, over what was drawn before. */
void picture_draw(struct picture *picture);

/* Leaves what stands, and frees. */
void picture_leave(struct picture *picture);

#endif
