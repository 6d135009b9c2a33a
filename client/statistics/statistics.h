/*
 * The statistics that a canary is judged by, family by family. docs/judgement.md says which is
 * used for what. All of it is pure.
 */
#ifndef CANARY_STATISTICS_H
#define CANARY_STATISTICS_H

#include "statistics/binomial.h"
#include "statistics/kayenta.h"
#include "statistics/rank.h"
#include "statistics/sample.h"
#include "statistics/sequential.h"
#include "statistics/several.h"
#include "statistics/special.h"
#include "statistics/two_rates.h"

#endif
