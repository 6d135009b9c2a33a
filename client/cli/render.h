/*
 * A deployment's record as people read it: each line of the record becomes a sentence, samples
 * become the progress line. deploy hears the lines as they come; watch reads them from the file.
 */
#ifndef CANARY_RENDER_H
#define CANARY_RENDER_H

#include "canary.h"
#include "cli/picture.h"
#include "json.h"
#include "rollout/rollout.h"

/* What has been seen so far of the present step. Zeroed at the beginning. */
struct view {
    char base[24];
    char canary[24];
    char function[160];
    char alias[160];
    double rate; /* 0: live traffic */
    double weight;
    int step;
    int64_t step_ends_ms; /* service time; 0: it has no end of its own, or has not told it */
    uint64_t base_requests;
    uint64_t base_errors;
    uint64_t canary_requests;
    uint64_t canary_errors;
    bool has_picture; /* a terminal reads: the numbers are drawn instead of told */
    struct picture picture;
    bool is_rolling_back;
    bool is_over;
    char end[REASON_MAX + 32]; /* "rolled back, errors 7 of 9": how it is over */
    int exit_status;
};

/* Draws on the terminal, if there is one and people read. */
void view_begin(struct view *view);
/* Leaves the picture as it stands. */
void view_end(struct view *view);

/* Shows one line of the record; a type that it does not know is nothing to show. */
void view_line(struct view *view, const cJSON *line);
/* Shows the lines as they come; Ctrl-C stops the deployment. The view must live as long. */
struct canary_observer view_observer(struct view *view);

/* The end of deploy and of the verbs that take a deployment up: what became of it. Returns the
 * exit status. */
int view_outcome(const struct view *view, struct canary_outcome *takes);

#endif
