/*
 * Traffic through an alias with a progress line, as deploy and traffic send it.
 */
#ifndef CANARY_LOAD_H
#define CANARY_LOAD_H

#include "cli/command.h"
#include "judge/judge.h"
#include "traffic/traffic.h"

struct load {
    const struct options *options;
    const char *base;   /* version */
    const char *canary; /* version; "": no split */
    double weight;
    const struct policy *policy; /* NULL: nothing is judged while it runs */
    struct judgement judgement;  /* why it was stopped early, if it was */
};

/* Sends options' rate for options' duration. The caller clears `traffic_out`. */
void load_run(struct session *session, struct load *load, struct traffic *traffic_out);

/* What the two versions did. */
struct observation load_observation(const struct load *load, const struct traffic *traffic);

/* A table for people and "traffic" in the facts. */
void load_report(const struct load *load, const struct traffic *traffic);

#endif
