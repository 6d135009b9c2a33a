/*
 * Metric data in memory: one series per account, region, namespace, name, dimension set and
 * unit; per series one bucket per minute (or per second for StorageResolution 1) with sample
 * count, sum, minimum, maximum and a distribution of values. Knows nothing of the wire.
 */
#ifndef COALMINE_METRICS_H
#define COALMINE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"

struct metrics;
struct metric_series;

struct metric_dimension {
    const char *name;
    const char *value;
};

struct metric_identity {
    const char *account;
    const char *region;
    const char *name_space;
    const char *name;
    const struct metric_dimension *dimensions; /* any order; kept sorted by name */
    size_t dimension_count;
    const char *unit;
};

struct metrics *metrics_create(void);
void metrics_destroy(struct metrics *metrics);

/* Drops all series; every handle is invalid afterwards. metrics_generation() changes. */
void metrics_reset(struct metrics *metrics);
uint64_t metrics_generation(const struct metrics *metrics);

/* The series, made if new. The handle is valid until metrics_reset(): hot paths keep it. */
struct metric_series *metrics_series(struct metrics *metrics,
                                     const struct metric_identity *identity);

/* Adds `count` samples of one value at a service time. */
void metric_series_add(struct metric_series *series, int64_t time_ms, double value, double count);

/*
 * The checkpoint that makes restarts short: metrics are always derivable from the journal, so
 * now and then a worker thread writes the buckets changed since the last checkpoint, together
 * with the journal position they reflect, in one transaction of DIRECTORY/telemetry.db (a
 * database of its own, so that the loop never waits for that writer).
 */
struct loop;
struct journal;
struct error;
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
