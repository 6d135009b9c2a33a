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

struct split split_of(uint64_t hits, uint64_t all, double weight);

void say_split(const struct split *split, const char *version);

#endif
