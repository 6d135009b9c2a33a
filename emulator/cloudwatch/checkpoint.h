/*
 * The checkpoint that makes restarts short: metrics are always derivable from the journal, so
 * now and then a worker thread writes the buckets changed since the last checkpoint, together
 * with the journal position they reflect, in one transaction of DIRECTORY/telemetry.db (a
 * database of its own, so that the loop never waits for that writer).
 */
#ifndef COALMINE_CHECKPOINT_H
#define COALMINE_CHECKPOINT_H

#include "cloudwatch/metrics.h"
#include "error.h"

struct loop;
struct journal;
struct metrics_checkpoint;

/* Opens the database and loads what it holds into `metrics`; *position_out is where the journal's
 * replay must begin. NULL with a sentence if it cannot. */
struct metrics_checkpoint *metrics_checkpoint_open(struct metrics *metrics, const char *directory,
                                                   uint64_t *position_out, struct error *error);
/* Checkpoints by itself from now on, when the journal has grown enough; forgets journal
 * segments that are no longer needed. */
void metrics_checkpoint_start(struct metrics_checkpoint *checkpoint, struct loop *loop,
                              struct journal *journal);
/* Checkpoints one last time, waits for it, closes. Accepts NULL. */
void metrics_checkpoint_close(struct metrics_checkpoint *checkpoint);
/* Empties the database too: reset. Waits for a checkpoint that runs. */
MUST_CHECK bool metrics_checkpoint_reset(struct metrics_checkpoint *checkpoint,
                                         struct error *error);

#endif
