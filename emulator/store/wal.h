/*
 * Damage in the write-ahead log of an SQLite database. SQLite takes the first frame that is not
 * sound for the log's end, which a crash may have torn, and drops whatever is behind it; of a log
 * whose header is not sound it drops everything. Neither is told to anybody. What a frame is made
 * of: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */
#ifndef COALMINE_WAL_H
#define COALMINE_WAL_H

#include <stdbool.h>

#include "compiler.h"
#include "error.h"

/* Reads the log of the database at `path`, which nobody writes to meanwhile; one that is not there
 * or empty is sound. False with a sentence (where, and what can be done) if transactions that were
 * saved stand behind the damage, or if it cannot be read. What a power cut leaves of the last
 * transaction, which was not acknowledged yet, is no damage: damage to the last two goes unseen. */
MUST_CHECK bool wal_check(const char *path, struct error *error);

/* Before the database at `path` is opened: of one without a byte SQLite would remove the log, and
 * with it what may be all there is. False with a sentence if there is such a log. */
MUST_CHECK bool wal_check_has_database(const char *path, struct error *error);

#endif
