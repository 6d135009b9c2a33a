/*
 * Checkpoints of coalmine.db: when its write-ahead log has grown, the pages in it are copied into
 * the database. That waits for the disk, so a worker with a connection of its own does it, and the
 * loop goes on writing.
 */
#ifndef COALMINE_CHECKPOINTER_H
#define COALMINE_CHECKPOINTER_H

#include <sqlite3.h>

/* SQLite's name of how both connections are opened: their locks are then the process's own, which
 * no system call is needed for, and the log's index is in its memory. */
#define STORE_VFS "unix-excl"

struct checkpointer;
struct loop;

/* From now on, instead of what SQLite would do within a COMMIT. `database` is the loop's
 * connection; it and `path`, its file, are borrowed. */
struct checkpointer *checkpointer_start(sqlite3 *database, const char *path, struct loop *loop);

/* Waits for the worker; afterwards SQLite does it again. Before the loop ends; accepts NULL. */
void checkpointer_stop(struct checkpointer *checkpointer);

#endif
