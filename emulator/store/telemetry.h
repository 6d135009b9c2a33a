/*
 * The checkpoint that makes restarts short. What comes too fast for the control plane's database
 * (metrics, log events) is in memory and derivable from the journal; now and then a worker thread
 * writes what has changed since the last time, of all parts together with the journal position
 * that it reflects, in one transaction of DIRECTORY/telemetry.db: a database of its own, so that
 * the loop never waits for that writer.
 */
#ifndef COALMINE_TELEMETRY_H
#define COALMINE_TELEMETRY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"
#include "error.h"

struct loop;
struct journal;
struct store;
struct telemetry;

enum {
    TELEMETRY_VERSION = 2
}; /* of its tables. 1: a row per log event, which that part converts */

enum telemetry_result {
    TELEMETRY_WRITTEN,
    TELEMETRY_FAILED,    /* it will be asked for again */
    TELEMETRY_DISCARDED, /* a reset came meanwhile */
};

/* One that has something to keep. All but `write` run on the loop. */
struct telemetry_part {
    const char *schema; /* its tables, made if they are absent */
    const char *empty;  /* SQL that empties them: reset */
    /* Reads what is there, at start. False with the reason if the database refuses. */
    bool (*load)(sqlite3 *database, void *owner, struct error *error);
    /* Sets apart what has changed, for the worker. */
    void (*take)(void *owner);
    /* On the worker: writes what was set apart, inside the transaction. As `load`. */
    bool (*write)(sqlite3 *database, void *owner, struct error *error);
    void (*on_written)(enum telemetry_result result, void *owner);
    void *owner;
};

/* Opens the database, making it if there is none. `is_durable`: what was checkpointed survives
 * power loss too. NULL with a sentence if it cannot. */
struct telemetry *telemetry_open(const char *directory, bool is_durable, struct error *error);

/* Makes the part's tables and loads it. */
MUST_CHECK bool telemetry_add(struct telemetry *telemetry, const struct telemetry_part *part,
                              struct error *error);

/* Where the journal's replay must begin; 0 in a database that has no checkpoint. */
uint64_t telemetry_position(const struct telemetry *telemetry);
/* The same of any such database; false if it cannot be read, or has no tables yet. */
MUST_CHECK bool telemetry_read_position(sqlite3 *database, uint64_t *position_out);

/* A statement of the loop's own connection, as statements_get() gives it. It reads: it does not
 * wait for the worker, and sees whole checkpoints only. Whoever does not step to the last row
 * resets it, or the write-ahead log never starts over. */
sqlite3_stmt *telemetry_query(struct telemetry *telemetry, const char *sql);
/* Its next row: true. No more, or failed: false, and then the present call of the store that is
 * served, or its reading, fails too. */
bool telemetry_step(struct telemetry *telemetry, sqlite3_stmt *statement);

/* The store (borrowed) whose calls read here, and whose turns the parts belong to. Without one the
 * parts have none. */
void telemetry_serve(struct telemetry *telemetry, struct store *store);

/* Checkpoints by itself from now on, when the journal has grown enough; forgets journal segments
 * that are no longer needed. Not while journal or store have something that is still to be saved.
 * After the hooks that save a turn were registered. */
void telemetry_start(struct telemetry *telemetry, struct loop *loop, struct journal *journal);

/* Asks for a checkpoint soon, however little the journal has grown. */
void telemetry_request(struct telemetry *telemetry);

/* Checkpoints one last time if it was started, waits for it, closes. Accepts NULL. */
void telemetry_close(struct telemetry *telemetry);

/* Empties the database: reset. Waits for a checkpoint that runs. */
MUST_CHECK bool telemetry_reset(struct telemetry *telemetry, struct error *error);

#endif
