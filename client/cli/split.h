/*
 * Did the traffic follow the alias's weight? What deploy and traffic tell of it.
 */
#ifndef CANARY_SPLIT_H
#define CANARY_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include "statistics/binomial.h"

struct split {
    uint64_t hits; /* of `all` requests, those to the new version */
    uint64_t all;
    double weight;            /* as configured */
    struct interval interval; /* of the share, 95 %, Clopper and Pearson's */
    double chance;            /* p-value of the exact binomial test */
    bool fits;                /* a right split looks wrong once in a thousand runs */
};

/* `weight` is a share, 0 to 1. */
struct split split_of(uint64_t hits, uint64_t all, double weight);

/* One line for people: "Version 2 got 9.8 % of the traffic [8.1, 11.7], configured 10 %: ..." */
void say_split(const struct split *split, const char *version);

#endif
