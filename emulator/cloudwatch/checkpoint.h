/*
 * The metrics' part of the checkpoint (store/telemetry.h): the buckets that have changed since
 * the last one.
 */
#ifndef COALMINE_CHECKPOINT_H
#define COALMINE_CHECKPOINT_H

#include "cloudwatch/metrics.h"
#include "error.h"

struct telemetry;
struct metrics_checkpoint;

/* Loads what the database holds into `metrics`, and keeps it up to date. NULL with a sentence if
 * it cannot. */
struct metrics_checkpoint *metrics_checkpoint_create(struct metrics *metrics,
                                                     struct telemetry *telemetry,
                                                     struct error *error);
/* After telemetry_close(). Accepts NULL. */
void metrics_checkpoint_destroy(struct metrics_checkpoint *checkpoint);

#endif
